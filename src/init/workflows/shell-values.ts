import { posix } from 'node:path';
import { hasPlaceholders, mapText, onlyPlaceholder, placeholder } from './placeholders.js';
import type { Call } from './shell.js';

export const lower = (text: string) => mapText(text, (fixed) => fixed.toLowerCase());

/** Placeholders without a prefix that refs and versions often have. */
const REMOVALS: Readonly<Record<string, string>> = {
  ...{ 'ref refs/heads/': 'ref_name', 'ref refs/tags/': 'ref_name', 'ref refs/*/': 'ref_name' },
  ...{ 'ref */': 'ref_name', 'tag */': 'tag', 'branch */': 'branch' },
  ...{ 'ref */v': 'version', 'ref refs/tags/v': 'version', 'tag v': 'version' },
};

/** `${NAME#prefix}`; undefined: only a run knows. */
export function removePrefix(value: string, prefix: string): string | undefined {
  const name = onlyPlaceholder(value) ?? '';
  const known = REMOVALS[`${name} ${prefix}`];
  if (known !== undefined) return placeholder(known);
  if (name !== '') return /^refs\/|^v$/.test(prefix) ? value : undefined;
  if (/[*?[]|\$\{\{/.test(value + prefix)) return undefined;
  return value.startsWith(prefix) ? value.slice(prefix.length) : value;
}

/** `${NAME/from/to}`; names of branches lose what can't be in a tag anyway. */
export function replaceText(value: string, from: string, to: string, operator: string): string | undefined {
  const bare = from.replaceAll('\\', '');
  if (onlyPlaceholder(value) !== undefined) return to === '' ? removePrefix(value, bare) : value;
  return mapText(value, (fixed) => (operator === '//' ? fixed.replaceAll(bare, to) : fixed.replace(bare, to)));
}

/** `${NAME:0:7}`: seven digits of a commit have a name. */
export function cutTo(value: string, from: number, length: number): string {
  if (onlyPlaceholder(value) === 'sha' && from === 0)
    return placeholder(length === 7 ? 'sha7' : length >= 40 ? 'sha' : `sha cut to ${length}`);
  return hasPlaceholders(value) ? value : value.slice(from, from + length);
}

/** strftime to moment: https://momentjs.com/docs/#/displaying/format/ */
const DATE_FIELDS: Readonly<Record<string, string>> = {
  ...{ Y: 'YYYY', y: 'YY', m: 'MM', d: 'DD', H: 'HH', M: 'mm', S: 'ss', s: 'X', F: 'YYYY-MM-DD' },
};

/** What a command prints that only computes something; undefined: only a run knows. */
export function outputOf({ words: [name = '', ...words], input }: Call): string | undefined {
  const all = words.join(' ');
  const [first = '', second] = words.filter((word) => !/^-[a-zA-Z]+$/.test(word));
  if (input !== undefined && Object.hasOwn(FILTERS, name)) return FILTERS[name]!(input, words);
  switch (name) {
    case 'echo':
      return words.filter((word) => !/^-[a-zA-Z]+$/.test(word)).join(' ');
    case 'basename':
      if (!hasPlaceholders(first)) return posix.basename(first, second);
      if (onlyPlaceholder(first) === 'ref') return placeholder('ref_name');
      return /^\$\{\{ (?:tag|branch) \}\}$/.test(first) ? first : undefined;
    case 'date': {
      const format = words.find((word) => word.startsWith('+'))?.slice(1);
      const made = format?.replaceAll(/%(.)|([A-Za-z]+)/g, (_, field: string | undefined, text: string) =>
        field === undefined ? `[${text}]` : (DATE_FIELDS[field] ?? '?'),
      );
      return made === undefined || made.includes('?') ? undefined : placeholder(`date ${made}`);
    }
    case 'git': {
      if (words[0] === 'describe') return placeholder(`$(git ${all})`);
      if (words[0] === 'branch' || /--abbrev-ref/.test(all)) return placeholder('branch');
      if (words[0] !== 'rev-parse' || /--show/.test(all)) return undefined;
      const short = /--short(?:=(\d+))?(?=\s|$)/.exec(all);
      return short === null ? placeholder('sha') : cutTo(placeholder('sha'), 0, Number(short[1] ?? 7));
    }
    default:
      return undefined;
  }
}

const FILTERS: Readonly<Record<string, (input: string, words: readonly string[]) => string | undefined>> = {
  // As in GitHub's own starter workflow.
  sed(input, words) {
    const name = onlyPlaceholder(input);
    if (name === 'ref' && /\.\*\//.test(words.join(' '))) return placeholder('ref_name');
    return name === 'tag' && words.at(-1) === 's/^v//' ? placeholder('version') : undefined;
  },
  tr(input, [from = '', to = '']) {
    if (/upper|A-Z/.test(from)) return lower(input);
    const isKnown = from.length === 1 && to.length === 1;
    return isKnown ? mapText(input, (fixed) => fixed.replaceAll(from, to)) : undefined;
  },
  cut(input, words) {
    const options = words.join(' ').replace(/-([cdf]) /g, '-$1');
    const length = /-c(?:1)?-(\d+)/.exec(options)?.[1];
    if (length !== undefined) return cutTo(input, 0, Number(length));
    const isName = onlyPlaceholder(input) === 'ref' && /-d['"]?\/['"]? -f3-?$/.test(options);
    return isName ? placeholder('ref_name') : undefined;
  },
};
