import { commitTagsOf } from '../../src/plan/commit-tags.js';
import { sourceOf, tagsOf } from './fixtures.js';

test.each<[what: string, rules: string[], flavor: string[], names: string[], others: string[]]>([
  [
    'the default rules',
    [],
    [],
    ['main-1a2b3c4', 'main-1a2b3c4-r2', 'feature-x-1a2b3c4', 'pr-15-1a2b3c4', 'sha-1a2b3c4'],
    ['latest', '1', '1.2', '1.2.3', '2.0.8-beta.67', '2.0.8-1234567', 'pr-15', 'nightly', 'main', 'main-1a2b3c4-debug'],
  ],
  [
    'fixed text and long commits',
    ['type=sha,format=long,prefix=build.'],
    [],
    [`build.${'a'.repeat(40)}`],
    ['buildx' + 'a'.repeat(40), 'main-1a2b3c4'],
  ],
  [
    'a flavor',
    ['type=sha', 'type=ref,event=branch'],
    ['suffix=-alpine'],
    ['sha-1a2b3c4-alpine'],
    ['main-alpine', 'sha-1a2b3c4'],
  ],
  ['an expression in a value', ["type=raw,value={{date 'YYYYMMDD'}}-{{sha}}"], [], ['20260101-1a2b3c4'], ['20260101']],
  [
    'versions that contain a commit',
    ['type=semver,pattern={{version}},suffix=-{{sha}}'],
    [],
    [],
    ['1.2.3-1a2b3c4', '1.2-1a2b3c4'],
  ],
])('distinguishes tags that name a commit from all others with %s', (_, rules, flavor, names, others) => {
  const isCommitTag = commitTagsOf(rules, flavor);
  expect(names.filter((tag) => !isCommitTag(tag))).toEqual([]);
  expect(others.filter((tag) => isCommitTag(tag))).toEqual([]);
});

test.each([
  sourceOf(),
  sourceOf({ ref: { type: 'branch', name: 'feature/price#1245' } }),
  sourceOf({ ref: { type: 'pull-request', number: 15, fork: false, base: 'main', head: 'x' } } as never),
])('recognizes the default release tag, but no moving tag', (source) => {
  const [release = '', ...moving] = tagsOf(source);
  expect([release, ...moving].map((tag) => commitTagsOf([], [])(tag))).toEqual([true, ...moving.map(() => false)]);
});
