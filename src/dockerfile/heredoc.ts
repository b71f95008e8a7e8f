import { isSpace } from './words.js';

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

/** @returns undefined if quotes or braces are not closed, a substitution has an unusual form, or a blank follows `<<` */
function splitShell(text: string): string[] | undefined {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '$' && text[at + 1] === '{' && quote !== "'") {
      const simple = /^\$\{\w+(?::?[-+]\w*)?\}/.exec(text.slice(at));
      if (!simple) return undefined;
      word += simple[0];
      at += simple[0].length - 1;
      continue;
    }
    if (character === '\\' && quote !== "'") {
      word += character + (text[at + 1] ?? '');
      at += 1;
      continue;
    }
    if (quote === '' && isSpace(character)) {
      // After `<<` a blank belongs to the word in newer versions.
      if (/<<-?$/.test(word)) return undefined;
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    word += character;
  }
  if (quote !== '') return undefined;
  if (word !== '') words.push(word);
  return words;
}
