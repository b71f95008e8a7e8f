import type { Variables } from './variables.js';

const MOST_LINES = 100;

/** Variables of `read`; undefined: it does not read line by line. */
export function namesRead(words: readonly string[]): string[] | undefined {
  const options = words.filter((word) => word.startsWith('-'));
  const names = words.slice(1).filter((word) => !word.startsWith('-'));
  return names.length > 0 && options.every((option) => /^-[rs]+$/.test(option)) ? names : undefined;
}

/** `while read …`: the last variable takes the rest of a line. @param run says whether the loop ended there */
export function forEachLine(
  input: string,
  names: readonly string[],
  variables: Variables,
  run: () => boolean,
): void {
  for (const line of input.replace(/\n+$/, '').split('\n').slice(0, MOST_LINES)) {
    const parts = names.length > 1 ? line.trim().split(/\s+/) : [line];
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      variables.set(name, (isLast ? parts.slice(index) : parts.slice(index, index + 1)).join(' '));
    }
    if (run()) return;
  }
}
