/** White space as Go's unicode.IsSpace has it; JavaScript's `\s` lacks U+0085 and has U+FEFF. */
export const SPACE = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const LEADING = new RegExp(`^[${SPACE}]+`);
const TRAILING = new RegExp(`[${SPACE}]+$`);
const ONE = new RegExp(`^[${SPACE}]$`);

export const trimStart = (text: string): string => text.replace(LEADING, '');
export const trim = (text: string): string => trimStart(text).replace(TRAILING, '');
export const isSpace = (character: string): boolean => ONE.test(character);
