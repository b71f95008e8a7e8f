import { posix } from 'node:path';
import { WORKSPACE } from './events.js';
import { hasPlaceholders, mapText, onlyPlaceholder, placeholder } from './placeholders.js';
import type { Call } from './shell.js';

export const lower = (text: string) => mapText(text, (fixed) => fixed.toLowerCase());

/** Prefixes that refs and versions lose everywhere, by what they do to a placeholder. */
const REMOVALS: Readonly<Record<string, string>> = {
  ...{
    'ref refs/heads/': 'ref_name',
    'ref refs/tags/': 'ref_name',
    'ref refs/*/': 'ref_name',
    'ref */': 'ref_name',
  },
  ...{
    'ref */v': 'version',
    'ref refs/tags/v': 'version',
    'tag v': 'version',
    'tag */': 'tag',
    'branch */': 'branch',
  },
};

/** `${NAME#prefix}`, `${NAME%suffix}` */
export function removeAffix(value: string, operator: string, pattern: string): string {
  const name = onlyPlaceholder(value);
  if (name === 'version' && pattern === '.*' && operator.startsWith('%'))
    return placeholder(operator === '%' ? 'minor version' : 'major version');
  if (name !== undefined) {
    const known = REMOVALS[`${name} ${pattern}`];
    if (known !== undefined) return placeholder(known);
    return /^refs\/|^v$/.test(pattern) ? value : placeholder(`${name} without ${pattern}`);
  }
  const greedy = operator.length === 2 ? '.*' : '.*?';
  const body = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', greedy);
  const expression = operator.startsWith('#') ? `^${body}` : `${operator === '%' ? '(?<=^.*)' : ''}${body}$`;
  return mapText(value, (fixed) => fixed.replace(new RegExp(expression, 's'), ''));
}

/** `${NAME/from/to}`; names of branches lose what can't be in a tag anyway. */
export function replaceText(value: string, from: string, to: string, operator: string): string {
  const bare = from.replaceAll('\\', '');
  if (onlyPlaceholder(value) !== undefined) return to === '' ? removeAffix(value, '#', bare) : value;
  return mapText(value, (fixed) =>
    operator === '//' ? fixed.replaceAll(bare, to) : fixed.replace(bare, to),
  );
}

/** `${NAME:0:7}`: seven digits of a commit have a name. */
export function cutTo(value: string, from: number, length: number): string {
  if (onlyPlaceholder(value) === 'sha' && from === 0)
    return placeholder(length === 7 ? 'sha7' : length >= 40 ? 'sha' : `sha cut to ${length}`);
  return hasPlaceholders(value) ? value : value.slice(from, from + length);
}

const VERSION_FIELDS: Readonly<Record<string, string>> = {
  ...{ '1': 'major version', '1,2': 'minor version', '1-2': 'minor version', '-2': 'minor version' },
};

/** strftime to moment: https://momentjs.com/docs/#/displaying/format/ */
const DATE_FIELDS: Readonly<Record<string, string>> = {
  ...{ Y: 'YYYY', y: 'YY', m: 'MM', d: 'DD', H: 'HH', M: 'mm', S: 'ss', s: 'X', F: 'YYYY-MM-DD' },
};

/** What a command prints that only computes something; undefined: known only when it runs. */
export function answerOf({ words: [name = '', ...words], input, folder }: Call): string | undefined {
  const plain = words.filter((word) => !/^-[a-zA-Z]+$/.test(word));
  const all = words.join(' ');
  const [first = '', second] = plain;
  if (name === 'echo') return plain.join(' ');
  if (name === 'printf')
    return words.slice(1).reduce((text, word) => text.replace('%s', () => word), first.replace(/\\n$/, ''));
  if (name === 'pwd') return posix.join(WORKSPACE, folder);
  if (name === 'dirname') return hasPlaceholders(first) ? undefined : posix.dirname(first);
  if (name === 'basename') {
    if (!hasPlaceholders(first)) return posix.basename(first, second);
    return onlyPlaceholder(first) === 'ref'
      ? placeholder('ref_name')
      : /^\$\{\{ (?:tag|branch) \}\}$/.test(first)
        ? first
        : undefined;
  }
  if (name === 'date') {
    const format = words.find((word) => word.startsWith('+'))?.slice(1);
    const made = format?.replaceAll(/%(.)|([A-Za-z]+)/g, (_, field: string | undefined, text: string) =>
      field === undefined ? `[${text}]` : (DATE_FIELDS[field] ?? '?'),
    );
    return made === undefined || made.includes('?') ? undefined : placeholder(`date ${made}`);
  }
  if (name === 'git') return gitAnswer(words[0] ?? '', all);
  if (input === undefined) return undefined;
  // GitHub's own starter workflow.
  if (name === 'sed' && onlyPlaceholder(input) === 'ref' && /\.\*\//.test(all))
    return placeholder('ref_name');
  if (name === 'sed' && onlyPlaceholder(input) === 'tag' && /^(?:-e )?s\/\^v\/\/$/.test(all))
    return placeholder('version');
  if (name === 'tr') {
    if (/upper|A-Z/.test(words[0] ?? '')) return lower(input);
    const [from = '', to = ''] = words;
    const isKnown = from === '-d' || (from.length === 1 && to.length === 1);
    const change = (fixed: string) =>
      from === '-d' ? [...fixed].filter((each) => !to.includes(each)).join('') : fixed.replaceAll(from, to);
    return isKnown ? mapText(input, change) : undefined;
  }
  return name === 'cut' ? cut(all.replace(/-([cdf]) /g, '-$1'), input) : undefined;
}

function cut(options: string, input: string): string | undefined {
  const length = /-c(?:1)?-(\d+)/.exec(options)?.[1];
  if (length !== undefined) return cutTo(input, 0, Number(length));
  const [, separator = '\t', fields = ''] = /-d['"]?(.)['"]? -f(\S+)$/.exec(options) ?? [];
  const name = onlyPlaceholder(input);
  const ofVersion = VERSION_FIELDS[fields];
  if (name === 'version' && separator === '.' && ofVersion !== undefined) return placeholder(ofVersion);
  if (name === 'ref' && separator === '/' && /^3-?$/.test(fields)) return placeholder('ref_name');
  return hasPlaceholders(input) || !/^\d+$/.test(fields)
    ? undefined
    : (input.split(separator)[Number(fields) - 1] ?? '');
}

function gitAnswer(verb: string, all: string): string | undefined {
  if (verb === 'describe') return placeholder(`$(git ${all})`);
  if (verb === 'branch' || /--abbrev-ref/.test(all)) return placeholder('branch');
  if (verb !== 'rev-parse')
    return /%h/.test(all) ? placeholder('sha7') : /%H/.test(all) ? placeholder('sha') : undefined;
  if (/--show-toplevel/.test(all)) return WORKSPACE;
  const short = /--short(?:=(\d+))?(?=\s|$)/.exec(all);
  return short === null ? placeholder('sha') : cutTo(placeholder('sha'), 0, Number(short[1] ?? 7));
}

/** Of tests that are joined by the same operator. */
export function every(
  answers: readonly (boolean | undefined)[],
  operators: readonly string[],
): boolean | undefined {
  if (new Set(operators).size !== 1) return undefined;
  const isAnd = operators[0] === '&&';
  if (answers.includes(!isAnd)) return !isAnd;
  return answers.includes(undefined) ? undefined : isAnd;
}
