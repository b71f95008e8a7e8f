import { posix } from 'node:path';

/** A part of a pattern, as sources of regular expressions for one character. */
export type Piece =
  | { one: string }
  /** Any number of them. */
  | { many: string }
  /** Nothing, or anything that ends with a slash: `**` before more. */
  | 'folders';

export interface Matcher {
  test(text: string): boolean;
}

export const literal = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

/**
 * Go's filepath.Match, as COPY and ADD use it: `*` and `?` stay within a part of the path, a class does not.
 * @returns undefined for a malformed pattern
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function compileGlob(pattern: string): Matcher | undefined {
  const pieces: Piece[] = [];
  for (let rest = pattern; rest !== '';) {
    const [token, escaped, negation, content] = TOKEN.exec(rest) ?? [];
    if (token === undefined) return undefined;
    if (token === '*') pieces.push({ many: '[^/]' });
    else if (token === '?') pieces.push({ one: '[^/]' });
    else if (content !== undefined) pieces.push({ one: classOf(negation!, content) });
    else pieces.push({ one: literal(escaped ?? token) });
    rest = rest.slice(token.length);
  }
  return compilePieces(pieces);
}

const PART = /(?:\\[^]|[^\\\]-])(?:-(?:\\[^]|[^\\\]-]))?/u;
const TOKEN = new RegExp(`^(?:\\\\([^])|\\[(\\^?)((?:${PART.source})+)\\]|[^\\\\[])`, 'u');

/** The content of a class as ranges, each with its ends. */
function rangesIn(content: string): { from: string; to: string; isForward: boolean }[] {
  return [...content.matchAll(/(?:\\([^])|([^]))(?:-(?:\\([^])|([^])))?/gu)].map(
    ([, escaped, plain, escapedEnd, plainEnd]) => {
      const from = escaped ?? plain!;
      const to = escapedEnd ?? plainEnd ?? from;
      return { from, to, isForward: from.codePointAt(0)! <= to.codePointAt(0)! };
    },
  );
}

/** A range that runs backwards has nothing in it. */
function classOf(negation: string, content: string): string {
  const ranges = rangesIn(content).filter(({ isForward }) => isForward);
  return `[${negation}${ranges.map(({ from, to }) => `${literal(from)}-${literal(to)}`).join('')}]`;
}

/** Whether BuildKit looks for what a source matches: without wildcards it is the name of one entry. */
export function hasWildcards(text: string): boolean {
  return /[*?[]/.test(text.replace(/\\[^]/gu, ''));
}

/** Repetitions that a regular expression may have: it tries every split of the text between them. */
const MOST_REPETITIONS = 2;

/**
 * Compiles a pattern so that matching takes time in proportion to text and pattern. A RegExp is faster, but needs
 * exponential time if many wildcards nearly match (`*a*a*a*a*a*ab`).
 */
export function compilePieces(pieces: readonly Piece[]): Matcher {
  const repetitions = pieces.filter((piece) => piece === 'folders' || 'many' in piece).length;
  return repetitions <= MOST_REPETITIONS ? new RegExp(`^${pieces.map(sourceOf).join('')}$`, 'u') : simulate(pieces);
}

function sourceOf(piece: Piece): string {
  if (piece === 'folders') return '(?:[^\\n]*/)?';
  return 'one' in piece ? piece.one : `${piece.many}*`;
}

/** Extends all matches piece by piece, which takes time in proportion to pieces times characters. */
function simulate(pieces: readonly Piece[]): Matcher {
  const steps = pieces.map((piece) => {
    const source = piece === 'folders' ? '[^\\n]' : 'one' in piece ? piece.one : piece.many;
    return { piece, accepts: new RegExp(`^${source}$`, 'u') };
  });
  return {
    test(text) {
      const characters = [...text];
      /** For each position: whether the pieces so far match the text before it. */
      let reached = [true, ...characters.map(() => false)];
      for (const { piece, accepts } of steps) {
        const isOne = piece !== 'folders' && 'one' in piece;
        const next: boolean[] = [!isOne && reached[0]!];
        let isInFolder = false;
        for (const [at, character] of characters.entries()) {
          const isAccepted: boolean = (reached[at]! || next[at]! || isInFolder) && accepts.test(character);
          isInFolder = isAccepted && (reached[at]! || isInFolder);
          if (isOne) next.push(reached[at]! && isAccepted);
          else if (piece === 'folders') next.push(reached[at + 1]! || (isInFolder && character === '/'));
          else next.push(reached[at + 1]! || (next[at]! && isAccepted));
        }
        if (!next.includes(true)) return false;
        reached = next;
      }
      return reached.at(-1)!;
    },
  };
}

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
      if (!found || rangesIn(found[2]!).some(({ isForward }) => !isForward))
        return { doubt: 'it has a class of characters of an unusual form' };
      pieces.push({ one: classOf(found[1]!, found[2]!) });
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
const CLASS_PART = /(?:\\[!-/:-@[-`{-~]|[^\\\][*?/^&~-])(?:-(?:\\[!-/:-@[-`{-~]|[^\\\][*?/^&~-]))?/u;
const CLASS = new RegExp(`^\\[(\\^?)((?:${CLASS_PART.source})+)\\]`, 'u');

/** The shortest name of a path, as Go's filepath.Clean has it. */
export function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=[^])\/$/, '');
}
