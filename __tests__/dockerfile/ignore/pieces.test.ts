import fc from 'fast-check';
import { soak } from '../../../testing/soak.js';
import { compileGlob, compilePieces, type Piece } from '../../../src/dockerfile/ignore/pattern.js';
import { compilePattern } from '../../../src/dockerfile/ignore/pattern.js';

/** The regular expression that upstream builds: correct, but slow for some patterns. */
function asRegExp(pieces: readonly Piece[]): RegExp {
  const sources = pieces.map((piece) =>
    piece === 'folders' ? '(?:[^\\n]*/)?' : 'one' in piece ? piece.one : `${piece.many}*`,
  );
  return new RegExp(`^${sources.join('')}$`, 'u');
}

const piece = fc.constantFrom<Piece>(
  { one: 'a' },
  { one: 'b' },
  { one: '/' },
  { one: '[^/]' },
  { one: '[ab]' },
  { many: '[^/]' },
  { many: '[^\\n]' },
  'folders',
);
const text = fc
  .array(fc.constantFrom('a', 'b', '/', '\n', 'é', '😀'), { maxLength: 12 })
  .map((parts) => parts.join(''));

test('a pattern with many repetitions matches the same texts as the regular expression', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), fc.array(text, { minLength: 5, maxLength: 5 }), (pieces, texts) => {
      // Three repetitions that match only the empty text don't change the result, but are too many for a RegExp.
      const padded: Piece[] = [...pieces, { many: '[^\\s\\S]' }, { many: '[^\\s\\S]' }, { many: '[^\\s\\S]' }];
      const matcher = compilePieces(padded);
      expect(matcher).not.toBeInstanceOf(RegExp);
      for (const each of texts) expect([each, matcher.test(each)]).toEqual([each, asRegExp(pieces).test(each)]);
    }),
    { numRuns: soak(500, 5000) },
  );
});

const SLOW = '*a'.repeat(40);
const PATH = `${'a'.repeat(4000)}c`;

test('matches patterns with exponential backtracking in less than 5 seconds', () => {
  const started = performance.now();
  expect(compileGlob(`${SLOW}b`)?.test(PATH)).toBe(false);
  expect(compileGlob(`${SLOW}c`)?.test(PATH)).toBe(true);
  for (const pattern of [`${SLOW}b`, `${'**/a'.repeat(30)}b`, `x/${'**a'.repeat(30)}b`]) {
    const compiled = compilePattern(pattern);
    if ('doubt' in compiled) throw new Error(compiled.doubt);
    expect(compiled.matches(PATH)).toBe(false);
    expect(compiled.matches('a/'.repeat(2000))).toBe(false);
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
