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

const PART = /(?:\\([^])|([^\\\]-]))(?:-(?:\\([^])|([^\\\]-])))?/gu;
const TOKEN = new RegExp(
  `^(?:\\\\([^])|\\[(\\^?)((?:${PART.source.replace(/\((?!\?)/g, '(?:')})+)\\]|[^\\\\[])`,
  'u',
);

function classOf(negation: string, content: string): string {
  let parts = '';
  for (const [, escaped, plain, escapedEnd, plainEnd] of content.matchAll(PART)) {
    const from = escaped ?? plain!;
    const to = escapedEnd ?? plainEnd ?? from;
    // A range that runs backwards has nothing in it.
    if (from.codePointAt(0)! <= to.codePointAt(0)!) parts += `${literal(from)}-${literal(to)}`;
  }
  return `[${negation}${parts}]`;
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
  return repetitions <= MOST_REPETITIONS
    ? new RegExp(`^${pieces.map(sourceOf).join('')}$`, 'u')
    : simulate(pieces);
}

function sourceOf(piece: Piece): string {
  if (piece === 'folders') return '(?:[^\\n]*/)?';
  return 'one' in piece ? piece.one : `${piece.many}*`;
}

/** Follows all ways through the pattern at once (Thompson's construction). */
function simulate(pieces: readonly Piece[]): Matcher {
  const accepts = pieces.map((piece) => {
    const source = piece === 'folders' ? '[^\\n]' : 'one' in piece ? piece.one : piece.many;
    return new RegExp(`^${source}$`, 'u');
  });
  /** Repetitions may be left without a character. */
  const enter = (states: Set<number>, state: number) => {
    for (let next = state; ; next++) {
      states.add(next);
      const piece = pieces[next];
      if (piece === undefined || (piece !== 'folders' && 'one' in piece)) return;
    }
  };
  return {
    test(text) {
      let states = new Set<number>();
      /** Folders that have begun, and end with the next slash. */
      let within = new Set<number>();
      enter(states, 0);
      for (const character of text) {
        const next = new Set<number>();
        const nextWithin = new Set<number>();
        for (const state of within) if (accepts[state]!.test(character)) nextWithin.add(state);
        for (const state of states) {
          const piece = pieces[state];
          if (piece === undefined || !accepts[state]!.test(character)) continue;
          if (piece === 'folders') nextWithin.add(state);
          else enter(next, 'one' in piece ? state + 1 : state);
        }
        if (character === '/') for (const state of nextWithin) enter(next, state + 1);
        if (next.size + nextWithin.size === 0) return false;
        [states, within] = [next, nextWithin];
      }
      return states.has(pieces.length);
    },
  };
}
