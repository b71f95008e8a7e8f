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

/** Repetitions that a regular expression may have: it tries every split of the text between them. */
const MOST_REPETITIONS = 2;

/**
 * Compiles a pattern so that matching takes time in proportion to text and pattern, whatever they are. A RegExp is
 * faster, but needs exponential time where many wildcards nearly match (`*a*a*a*a*a*ab`).
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
    const expression = new RegExp(
      `^${piece === 'folders' ? '[^\\n]' : 'one' in piece ? piece.one : piece.many}$`,
      'u',
    );
    return (character: string) => expression.test(character);
  });
  const end = pieces.length;
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
        for (const state of within) if (accepts[state]!(character)) nextWithin.add(state);
        for (const state of states) {
          const piece = pieces[state];
          if (piece === undefined || !accepts[state]!(character)) continue;
          if (piece === 'folders') nextWithin.add(state);
          else enter(next, 'one' in piece ? state + 1 : state);
        }
        if (character === '/') for (const state of nextWithin) enter(next, state + 1);
        if (next.size + nextWithin.size === 0) return false;
        [states, within] = [next, nextWithin];
      }
      return states.has(end);
    },
  };
}
