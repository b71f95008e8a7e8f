import { compilePieces, type Matcher, type Piece } from './pieces.js';

/**
 * Go's filepath.Match, as COPY and ADD use it: `*` and `?` stay within a part of the path, a class does not.
 * @returns undefined for a malformed pattern
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function compileGlob(pattern: string): Matcher | undefined {
  const pieces: Piece[] = [];
  for (let at = 0; at < pattern.length;) {
    const character = characterAt(pattern, at)!;
    let width = character.length;
    if (character === '*') pieces.push({ many: '[^/]' });
    else if (character === '?') pieces.push({ one: '[^/]' });
    else if (character === '[') {
      CLASS.lastIndex = at;
      const found = CLASS.exec(pattern);
      if (!found) return undefined;
      pieces.push({ one: classOf(found[1]!, found[2]!) });
      width = found[0].length;
    } else if (character === '\\') {
      const escaped = characterAt(pattern, at + 1);
      if (escaped === undefined) return undefined;
      pieces.push({ one: literal(escaped) });
      width = 1 + escaped.length;
    } else pieces.push({ one: literal(character) });
    at += width;
  }
  return compilePieces(pieces);
}

const PART = /(?:\\([^])|([^\\\]-]))(?:-(?:\\([^])|([^\\\]-])))?/gu;
const CLASS = new RegExp(`\\[(\\^?)((?:${PART.source})+)\\]`, 'uy');

function characterAt(text: string, at: number): string | undefined {
  const code = text.codePointAt(at);
  return code === undefined ? undefined : String.fromCodePoint(code);
}

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

const literal = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

/** Whether BuildKit looks for what a source matches: without wildcards it is the name of one entry. */
export function hasWildcards(text: string): boolean {
  return /[*?[]/.test(text.replace(/\\[^]/gu, ''));
}

/** Whether Go's filepath.Match says so; a malformed pattern matches nothing. */
export function matchesSource(pattern: string, path: string): boolean {
  return compileGlob(pattern)?.test(path) ?? false;
}
