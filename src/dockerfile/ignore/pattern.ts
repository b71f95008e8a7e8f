import { posix } from 'node:path';
import { compilePieces, literal, type Piece } from './glob.js';

/** One pattern, compiled as moby/patternmatcher does it. */
export interface Pattern {
  /** Cleaned, without `!`. */
  text: string;
  /** `take-in`: takes in again what earlier patterns left out (`!`). */
  effect: 'leave-out' | 'take-in';
  matches(path: string): boolean;
}

export interface UncertainPattern {
  doubt: string;
}

/**
 * Compiles a pattern. Upstream makes a RegExp of it that passes `{ | } ^` and escaped letters on, and takes classes as
 * they are; builds fail on other patterns. All of these are doubtful here.
 * @param pattern perhaps with `!` in front; neither blank nor padded
 * @see https://github.com/moby/patternmatcher/blob/main/patternmatcher.go
 */
export function compilePattern(pattern: string): Pattern | UncertainPattern {
  const cleaned = cleanPath(pattern);
  const effect = cleaned.startsWith('!') ? 'take-in' : 'leave-out';
  const text = effect === 'take-in' ? cleaned.slice(1) : cleaned;
  if (text === '') return { doubt: 'it has a `!` alone' };
  const matches = compile(text);
  return typeof matches === 'function' ? { text, effect, matches } : matches;
}

type Kind = 'exact' | 'prefix' | 'suffix' | 'expression';

function compile(text: string): Pattern['matches'] | UncertainPattern {
  if (/[\uFFFD\uFEFF\0]/.test(text)) return { doubt: 'it has bytes that are no plain UTF-8 text' };
  const characters = [...text];
  let kind: Kind = 'exact';
  const pieces: Piece[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at]!;
    const isFirst = at === 0;
    if (character === '*' && characters[at + 1] === '*') {
      at += characters[at + 2] === '/' ? 2 : 1;
      if (at + 1 < characters.length) {
        pieces.push('folders');
        kind = 'expression';
      } else if (kind === 'exact') kind = 'prefix';
      else {
        pieces.push({ many: '[^\\n]' });
        kind = 'expression';
      }
      if (isFirst) kind = 'suffix';
      continue;
    }
    if (character === '*' || character === '?') {
      pieces.push(character === '*' ? { many: '[^/]' } : { one: '[^/]' });
      kind = 'expression';
    } else if (character === '\\') {
      at += 1;
      const escaped = characters[at];
      if (escaped === undefined || !/^[!-/:-@[-`{-~ ]$/.test(escaped))
        return { doubt: 'it escapes a character that needs no escape' };
      pieces.push({ one: literal(escaped) });
      kind = 'expression';
    } else if (character === '[') {
      const found = CLASS.exec(characters.slice(at).join(''));
      const content = found && compileClass(found[1]!, found[2]!);
      if (!content) return { doubt: 'it has a class of characters of an unusual form' };
      pieces.push({ one: content });
      at += [...found[0]].length - 1;
      kind = 'expression';
    } else {
      pieces.push({ one: literal(character) });
      if (character === ']') kind = 'expression';
    }
  }
  return matcherOf(kind, text, pieces);
}

function matcherOf(kind: Kind, text: string, pieces: readonly Piece[]): Pattern['matches'] | UncertainPattern {
  switch (kind) {
    case 'exact':
      return (path) => path === text;
    case 'prefix': {
      const prefix = text.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case 'suffix': {
      const suffix = text.slice(2);
      return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
    }
    case 'expression': {
      // Outside of a class; upstream would take them for an operator of its RegExp.
      if (/[{|}^]/.test(text.replace(/\[(?:\\.|[^\]\\])*\]|\\./gu, '')))
        return { doubt: 'it has one of `{ | } ^` next to a wildcard' };
      const compiled = compilePieces(pieces);
      return (path) => compiled.test(path);
    }
  }
}

/** Characters and ranges of them, nothing that RegExp, upstream and Go's filepath.Match read differently. */
const CLASS_PART = /(\\[!-/:-@[-`{-~]|[^\\\][*?/^&~-])(?:-(\\[!-/:-@[-`{-~]|[^\\\][*?/^&~-]))?/gu;
const CLASS = new RegExp(`^\\[(\\^?)((?:${CLASS_PART.source})+)\\]`, 'u');

function compileClass(negation: string, content: string): string | undefined {
  let result = '';
  for (const [, first, last] of content.matchAll(CLASS_PART)) {
    const from = first!.replace(/^\\/, '');
    const to = last?.replace(/^\\/, '') ?? from;
    if (from.codePointAt(0)! > to.codePointAt(0)!) return undefined;
    result += `${literal(from)}-${literal(to)}`;
  }
  return `[${negation}${result}]`;
}

/** The shortest name of a path, as Go's filepath.Clean has it. */
export function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=[^])\/$/, '');
}
