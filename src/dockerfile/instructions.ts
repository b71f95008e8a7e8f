import { isRemoteSource, namesCommit, type Instruction, type CopySource } from './dockerfile.js';
import { jsonForm, readHeredocWord, splitAtBlanks, splitWords } from './words.js';
import { cleanPath, compileGlob, hasWildcards } from './ignore/pattern.js';
import { substitute, UNKNOWN, type Lookup } from './substitute.js';

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

/** The sources of COPY or ADD, in whatever context they are. */
export type CopySources =
  | { status: 'read'; sources: CopySource[]; unpinned: string[] }
  /** More may be copied than is known. */
  | { status: 'unclear'; reason: string; unpinned: string[] }
  | { status: 'refused'; reason: string };

/** @param escape character of the Dockerfile */
export function readSources(instruction: Instruction, lookup: Lookup, escape: string): CopySources {
  const { keyword, flags, rest } = instruction;
  const has = (name: string) => flags.some((flag) => flag.name === name);
  const parents = flags.some(({ name, value }) => name === 'parents' && value === 'true');
  const excludes = flags.filter(({ name }) => name === 'exclude').map(({ value }) => value);
  // Excludes with variables are dropped: more counts then.
  const plainExcludes = excludes.some((exclude) => /[$"'`\\]/.test(exclude)) ? [] : excludes;

  const sources: CopySource[] = [];
  const unpinned: string[] = [];
  let unclear: string | undefined;
  for (const word of copyWords(rest).slice(0, -1)) {
    const heredoc = readHeredocWord(word);
    if (typeof heredoc === 'object') continue;
    const filled = substitute(word, lookup, escape);
    if (filled.status === 'refused') return { status: 'refused', reason: `${keyword}: ${filled.reason}` };
    if (filled.value.includes(UNKNOWN) || heredoc === 'uncertain') {
      unclear ??= `${keyword} ${word} can't be filled in before the build`;
      // It may be a URL as well.
      if (keyword === 'ADD' && filled.value.startsWith(UNKNOWN)) unpinned.push(`${keyword} ${word} may be a URL`);
      continue;
    }
    if (isRemoteSource(filled.value)) {
      if (keyword === 'COPY') return { status: 'refused', reason: `COPY can't fetch ${JSON.stringify(word)}` };
      if (!has('checksum') && !namesCommit(filled.value))
        unpinned.push('ADD fetches a URL, whose content may change, without --checksum');
      continue;
    }
    const source = sourceOf(filled.value, { parents, excludes: plainExcludes });
    if (typeof source === 'string') unclear ??= `${keyword} ${word} ${source}`;
    else sources.push(source);
  }
  return unclear === undefined
    ? { status: 'read', sources, unpinned }
    : { status: 'unclear', reason: unclear, unpinned };
}

/** @returns a clause if builders may understand it differently */
function sourceOf(path: string, options: Pick<CopySource, 'parents' | 'excludes'>): CopySource | string {
  const pattern = relative(path);
  if (pattern.includes('\\')) return 'has a backslash, which builders read differently';
  if (options.parents) {
    if (/[[\]{}|^]|^!/.test(pattern)) return 'has characters that are special with --parents';
    // Exclusion is relative to the part before the pivot point.
    return { pattern, parents: true, excludes: path.includes('/./') ? [] : options.excludes };
  }
  if (!hasWildcards(pattern)) return { pattern, ...options };
  const classes = pattern.match(/\[[^\]]*\]?/g) ?? [];
  if (!compileGlob(pattern) || classes.some((each) => compileGlob(each)?.test('/') !== false))
    return 'has a class of characters of an unusual form';
  return { pattern, ...options };
}

/**
 * A mounted folder or file of a context, as the source of a COPY that takes the same.
 * @returns undefined: more than one entry may be meant
 */
export function mountedSource(path: string): CopySource | undefined {
  const pattern = relative(path);
  return pattern === '.' || /[*?[\]\\]/.test(pattern) ? undefined : { pattern, excludes: [], parents: false };
}

const relative = (path: string): string => cleanPath(`/${path}`).slice(1) || '.';

/** A `--mount` of RUN, values as written. */
export interface Mount {
  type: string;
  from?: string;
  source?: string;
  /** All of them; those without a value have an empty one. */
  options: { name: string; content: string }[];
}

/** @param value of the flag, in CSV: `type=bind,from=build,source=/out` */
export function readMount(value: string): Mount | { refused: string } {
  const fields = splitCsv(value);
  if (fields === undefined) return { refused: 'its --mount is not CSV' };
  const options = fields.map((field) => {
    const [name = '', ...content] = field.split('=');
    return { name: name.toLowerCase(), content: content.join('=') };
  });
  if (options.some(({ name, content }) => name === 'from' && /\$./.test(content)))
    return { refused: 'from= of its --mount takes no variables' };
  const last = (...names: string[]) => options.findLast(({ name }) => names.includes(name))?.content;
  return { type: last('type') ?? 'bind', from: last('from'), source: last('source', 'src'), options };
}

/** One record; fields may be quoted as a whole. */
function splitCsv(text: string): string[] | undefined {
  const fields = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^",]*)(?=,|$)/g);
  if (fields?.join('') !== text) return undefined;
  return fields
    .map((field, index) => (index === 0 ? field : field.slice(1)))
    .map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}
