/** Tests as `file: title` (or the literal part of a title), below `__tests__`; or why no test can hold it, a sentence. */
export type Proof = readonly string[] | string;

/** Claims of a section, by subject. */
export type Section = Record<string, Record<string, Proof>>;

export const ADVICE = 'It advises the reader, whose settings no test sees.';
export const LIMIT = 'It states a limit: the program does nothing about it.';
export const GITHUB = 'GitHub decides this, and no test runs there.';
