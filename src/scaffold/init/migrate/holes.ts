/**
 * Text of which a part is known only when it runs keeps that part as a hole, `${{ name }}`, in the way of a workflow
 * expression. Some names mean the same wherever they come from: `sha` is `github.sha`, `$GITHUB_SHA` and
 * `$(git rev-parse HEAD)`. All others are what was written.
 */
const HOLE = /\$\{\{\s*(.*?)\s*\}\}/gs;

export type Piece = { text: string } | { hole: string };

/** Of a command in which a part is known only when it runs, the whole is. */
export function hole(name: string): string {
  return `\${{ ${name.replace(HOLE, '$1')} }}`;
}

export function hasHoles(text: string): boolean {
  return text.includes('${{');
}

/** Fixed text and holes in turn, without empty pieces. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(HOLE)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ hole: match[1]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

export function holesIn(text: string): string[] {
  return piecesOf(text).flatMap((piece) => ('hole' in piece ? [piece.hole] : []));
}

/** The name of the hole that the text is, and nothing else. */
export function onlyHole(text: string): string | undefined {
  const [only, ...more] = piecesOf(text.trim());
  return only !== undefined && more.length === 0 && 'hole' in only ? only.hole : undefined;
}

/** Fills holes; what `fill` does not know stays one. */
export function fillHoles(text: string, fill: (name: string) => string | undefined): string {
  return text.replace(HOLE, (whole: string, name: string) => fill(name) ?? whole);
}

/** Changes the fixed text alone: `toLowerCase` of `Acme/${{ sha }}`. */
export function mapText(text: string, change: (fixed: string) => string): string {
  return piecesOf(text)
    .map((piece) => ('hole' in piece ? hole(piece.hole) : change(piece.text)))
    .join('');
}

/** Splits at separators outside of holes. */
export function splitOutside(text: string, separator: RegExp): string[] {
  const names: string[] = [];
  const masked = text.replace(HOLE, (_, name: string) => `\u0000${names.push(name) - 1}\u0000`);
  const unmask = (part: string) => part.replace(/\u0000(\d+)\u0000/g, (_, at: string) => hole(names[+at]!));
  return masked.split(separator).map(unmask);
}
