import { cleanPath, compileGlob, hasWildcards } from './ignore/pattern.js';
import type { CopySource, Instruction } from './dockerfile.js';
import { copyWords } from './instructions.js';
import { isRemoteSource, namesCommit } from './references.js';
import { substitute, UNKNOWN, type Lookup } from './substitute.js';
import { readHeredocWord } from './words.js';

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
