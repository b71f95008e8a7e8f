/** A script whose workflow expressions are words that bash understands. */
export interface Source {
  text: string;
  /** The file that was read into another script. */
  path?: string;
  /** Puts the expressions back. */
  reveal(text: string): string;
  /** A part of it as it was written, on one line. */
  quote(part: { pos: number; end: number }): string;
  /** Lines above a position, in what was written. */
  linesBefore(position: number): number;
}

export function sourceOf(written: string, path?: string): Source {
  const expressions: string[] = [];
  const text = written.replace(
    /\$\{\{.*?\}\}/gs,
    (expression) => `\u27e6${expressions.push(expression) - 1}\u27e7`,
  );
  const reveal = (part: string) =>
    part.replace(/\u27e6(\d+)\u27e7/g, (_, at: string) => expressions[Number(at)]!);
  return {
    text,
    ...(path !== undefined && { path }),
    reveal,
    quote: ({ pos, end }) => reveal(text.slice(pos, end)).replace(/\s+/g, ' ').trim(),
    linesBefore: (position) => reveal(text.slice(0, position)).split('\n').length - 1,
  };
}
