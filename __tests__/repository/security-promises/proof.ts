/** Tests below `__tests__` as `file: title` (or the start of a title), or a sentence that says why no test exists. */
export type Proof = readonly string[] | string;

/** Claims of a section, by subject. */
export type Section = Record<string, Record<string, Proof>>;

export const ADVICE = 'It advises the reader, whose settings no test sees.';
export const LIMIT = 'It states a limit: the program does nothing about it.';
export const GITHUB = 'GitHub decides this, and no test runs there.';
