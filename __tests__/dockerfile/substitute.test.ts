import { substitute, UNKNOWN } from '../../src/dockerfile/substitute.js';

const VALUES: Record<string, string> = { HOME: '/home', EMPTY: '', UTF: '한', V: '20-alpine', LOST: UNKNOWN };

/** The value, `error` if BuildKit rejects the word, `?` if the value is unknown. */
function fill(word: string, escape = '\\'): string {
  const result = substitute(word, (name) => VALUES[name], escape);
  if (result.status === 'refused') return 'error';
  return result.value.includes(UNKNOWN) ? '?' : result.value;
}

// From BuildKit's table frontend/dockerfile/shell/envVarTest, and its lexer.
test.each<[string, string]>([
  ["a'b c'd", 'ab cd'],
  ["a'b", 'error'],
  [String.raw`a\'b`, "a'b"],
  [String.raw`a\\b`, String.raw`a\b`],
  [String.raw`a\tb`, 'atb'],
  [String.raw`"a\tb"`, String.raw`a\tb`],
  [String.raw`"a\"b"`, 'a"b'],
  [String.raw`'a\'`, 'a\\'],
  ['a\\', 'a'],
  ['"a', 'error'],
  ['"$HOME\'$HOME\'"', "/home'/home'"],
  ["'$HOME'", '$HOME'],
  [String.raw`\$HOME`, '$HOME'],
  ['a$.b', 'a$.b'],
  ['$UTF$HOME', '한/home'],
  ['$NONE', ''],
  ['$1x', 'x'],
  ['$@a', 'a'],
  ['${HOME}x', '/homex'],
  ['${}', 'error'],
  ['${.}', 'error'],
  ['${HOME', 'error'],
  ['${NONE:-a}', 'a'],
  ['${NONE:-${HOME}b}', '/homeb'],
  ['${EMPTY:-a}', 'a'],
  ['${EMPTY-a}', ''],
  ['${NONE-a}', 'a'],
  ['${HOME:+a}', 'a'],
  ['${EMPTY:+a}', ''],
  ['${EMPTY+a}', 'a'],
  ['${NONE+a}', ''],
  ['${NONE?}', 'error'],
  ['${EMPTY?}', ''],
  ['${EMPTY:?}', 'error'],
  ['${HOME=a}', 'error'],
  ['${HOME:#a}', 'error'],
  ['${NONE:-\\${HOME}z}', '${HOMEz}'],
  ['${V%-alpine}', '?'],
  ['${V##*-}', '?'],
  ['x${V/-/${HOME}}', '?'],
  ['a$LOST', '?'],
  ['${LOST:-a}', '?'],
  ['${NONE:-$LOST}', '?'],
  ['${HOME:-$LOST}', '/home'],
])('%s becomes %s', (word, value) => {
  expect(fill(word)).toBe(value);
});

test('keeps backslashes if the escape character is another one', () => {
  expect(fill('a`$HOME\\b', '`')).toBe('a$HOME\\b');
});

test('reports the variables that a word uses', () => {
  expect(substitute('$A${B:-$C}', () => undefined, '\\')).toMatchObject({ used: ['A', 'C', 'B'] });
});
