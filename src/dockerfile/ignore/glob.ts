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
const TOKEN = new RegExp(`^(?:\\\\([^])|\\[(\\^?)((?:${PART.source.replace(/\((?!\?)/g, '(?:')})+)\\]|[^\\\\[])`, 'u');

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
