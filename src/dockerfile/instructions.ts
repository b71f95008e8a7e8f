import type { Instruction } from './dockerfile.js';
import { jsonForm, readHeredocWord, splitAtBlanks, splitWords } from './words.js';

const KEYWORDS = [
  ...['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER'],
  ...['ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
];

export const isInstruction = (keyword: string): boolean => KEYWORDS.includes(keyword);

/** Whether `<<` starts here-documents in it: not in the JSON form. */
export const takesHeredocs = ({ keyword, rest }: Pick<Instruction, 'keyword' | 'rest'>): boolean =>
  ['ADD', 'COPY', 'RUN'].includes(keyword) && !Array.isArray(jsonForm(rest));

/** Value a flag takes: `switch` is `--link` or `--link=false`; `list` may be repeated. */
type FlagKind = 'text' | 'list' | 'switch';

const COPY_FLAGS = { chown: 'text', chmod: 'text', link: 'switch', exclude: 'list' } as const;
const FLAGS: Record<string, Record<string, FlagKind>> = {
  ADD: { ...COPY_FLAGS, checksum: 'text', 'keep-git-dir': 'switch', unpack: 'switch' },
  COPY: { ...COPY_FLAGS, from: 'text', parents: 'switch' },
  FROM: { platform: 'text' },
  HEALTHCHECK: {
    ...{ interval: 'text', timeout: 'text', retries: 'text' },
    ...{ 'start-period': 'text', 'start-interval': 'text' },
  },
  RUN: { mount: 'list', network: 'text', security: 'text', device: 'list' },
};

/**
 * @param words each with its leading `--`
 * @returns `unknown`: a flag that is not known in this form, but may be to a newer builder
 */
export function readFlags(
  keyword: string,
  words: readonly string[],
): { flags: Instruction['flags']; unknown?: string } {
  const known = new Map(Object.entries(FLAGS[keyword] ?? {}));
  const flags: Instruction['flags'] = [];
  let unknown: string | undefined;
  for (const word of words) {
    const [, name = '', given] = /^--([^=]*)(?:=([^]*))?$/.exec(word)!;
    const kind = known.get(name);
    const isSwitch = kind === 'switch' && (given === undefined || /^(?:true|false)$/i.test(given));
    const isRepeated = kind !== 'list' && flags.some((flag) => flag.name === name);
    if (kind === undefined || isRepeated || (!isSwitch && (kind === 'switch' || given === undefined))) unknown ??= word;
    flags.push({ name, value: isSwitch ? (given ?? 'true').toLowerCase() : (given ?? '') });
  }
  return { flags, ...(unknown !== undefined && { unknown }) };
}

const EMPTY = 'it has no arguments';

/**
 * Why BuildKit refuses an instruction that decides which files and images go into a stage, a sentence without full stop;
 * BuildKit itself reports the others.
 * @param escape of the Dockerfile
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/parse.go
 */
export function refusalOf(
  { keyword, rest }: Pick<Instruction, 'keyword' | 'rest'>,
  escape: string,
): string | undefined {
  switch (keyword) {
    case 'ADD':
    case 'COPY':
      return checkCopy(rest);
    case 'ARG':
      return checkArguments(rest, escape);
    case 'ENV':
      return checkPairs(rest, escape);
    case 'FROM':
      return checkFrom(rest);
    case 'ONBUILD':
      return rest === '' ? EMPTY : undefined;
  }
  return undefined;
}

/** Sources and destination of COPY or ADD, as written. */
export function copyWords(rest: string): string[] {
  const form = jsonForm(rest);
  return Array.isArray(form) ? form : splitAtBlanks(rest);
}

/** `NAME` or `NAME=value` of an ARG instruction, values as written. */
export function argumentsOf(rest: string, escape: string): { name: string; value?: string }[] {
  return splitWords(rest, escape).map((word) => {
    const [, name = word, value] = /^([^=]*)=([^]*)$/.exec(word) ?? [];
    return value === undefined ? { name } : { name, value };
  });
}

/** Names and values, as written, of an ENV instruction that was accepted. */
export function pairsOf(rest: string, escape: string): { name: string; value: string }[] {
  const pairs = argumentsOf(rest, escape).map(({ name, value = '' }) => ({ name, value }));
  if (pairs.length === 0 || splitWords(rest, escape)[0]!.includes('=')) return pairs;
  const [, name, value] = /^([^\t\v\f\r ]*)(?:[\t\v\f\r ]+([^]*))?$/.exec(rest)!;
  return [{ name: name!, value: value ?? '' }];
}

/** `FROM base [AS name]`, the name in lower case. */
export function fromWords(rest: string): { base: string; name?: string } {
  const [base, , name] = splitAtBlanks(rest);
  return { base: base!, ...(name !== undefined && { name: name.toLowerCase() }) };
}

function checkFrom(rest: string): string | undefined {
  const words = splitAtBlanks(rest);
  if (words.length === 1) return undefined;
  if (words.length !== 3 || words[1]!.toUpperCase() !== 'AS')
    return 'it takes a base image, or one with `AS` and a name';
  return /^[a-z][a-z0-9-_.]*$/.test(words[2]!.toLowerCase())
    ? undefined
    : `${JSON.stringify(words[2])} is no name for a stage`;
}

function checkCopy(rest: string): string | undefined {
  if (jsonForm(rest) === 'refused') return 'an array in it may only contain strings';
  const words = copyWords(rest);
  if (words.length < 2) return 'it needs at least one source and a destination';
  return typeof readHeredocWord(words.at(-1)!) === 'object' ? 'its destination is a here-document' : undefined;
}

function checkArguments(rest: string, escape: string): string | undefined {
  const declared = argumentsOf(rest, escape);
  if (declared.length === 0) return EMPTY;
  return declared.some(({ name }) => name === '') ? 'a name in it is blank' : undefined;
}

function checkPairs(rest: string, escape: string): string | undefined {
  const words = splitWords(rest, escape);
  if (words.length === 0) return EMPTY;
  if (!words[0]!.includes('=')) return /[\t\v\f\r ]/.test(rest) ? undefined : 'it needs a name and a value';
  if (words.some((word) => !word.includes('='))) return 'each part of it is `name=value`';
  return words.some((word) => word.startsWith('=')) ? 'a name in it is blank' : undefined;
}
