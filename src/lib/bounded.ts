import { runInNewContext } from 'node:vm';

/**
 * Does synchronous work that may need ages, such as a regular expression that tries every split of a text: nothing else
 * ends one, not even a signal.
 * @returns undefined when the time is over; what the work throws is thrown
 */
export function withinTime<T>(milliseconds: number, work: () => T): { value: T } | undefined {
  try {
    return { value: runInNewContext('work()', { work }, { timeout: milliseconds }) as T };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}

/** Files of people have ten levels; the parser of YAML gets through about eight hundred, ever slower. */
const DEEPEST = 200;

/** The position of the bracket that opens one level too many in a YAML text; undefined: there is none. */
export function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + ('[{'.includes(bracket) ? 1 : -1));
    if (depth > DEEPEST) return index;
  }
  return undefined;
}

export const TOO_DEEP = `more than ${DEEPEST} brackets are open here`;
