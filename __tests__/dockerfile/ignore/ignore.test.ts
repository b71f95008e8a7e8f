import { parseIgnore } from '../../../src/dockerfile/ignore/ignore.js';
import { MALFORMED, PATTERNS } from './upstream-cases.js';

function rules(text: string) {
  const parsed = parseIgnore(text);
  if ('doubt' in parsed) throw new Error(parsed.doubt);
  return parsed;
}

const kept = (text: string, paths: string[]) => paths.filter((path) => !rules(text).ignores(path));

test.each(PATTERNS)('ignores the same paths as moby/patternmatcher: %s', (pattern, ignored, others) => {
  expect(kept(pattern, [...ignored, ...others])).toEqual(others);
});

test.each(MALFORMED)('reports a doubt about %s, which makes builds fail', (pattern) => {
  expect(parseIgnore(`# note\n${pattern}`)).toEqual({ doubt: expect.any(String), line: 2 });
});

test.each([
  'a{2}*',
  'a|*',
  '^*',
  '*}',
  String.raw`\d`,
  String.raw`a\é`,
  '[[:alpha:]]',
  '[a/b]*',
  '[z-a]',
  'a[*]',
  '!',
  '! ',
  '!/',
  'a\uFFFD',
  'a'.repeat(65536),
])('reports a doubt about a pattern that upstream reads in an unexpected way: %#', (pattern) => {
  expect(parseIgnore(pattern)).toEqual({ doubt: expect.any(String), line: 1 });
});

test('matches characters without a special meaning literally', () => {
  for (const name of ['my-app/x.js', 'app/(auth)/x.js', 'a+b/x.js', 'a$/x.js', 'a#b/x.js', 'ä☺/x.js']) {
    expect(kept(`${name.split('/')[0]}/*/*\n${name.split('/')[0]}/*.js`, [name, 'other/x.js'])).toEqual(['other/x.js']);
  }
  expect(kept('a{b|c}^d', ['a{b|c}^d', 'ab'])).toEqual(['ab']);
});

test('reads lines as builders do', () => {
  const text = '\uFEFF# comment\r\n\r\n  /a/  \r\n#b\n #c\n./d/../e\n!  /a/x\n';
  expect(kept(text, ['a', 'a/y', 'a/x', '#b', 'b', '#c', 'e', 'd'])).toEqual(['a/x', '#b', 'b', 'd']);
  expect(kept('# a\n#b', ['# a', '#b'])).toEqual(['# a', '#b']);
  expect(kept('', ['a'])).toEqual(['a']);
  expect(kept('.\n/\n..', ['a', 'b/c'])).toEqual(['a', 'b/c']);
});

test('the last matching pattern or exception decides', () => {
  const tree = ['docs', 'docs/a.md', 'docs/b/c.md', 'src/x.md', 'x.md'];
  expect(kept('**/*.md\n!docs', tree)).toEqual(['docs']);
  expect(kept('docs\n!docs/a.md', tree)).toEqual(['docs/a.md', 'src/x.md', 'x.md']);
  expect(kept('*\n!docs\ndocs/b', tree)).toEqual(['docs', 'docs/a.md']);
  expect(kept('!docs\n**', tree)).toEqual([]);
});

test("an exception for a folder doesn't include a path below it that is ignored by name", () => {
  // By its path alone it would be included; the builder checks folder by folder.
  expect(kept('a/b\n!a', ['a', 'a/b', 'a/b/c', 'a/d'])).toEqual(['a', 'a/d']);
});

test('prunes a folder if no exception can match a path in it', () => {
  const walks = (text: string, folders: string[]) => folders.filter((folder) => !rules(text).prunes(folder));
  const folders = ['a', 'b', 'b/c', 'b/d', 'e'];
  expect(walks('a\nb', folders)).toEqual(['e']);
  expect(walks('*\n!b/c/x', folders)).toEqual(['b', 'b/c']);
  expect(walks('*\n!b/*', folders)).toEqual(['b', 'b/c', 'b/d']);
  expect(walks('*\n!**/x', folders)).toEqual(folders);
});
