import { readFileSync } from 'node:fs';
import { defaultTagRules, movingTagsOf, planTags } from '../../src/plan/tags.js';
import { COMMIT, pushOf, sourceOf, type EventName } from '../fixtures/github-events.js';
import { plan, tagsOf } from './planned-tags.js';

describe('without configured rules', () => {
  test.each<[EventName, string[]]>([
    ['push-branch', ['main-860c190', '~latest']],
    ['push-feature', ['feature-price-1245-860c190']],
    ['push-tag', ['1.2.3', '~1.2', '~1']],
    ['workflow-dispatch', ['main-860c190', '~latest']],
    ['schedule', ['main-860c190', '~latest']],
    ['pull-request', ['pr-15-a9c8c58']],
    ['pull-request-fork', ['pr-15-a9c8c58']],
    ['release-published', ['1.2.3', '~1.2', '~1']],
    ['merge-group', ['gh-readonly-queue-main-pr-15-266574110acf203503badf966df2ea24b5d732d7-2ffea6d']],
  ])('%s gives %j', (event, expected) => {
    expect(tagsOf(sourceOf(event))).toEqual(expected);
  });

  test.each<[string, string[]]>([
    ['v0.4.1', ['0.4.1', '~0.4']],
    ['v2.0.8-beta.67', ['2.0.8-beta.67']],
    ['1.2.3', ['1.2.3', '~1.2', '~1']],
    ['v1.2', ['sha-860c190']],
    ['nightly', ['sha-860c190']],
  ])('the git tag %s gives %j', (tag, expected) => {
    expect(tagsOf(pushOf(`refs/tags/${tag}`))).toEqual(expected);
  });

  test('a commit on no branch gives its sha', () => {
    expect(tagsOf({ ...sourceOf('push-branch'), ref: { type: 'commit' } })).toEqual(['sha-860c190']);
  });

  test('docs/tags.md shows the rules that apply', () => {
    const page = readFileSync(new URL('../../docs/tags.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/^  - (type=[^\s#]+)/gm)].map(([, rule]) => rule);
    expect(shown).toEqual(defaultTagRules({ type: 'tag', name: 'v1.2.3' }));
  });

  test('latest=auto, asked for, moves latest with version tags too', () => {
    expect(tagsOf(sourceOf('push-tag'), [], ['latest=auto'])).toEqual(['1.2.3', '~1.2', '~1', '~latest']);
  });
});

describe('the release tag', () => {
  test.each<[string, string[], string]>([
    ['the whole version before the sha', ['type=sha', 'type=semver,pattern={{version}}'], '1.2.3'],
    [
      'what the user gives the higher priority',
      ['type=sha,priority=950', 'type=semver,pattern={{version}}'],
      'sha-860c190',
    ],
    ['never a shortened version', ['type=semver,pattern={{major}}.{{minor}}'], 'sha-860c190'],
    [
      'never a version that the configuration fixes',
      ['type=semver,pattern={{version}},value=v3.0.0'],
      'sha-860c190',
    ],
    ['a version taken from the tag', ['type=semver,pattern={{version}},value={{tag}}'], '1.2.3'],
    ['a raw rule with the sha', ['type=raw,value=build-{{sha}}', 'foo'], 'build-860c190'],
    ['a raw rule with the commit written out', [`type=raw,value=build-${COMMIT}`], `build-${COMMIT}`],
    ['the git tag itself', ['type=ref,event=tag', 'type=edge'], 'v1.2.3'],
  ])('is %s', (_, rules, expected) => {
    expect(plan(sourceOf('push-tag'), rules).releaseTag).toBe(expected);
  });

  test.each<[string, string, string]>([
    ['v1.2.3-beta.1', 'type=match,pattern=v(\\d+.\\d+.\\d+),group=1', 'sha-860c190'],
    ['v1.2.3-4', 'type=match,pattern=v.*-(\\d+),group=1', 'sha-860c190'],
    ['api/v1.2.3', 'type=semver,pattern={{version}},match=api/v(.*)', '1.2.3'],
    ['web/v1.2.3', 'type=semver,pattern={{version}},match=v(.*)', 'sha-860c190'],
    ['release-1.2.3', 'type=match,pattern=release-(.*),group=1', '1.2.3'],
    ['v1.2.3+build.5', 'type=semver,pattern={{version}}', 'sha-860c190'],
    ['v1.2.3+build.5', 'type=semver,pattern={{raw}}', 'v1.2.3-build.5'],
  ])('of %s by %s is %s: two git tags never share it', (tag, rule, expected) => {
    expect(plan(pushOf(`refs/tags/${tag}`), [rule]).releaseTag).toBe(expected);
  });

  test('is not a tag that another rule would move', () => {
    const rules = ['type=pep440,pattern={{version}}', 'type=pep440,pattern={{major}}.{{minor}}'];
    expect(tagsOf(pushOf('refs/tags/1.2'), rules)).toEqual(['sha-860c190', '~1.2', '~latest']);
  });

  test('is never the name of a branch that happens to hold the sha', () => {
    expect(tagsOf(pushOf('refs/heads/fix-860c190'), ['type=ref,event=branch'])).toEqual([
      'sha-860c190',
      '~fix-860c190',
    ]);
  });

  test('has the suffix of its variant, so that two variants of one image do not meet', () => {
    expect(plan(sourceOf('push-branch'), ['foo'], ['suffix=-alpine']).releaseTag).toBe('sha-860c190-alpine');
    expect(plan(sourceOf('push-tag'), ['foo'], ['suffix=-{{branch}}']).releaseTag).toBe('sha-860c190');
  });
});

test('tags that are asked for come besides those of the rules, move, and never name the release', () => {
  const source = sourceOf('push-branch');
  const place = () => ({ file: 'tags' });
  const { tags, releaseTag } = planTags({
    rules: [],
    extraTags: ['next', 'latest'],
    flavor: [],
    source,
    place,
  });
  expect(tags.map(({ value }) => value)).toEqual(['main-860c190', 'latest', 'next']);
  expect(releaseTag).toBe('main-860c190');
  expect(movingTagsOf(tags)).toEqual({ latest: 'commit', next: 'commit' });
});
