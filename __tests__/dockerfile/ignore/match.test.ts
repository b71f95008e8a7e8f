import type { CopySource } from '../../../src/dockerfile/dockerfile.js';
import { compileGlob } from '../../../src/dockerfile/ignore/pattern.js';
import { selectionOf } from '../../../src/dockerfile/ignore/selection.js';

// From the tests of Go's path/filepath.
test.each<[string, string[], string[]]>([
  ['abc', ['abc'], ['ab', 'abcd']],
  ['*', ['abc', ''], ['a/b']],
  ['a*/b', ['abc/b'], ['a/c/b']],
  ['a*b*c*d*e*/f', ['axbxcxdxe/f', 'axbxcxdxexxx/f'], ['axbxcxdxe/xxx/f', 'axbxcxdxexxx/fff']],
  ['a*b?c*x', ['abxbbxdbxebxczzx'], ['abxbbxdbxebxczzy']],
  ['**', ['a'], ['a/b']],
  ['ab[b-d]', ['abc'], ['abe', 'ab']],
  ['ab[^b-d]', ['abe', 'ab/'], ['abc']],
  ['[a-ζ]*', ['α'], ['A']],
  ['a???b', ['a☺☺☺b'], ['a☺b', 'a//xb']],
  [String.raw`a\*b`, ['a*b'], ['axb']],
  [String.raw`[\]a]`, [']', 'a'], ['b']],
  [String.raw`[x\-z]`, ['x', '-', 'z'], ['y']],
  ['[!a]', ['!', 'a'], ['b']],
  ['[z-a]', [], ['a', 'm']],
  ['a{b}(c).d|e^', ['a{b}(c).d|e^'], ['abcxde']],
  ['[', [], ['[']],
  ['[]a]', [], [']']],
  ['[-]', [], ['-']],
  ['[a-]', [], ['a']],
  ['a\\', [], ['a\\']],
])('%s matches the same paths as in filepath.Match', (pattern, matched, others) => {
  expect([...matched, ...others].filter((path) => compileGlob(pattern)?.test(path))).toEqual(matched);
});

const PATHS = ['a', 'a/b', 'a/b/c.md', 'a/b/d.js', 'a/e.md', 'ab.md', 'f.md', 'g/a/b'];

test.each<[Partial<CopySource> & { pattern: string }, string[]]>([
  [{ pattern: '.' }, PATHS],
  [{ pattern: 'a' }, ['a', 'a/b', 'a/b/c.md', 'a/b/d.js', 'a/e.md']],
  [{ pattern: 'a*' }, ['a', 'a/b', 'a/b/c.md', 'a/b/d.js', 'a/e.md', 'ab.md']],
  [{ pattern: '*/b' }, ['a/b', 'a/b/c.md', 'a/b/d.js']],
  [{ pattern: '*.md' }, ['ab.md', 'f.md']],
  [{ pattern: 'a', excludes: ['**/*.md'] }, ['a', 'a/b', 'a/b/d.js']],
  [{ pattern: 'a', excludes: ['b'] }, ['a', 'a/e.md']],
  [{ pattern: 'a', excludes: ['a/b'] }, ['a', 'a/b', 'a/b/c.md', 'a/b/d.js', 'a/e.md']],
  [{ pattern: '*.md', excludes: ['f.md'] }, ['ab.md', 'f.md']],
  [{ pattern: 'a', excludes: ['**', '!b'] }, ['a', 'a/b', 'a/b/c.md', 'a/b/d.js', 'a/e.md']],
  [{ pattern: 'a/b/*.md', parents: true }, ['a', 'a/b', 'a/b/c.md']],
  [{ pattern: 'a/**/*.js', parents: true }, ['a', 'a/b', 'a/b/c.md', 'a/b/d.js', 'a/e.md']],
  [{ pattern: 'a', parents: true, excludes: ['a/b'] }, ['a', 'a/e.md']],
])('selects the paths that %j copies', (source, selected) => {
  const sources = [{ excludes: [], parents: false, ...source }];
  expect(PATHS.filter(selectionOf({ status: 'some', sources }).selects)).toEqual(selected);
});

test('several sources select the paths of each, and `all` selects every path', () => {
  const source = (pattern: string) => ({ pattern, excludes: [], parents: false });
  const some = { status: 'some', sources: [source('a/e.md'), source('g')] } as const;
  expect(PATHS.filter(selectionOf({ ...some, sources: [...some.sources] }).selects)).toEqual(['a/e.md', 'g/a/b']);
  expect(selectionOf({ status: 'all', reason: '' }).selects('x/y')).toBe(true);
});
