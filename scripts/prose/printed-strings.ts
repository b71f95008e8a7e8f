import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';

export interface PrintedString {
  file: string;
  /** Counts from 1. */
  line: number;
  /** Placeholders are written as `X`. */
  text: string;
}

/** String literals and templates of a TypeScript file that are prose: at least three words. */
export function printedStrings(file: string): PrintedString[] {
  const source = readFileSync(file, 'utf8');
  const lineOf = (position: number) => source.slice(0, position).split('\n').length;
  const found: PrintedString[] = [];
  visit(parseSync(file, source).program, (node) => {
    const text = textOf(node);
    if (text !== undefined && isProse(text)) found.push({ file, line: lineOf(node.start), text });
  });
  return found;
}

interface Node {
  type: string;
  start: number;
  value?: unknown;
  quasis?: { value: { cooked?: string } }[];
}

function textOf({ type, value, quasis }: Node): string | undefined {
  if (type === 'Literal') return typeof value === 'string' ? value : undefined;
  if (type === 'TemplateLiteral') return quasis?.map(({ value: { cooked } }) => cooked ?? '').join('X');
  return undefined;
}

const isProse = (text: string) =>
  (text.match(/[A-Za-z’'`]{2,}(?= |[.,:;?!]|$)/g) ?? []).length >= 3 && text.includes(' ');

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) return value.forEach((each) => visit(each, see));
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value) see(value as Node);
  for (const child of Object.values(value)) visit(child, see);
}
