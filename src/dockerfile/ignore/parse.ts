import { trim } from '../spaces.js';
import type { DoubtfulIgnore, IgnoreRules } from './ignore.js';
import { cleanPath, compilePattern, type Pattern } from './pattern.js';
import { createRules } from './rules.js';

/** Longest line that builders read: the buffer of Go's bufio.Scanner. */
const LINE_LIMIT = 64 * 1024;

/** Each path is held against each of them. */
const MOST_PATTERNS = 5000;

/**
 * Reads the text of a `.dockerignore`; an empty one ignores nothing.
 * @param text decoded as UTF-8
 * @see https://github.com/moby/patternmatcher/blob/main/ignorefile/ignorefile.go
 */
export function parseIgnore(text: string): IgnoreRules | DoubtfulIgnore {
  const patterns: Pattern[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.length * 3 > LINE_LIMIT && new TextEncoder().encode(line).length >= LINE_LIMIT)
      return { doubt: 'it is longer than builders read', line: index + 1 };
    if (line.startsWith('#') || trim(line) === '') continue;
    const pattern = compilePattern(normalise(trim(line)));
    if ('doubt' in pattern) return { doubt: pattern.doubt, line: index + 1 };
    patterns.push(pattern);
    if (patterns.length > MOST_PATTERNS)
      return { doubt: `it has more than ${MOST_PATTERNS} patterns`, line: index + 1 };
  }
  return createRules(patterns);
}

/** Paths of the file are relative to the context, with or without a slash in front. */
function normalise(line: string): string {
  const sign = line.startsWith('!') ? '!' : '';
  const path = trim(line.slice(sign.length));
  return path === '' ? sign : sign + cleanPath(path).replace(/^\/(?=.)/, '');
}
