import type { Instruction } from './dockerfile.js';
import { readHeredocWord } from './heredoc.js';
import { jsonForm, splitAtBlanks, splitWords } from './words.js';

/** Value a flag takes: `switch` is `--link` or `--link=false`; `list` may be repeated. */
type FlagKind = 'text' | 'list' | 'switch';

interface Grammar {
  flags?: Record<string, FlagKind>;
  /** Why BuildKit refuses the rest, a sentence without full stop. */
  check?(rest: string, escape: string): string | undefined;
}

const COPY_FLAGS: Record<string, FlagKind> = {
  chown: 'text',
  chmod: 'text',
  link: 'switch',
  exclude: 'list',
};

/**
 * The grammar of instructions, strict where it decides which files and images go into a stage. BuildKit itself refuses
 * the rest (`CMD`, `HEALTHCHECK`, …).
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/parse.go
 */
const GRAMMAR: Record<string, Grammar> = {
  ADD: {
    flags: { ...COPY_FLAGS, checksum: 'text', 'keep-git-dir': 'switch', unpack: 'switch' },
    check: checkCopy,
  },
  ARG: { check: checkArguments },
  CMD: {},
  COPY: { flags: { ...COPY_FLAGS, from: 'text', parents: 'switch' }, check: checkCopy },
  ENTRYPOINT: {},
  ENV: { check: checkPairs },
  EXPOSE: {},
  FROM: { flags: { platform: 'text' }, check: checkFrom },
  HEALTHCHECK: {
    flags: {
      interval: 'text',
      timeout: 'text',
      'start-period': 'text',
      'start-interval': 'text',
      retries: 'text',
    },
  },
  LABEL: {},
  MAINTAINER: {},
  ONBUILD: { check: (rest) => (rest === '' ? EMPTY : undefined) },
  RUN: { flags: { mount: 'list', network: 'text', security: 'text', device: 'list' } },
  SHELL: {},
  STOPSIGNAL: {},
  USER: {},
  VOLUME: {},
  WORKDIR: {},
};

const EMPTY = 'it has no arguments';

/** Instructions that here-documents may follow. */
const WITH_HEREDOC = ['ADD', 'COPY', 'RUN'];

export const isInstruction = (keyword: string): boolean => Object.hasOwn(GRAMMAR, keyword);

/** Whether `<<` starts here-documents in it: not in the JSON form. */
export const takesHeredocs = ({ keyword, rest }: Pick<Instruction, 'keyword' | 'rest'>): boolean =>
  WITH_HEREDOC.includes(keyword) && !Array.isArray(jsonForm(rest));

export type FlagResult =
  | { status: 'read'; flags: Instruction['flags'] }
  /** A newer builder may know it. */
  | { status: 'unknown'; flags: Instruction['flags']; name: string }
  | { status: 'refused'; reason: string };

/** @param words each with its leading `--` */
export function readFlags(keyword: string, words: readonly string[]): FlagResult {
  const known = GRAMMAR[keyword]?.flags ?? {};
  const flags: Instruction['flags'] = [];
  let unknown: string | undefined;
  for (const word of words) {
    const [, name, given] = /^--([^=]*)(?:=([^]*))?$/.exec(word)!;
    const kind = Object.hasOwn(known, name!) ? known[name!] : undefined;
    if (kind === undefined) unknown ??= name!;
    else if (kind !== 'list' && flags.some((flag) => flag.name === name))
      return { status: 'refused', reason: `the flag --${name} is repeated` };
    else if (kind === 'switch' && given !== undefined && !/^(?:true|false)$/i.test(given))
      return { status: 'refused', reason: `--${name} is either true or false, not ${JSON.stringify(given)}` };
    else if (kind !== 'switch' && given === undefined)
      return { status: 'refused', reason: `the flag --${name} has no value` };
    flags.push({ name: name!, value: kind === 'switch' ? (given ?? 'true').toLowerCase() : (given ?? '') });
  }
  return unknown === undefined
    ? { status: 'read', flags }
    : { status: 'unknown', flags, name: `--${unknown}` };
}

/** Why BuildKit refuses the instruction, a sentence without full stop. @param escape of the Dockerfile */
export const checkRest = (
  { keyword, rest }: Pick<Instruction, 'keyword' | 'rest'>,
  escape: string,
): string | undefined => GRAMMAR[keyword]?.check?.(rest, escape);

/** Sources and destination of COPY or ADD, as written. */
export function copyWords(rest: string): string[] {
  const form = jsonForm(rest);
  return Array.isArray(form) ? form : splitAtBlanks(rest);
}

/** `NAME` or `NAME=value` of an ARG instruction, values as written. */
export function argumentsOf(rest: string, escape: string): { name: string; value?: string }[] {
  return splitWords(rest, escape).map((word) => {
    const at = word.indexOf('=');
    return at < 0 ? { name: word } : { name: word.slice(0, at), value: word.slice(at + 1) };
  });
}

/** Names and values, as written, of an ENV instruction that was accepted. */
export function pairsOf(rest: string, escape: string): { name: string; value: string }[] {
  const words = splitWords(rest, escape);
  if (words.length === 0) return [];
  if (!words[0]!.includes('=')) {
    const [, name, value] = /^([^\t\v\f\r ]*)(?:[\t\v\f\r ]+([^]*))?$/.exec(rest)!;
    return [{ name: name!, value: value ?? '' }];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    return { name: word.slice(0, at), value: word.slice(at + 1) };
  });
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
  return typeof readHeredocWord(words.at(-1)!) === 'object'
    ? 'its destination is a here-document'
    : undefined;
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
