import { readFileSync } from 'node:fs';
import { parseSync } from '@swc/core';

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
  const bytes = Buffer.from(source);
  const module = parseSync(source, { syntax: 'typescript', target: 'es2022' });
  // Positions of a parse go on from those of the parse before.
  const offset = module.span.start - (source.length - source.trimStart().length);
  const lineOf = (position: number) =>
    bytes
      .subarray(0, Math.max(0, position - offset))
      .toString()
      .split('\n').length;
  const found: PrintedString[] = [];
  visit(module, (node) => {
    const text = textOf(node);
    if (text !== undefined && isProse(text)) found.push({ file, line: lineOf(node.span.start), text });
  });
  return found;
}

interface Node {
  type: string;
  span: { start: number };
  value?: unknown;
  quasis?: { cooked?: string }[];
}

function textOf({ type, value, quasis }: Node): string | undefined {
  if (type === 'StringLiteral') return String(value);
  if (type === 'TemplateLiteral') return quasis?.map(({ cooked }) => cooked ?? '').join('X');
  return undefined;
}

const isProse = (text: string) =>
  (text.match(/[A-Za-z’'`]{2,}(?= |[.,:;?!]|$)/g) ?? []).length >= 3 && text.includes(' ');

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) return value.forEach((each) => visit(each, see));
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  if (typeof node.type === 'string' && typeof node.span === 'object') see(node);
  for (const [key, child] of Object.entries(value)) if (key !== 'span') visit(child, see);
}
