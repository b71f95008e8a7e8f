import { SPACE, trim } from './words.js';

export interface Heredoc {
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
