import { parseJson } from '../lib/json.js';

/** White space as Go's unicode.IsSpace has it; JavaScript's `\s` lacks U+0085 and has U+FEFF. */
const SPACE = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const LEADING = new RegExp(`^[${SPACE}]+`);
const TRAILING = new RegExp(`[${SPACE}]+$`);
const ONE = new RegExp(`^[${SPACE}]$`);

export const trimStart = (text: string): string => text.replace(LEADING, '');
export const trim = (text: string): string => trimStart(text).replace(TRAILING, '');
const isSpace = (character: string): boolean => ONE.test(character);

/**
 * Splits what follows an instruction's keyword into flags and the rest. Quotes and escapes in flags are resolved.
 * A word `--` ends the flags.
 */
export function splitFlags(text: string, escape: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text[at]!)) at += 1;
    if (!text.startsWith('--', at)) return { flags, rest: trim(text.slice(at)) };
    let word = '';
    let quote = '';
    for (; at < text.length; at += 1) {
      const character = text[at]!;
      if (quote === '' && isSpace(character)) break;
      if (character === quote) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) quote = character;
      else if (character === escape) {
        at += 1;
        word += text[at] ?? '';
      } else word += character;
    }
    if (word === '--') return { flags, rest: trim(text.slice(at)) };
    flags.push(word);
  }
}

/** Words of ARG and ENV: split at white space outside of quotes; quotes and escapes are kept. */
export function splitWords(text: string, escape: string): string[] {
  const sign = escape === '\\' ? '\\\\' : escape;
  // A quote that is escaped opens and closes nothing; an escape at the end is dropped; open quotes reach to the end.
  const escaped = `${sign}[^]`;
  const double = `"(?:${escaped}|[^"${sign}])*"?`;
  const single = "'[^']*'?";
  return text.match(new RegExp(`(?:${escaped}|${double}|${single}|[^${SPACE}"'${sign}])+`, 'gu')) ?? [];
}

/** Words of FROM, COPY and ADD: split at ASCII blanks, without regard to quotes. */
export function splitAtBlanks(text: string): string[] {
  return text === '' ? [] : text.split(/[\t\v\f\r ]+/);
}

/**
 * Elements of an instruction in JSON form.
 * @returns `'shell'` if it is not JSON, `'refused'` if it is an array of anything but strings
 */
export function jsonForm(rest: string): string[] | 'shell' | 'refused' {
  const value = rest.startsWith('[') ? parseJson(rest) : undefined;
  if (!Array.isArray(value)) return 'shell';
  return value.every((element) => typeof element === 'string') ? value : 'refused';
}

interface Heredoc {
  name: string;
  /** `<<-`: tabs before its lines are dropped. */
  indented: boolean;
}

const MARK = /^(\d*)<<(-?)\s*([^<]*)$/;

/**
 * Here-documents of an instruction: words that are `<<NAME` as a whole, perhaps with a file descriptor, a dash or quotes
 * around the name. Versions of BuildKit read `<< NAME` (as in shell arithmetic), variables, and quotes inside of a name
 * differently.
 * @param text the whole instruction, keyword and flags included
 * @returns undefined if builders may see others
 */
export function readHeredocs(text: string): Heredoc[] | undefined {
  if (!text.includes('<<')) return [];
  const found = splitShell(text)
    ?.filter((word) => word.includes('<<'))
    .map(readHeredocWord);
  return found?.includes('uncertain') ? undefined : found?.filter((each) => typeof each === 'object');
}

/** @param word of the instruction, quotes kept */
export function readHeredocWord(word: string): Heredoc | 'none' | 'uncertain' {
  const [, , dash, rest] = MARK.exec(word) ?? [];
  if (rest === undefined) return 'none';
  if (rest === '') return 'uncertain';
  const name = /^(?:"([^"'\\$]+)"|'([^"'\\$]+)'|([^"'\\$\s]+))$/.exec(rest);
  const value = name?.[1] ?? name?.[2] ?? name?.[3];
  if (value === undefined || /\s/.test(value)) return 'uncertain';
  return { name: value, indented: dash === '-' };
}

/** Only these substitutions are read alike by all builders. */
const SUBSTITUTION = String.raw`\$\{\w+(?::?[-+]\w*)?\}|\$(?!\{)`;
const DOUBLE = String.raw`"(?:\\[^]|${SUBSTITUTION}|[^"\\$])*"`;
const WORD = new RegExp(String.raw`(?:\\[^]?|${SUBSTITUTION}|${DOUBLE}|'[^']*'|[^${SPACE}"'\\$])+`, 'g');

/** @returns undefined if quotes or braces are not closed, a substitution has an unusual form, or a blank follows `<<` */
function splitShell(text: string): string[] | undefined {
  const words = text.match(WORD) ?? [];
  // After `<<` a blank belongs to the word in newer versions.
  const isCertain = trim(text.replace(WORD, '')) === '' && !words.slice(0, -1).some((word) => /<<-?$/.test(word));
  return isCertain ? words : undefined;
}
