import { hasHoles, hole } from '../holes.js';
import type { Call } from '../shell/shell.js';

const WITH_VALUE = /^-[InPLdsaE]$|^--(?:max-args|max-procs|delimiter|arg-file|replace)$/;

/** What `xargs` runs for its input: `echo "$TAGS" | xargs -I {} cosign sign {}`. */
export function callsOfXargs({ words, ...call }: Call): Call[] {
  let start = 1;
  while (words[start]?.startsWith('-')) start += WITH_VALUE.test(words[start]!) ? 2 : 1;
  const command = words.slice(start);
  const options = words.slice(1, start);
  const at = options.findIndex((word) => word.startsWith('-I'));
  const input = call.input ?? hole('xargs');
  const split = (separator: RegExp) =>
    hasHoles(input) ? [input] : input.split(separator).filter((item) => item !== '');
  if (at >= 0) {
    const mark = options[at] === '-I' ? options[at + 1]! : options[at]!.slice(2);
    return split(/\n/).map((item) => ({
      ...call,
      words: command.map((word) => word.replaceAll(mark, item)),
    }));
  }
  const isOneByOne = options.some(
    (word, index) => word === '-n1' || (word === '1' && options[index - 1] === '-n'),
  );
  const items = split(/\s+/);
  return (isOneByOne ? items.map((item) => [item]) : [items]).map((given) => ({
    ...call,
    words: [...command, ...given],
  }));
}
