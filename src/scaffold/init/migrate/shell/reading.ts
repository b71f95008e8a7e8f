import { hasHoles, splitOutside } from '../holes.js';
import type { Variables } from './variables.js';

const MOST_LINES = 100;

/** Variables of `read`; undefined: it is another command, or does not read line by line. */
export function namesRead(words: readonly string[]): string[] | undefined {
  if (words[0] !== 'read') return undefined;
  const options = words.filter((word) => word.startsWith('-'));
  const names = words.slice(1).filter((word) => !word.startsWith('-'));
  return names.length > 0 && options.every((option) => /^-[rs]+$/.test(option)) ? names : undefined;
}

/** What `read` makes of a line. */
export interface Reading {
  names: readonly string[];
  /** `IFS`, where it is set. */
  ifs: string | undefined;
}

/** `while read …`, line by line. @param run says whether the loop ended there */
export function forEachLine(input: string, reading: Reading, variables: Variables, run: () => boolean): void {
  for (const line of input.replace(/\n+$/, '').split('\n').slice(0, MOST_LINES)) {
    readLine(line, reading, variables);
    if (run()) return;
  }
}

/** `read -r name folder`: the last variable takes the rest of the first line. */
export function readLine(input: string, { names, ifs }: Reading, variables: Variables): void {
  const separator = separatorOf(ifs);
  const [line = ''] = input.split('\n');
  const parts = separator === undefined || names.length < 2 ? [line] : splitOutside(line.trim(), separator);
  const [joint = ' '] = ifs ?? '';
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    variables.set(name, (isLast ? parts.slice(index) : parts.slice(index, index + 1)).join(joint));
  }
}

/** Where `IFS` splits a text: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_06_05 */
export function separatorOf(ifs: string | undefined): RegExp | undefined {
  if (ifs === '') return undefined;
  if (ifs === undefined || hasHoles(ifs)) return /\s+/;
  const set = `[${ifs.replace(/[\\\]^-]/g, '\\$&')}]`;
  return new RegExp(/\S/.test(ifs) ? set : `${set}+`);
}
