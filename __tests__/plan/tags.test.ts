import { readFileSync } from 'node:fs';
import { defaultTagRules, findTagCollisions, movingTagsOf, planTags } from '../../src/plan/tags.js';
import { COMMIT, EVENT_NAMES, type EventName, pushOf, sourceOf } from '../fixtures/github-events.js';
import { planTagsOf, TAG, tagsOf } from './fixtures.js';
import type { Source } from '../../src/facts/source.js';

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

  test('docs/tags.md shows the default rules', () => {
    const page = readFileSync(new URL('../../docs/tags.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/^  - (type=[^\s#]+)/gm)].map(([, rule]) => rule);
    expect(shown).toEqual(defaultTagRules({ type: 'tag', name: 'v1.2.3' }));
  });

  test('`latest=auto` moves latest with version tags too', () => {
    expect(tagsOf(sourceOf('push-tag'), [], ['latest=auto'])).toEqual(['1.2.3', '~1.2', '~1', '~latest']);
  });
});

describe('the release tag', () => {
  test.each<[string, string[], string]>([
    ['the full version in preference to the sha', ['type=sha', 'type=semver,pattern={{version}}'], '1.2.3'],
    ['the tag with the higher priority', ['type=sha,priority=950', 'type=semver,pattern={{version}}'], 'sha-860c190'],
    ['never a shortened version', ['type=semver,pattern={{major}}.{{minor}}'], 'sha-860c190'],
    [
      'never a version that is fixed in the configuration',
      ['type=semver,pattern={{version}},value=v3.0.0'],
      'sha-860c190',
    ],
    ['a version taken from the git tag', ['type=semver,pattern={{version}},value={{tag}}'], '1.2.3'],
    ['the tag of a raw rule with the sha', ['type=raw,value=build-{{sha}}', 'foo'], 'build-860c190'],
    ['the tag of a raw rule with the full commit', [`type=raw,value=build-${COMMIT}`], `build-${COMMIT}`],
    ['the git tag itself', ['type=ref,event=tag', 'type=edge'], 'v1.2.3'],
  ])('is %s', (_, rules, expected) => {
    expect(planTagsOf(sourceOf('push-tag'), rules).releaseTag).toBe(expected);
  });

  test.each<[string, string, string]>([
    ['v1.2.3-beta.1', 'type=match,pattern=v(\\d+.\\d+.\\d+),group=1', 'sha-860c190'],
    ['v1.2.3-4', 'type=match,pattern=v.*-(\\d+),group=1', 'sha-860c190'],
    ['api/v1.2.3', 'type=semver,pattern={{version}},match=api/v(.*)', '1.2.3'],
    ['web/v1.2.3', 'type=semver,pattern={{version}},match=v(.*)', 'sha-860c190'],
    ['release-1.2.3', 'type=match,pattern=release-(.*),group=1', '1.2.3'],
    ['v1.2.3+build.5', 'type=semver,pattern={{version}}', 'sha-860c190'],
    ['v1.2.3+build.5', 'type=semver,pattern={{raw}}', 'v1.2.3-build.5'],
  ])('for git tag %s with rule %s is %s, so that two git tags never share it', (tag, rule, expected) => {
    expect(planTagsOf(pushOf(`refs/tags/${tag}`), [rule]).releaseTag).toBe(expected);
  });

  test('is not a tag that another rule would move', () => {
    const rules = ['type=pep440,pattern={{version}}', 'type=pep440,pattern={{major}}.{{minor}}'];
    expect(tagsOf(pushOf('refs/tags/1.2'), rules)).toEqual(['sha-860c190', '~1.2', '~latest']);
  });

  test('is never the name of a branch that contains the sha', () => {
    expect(tagsOf(pushOf('refs/heads/fix-860c190'), ['type=ref,event=branch'])).toEqual([
      'sha-860c190',
      '~fix-860c190',
    ]);
  });

  test("has the suffix of its variant, if it isn't empty", () => {
    expect(planTagsOf(sourceOf('push-branch'), ['foo'], ['suffix=-alpine']).releaseTag).toBe('sha-860c190-alpine');
    expect(planTagsOf(sourceOf('push-tag'), ['foo'], ['suffix=-{{branch}}']).releaseTag).toBe('sha-860c190');
  });
});

test('extra tags are added to those of the rules, move, and are never the release tag', () => {
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

describe('tags that registries would reject', () => {
  const long = `feature/${'a-very-long-name/'.repeat(12)}end`;

  test.each([
    'type=sha,prefix={{branch}}-',
    'type=raw,value={{branch}}-{{sha}}-{{branch}}',
    'type=raw,value=x,prefix={{branch}}-,suffix=-{{sha}}',
  ])('shortens a long branch name and keeps the sha: %s', (rule) => {
    const { releaseTag, tags } = planTagsOf(pushOf(`refs/heads/${long}`), [rule]);
    expect(releaseTag).toMatch(TAG);
    expect(releaseTag).toContain('860c190');
    expect(releaseTag).toMatch(/^feature-a-very-long-name-/);
    expect(tags).toHaveLength(1);
  });

  test('two long branch names with the same beginning get different tags', () => {
    const rules = ['type=ref,event=branch'];
    const one = tagsOf(pushOf(`refs/heads/${long}1`), rules)[1];
    const other = tagsOf(pushOf(`refs/heads/${long}2`), rules)[1];
    expect(one).toHaveLength(129); // `~` and 128 characters
    expect(one).not.toBe(other);
  });

  test.each<[string, string]>([
    ['#123-fix', '123-fix-860c190'],
    ['фича', '860c190'],
    ['a//b  c', 'a-b-c-860c190'],
    ['.x', 'x-860c190'],
  ])('branch %s gives %s', (branch, expected) => {
    expect(tagsOf(pushOf(`refs/heads/${branch}`), ['type=sha,prefix={{branch}}-'])).toEqual([expected]);
  });

  test('reports fixed text that is too long at its place', () => {
    const { problems, releaseTag } = planTagsOf(sourceOf('push-branch'), ['type=edge', 'x'.repeat(129)]);
    expect(problems).toMatchObject([{ code: 'tags/invalid', place: { file: 'tags.1' } }]);
    expect(releaseTag).toBe('sha-860c190');
  });

  test('a rule with an empty value gives no tag', () => {
    expect(tagsOf(sourceOf('push-branch'), ['type=raw,value='])).toEqual(['sha-860c190']);
  });
});

describe('tags by event', () => {
  const rules = ['type=sha,prefix={{branch}}-', 'type=raw,value=latest,enable={{is_default_branch}}'];

  test.each(EVENT_NAMES)("for %s, exactly one of the pushed tags is the release tag, which doesn't move", (event) => {
    for (const configured of [[], rules, ['type=edge'], ['type=ref,event=branch', 'type=ref,event=pr']]) {
      const { tags, releaseTag } = planTagsOf(sourceOf(event), configured);
      expect(tags.filter(({ value }) => value === releaseTag)).toEqual([{ value: releaseTag }]);
      expect(tags.every(({ value }) => TAG.test(value))).toBe(true);
    }
  });

  test.each<[EventName, string]>([
    ['pull-request', 'sha-a9c8c58'],
    ['push-tag', 'sha-860c190'],
  ])('for %s, leaves out a rule whose template is empty, and still has a release tag', (event, tag) => {
    const { tags, releaseTag } = planTagsOf(sourceOf(event), ['type=sha,prefix={{branch}}-']);
    expect(tags).toEqual([{ value: tag }]);
    expect(releaseTag).toBe(tag);
  });

  test('for a git tag, the release tag is the version', () => {
    const { releaseTag, tags } = planTagsOf(sourceOf('push-tag'), ['type=semver,pattern={{version}}', ...rules]);
    expect(releaseTag).toBe('1.2.3');
    expect(tags).toContainEqual({ value: '1.2.3' });
  });

  test('without a known default branch, rules that depend on it give no tag', () => {
    const bare: Source = {
      ...{ commit: COMMIT, commitTime: 1, now: 2, event: { name: 'manual' } },
      ref: { type: 'branch', name: 'main' },
    };
    expect(tagsOf(bare, ['type=edge', 'type=edge,branch=main', ...rules])).toEqual(['main-860c190', '~edge']);
    expect(tagsOf(bare, ['type=edge'])).toEqual(['sha-860c190']);
  });

  test.each<EventName>(['workflow-dispatch', 'schedule'])(
    'for %s, the tags are those of a push to the same branch',
    (event) => {
      expect(tagsOf(sourceOf(event), rules)).toEqual(tagsOf(sourceOf('push-branch'), rules));
    },
  );
});

describe('the order of moving tags', () => {
  const ordersOf = (source: Source, rules?: string[], flavor?: string[]) =>
    movingTagsOf(planTagsOf(source, rules, flavor).tags);

  const none = ['latest=false'];
  test.each<[string, Record<string, string>, string[], string[]]>([
    ['v1.2.3', { '1.2': 'version', '1': 'version' }, [], []],
    ['v1.2.3', { '1.2': 'version', '1': 'version', latest: 'version' }, [], ['latest=auto']],
    ['v1.2.3', { '1': 'version', stable: 'commit' }, ['type=semver,pattern={{major}}', 'type=raw,value=stable'], none],
    ['app-1.2', { '1': 'version' }, ['type=match,pattern=app-(\\d),group=1'], none],
  ])('for git tag %s is %j', (tag, expected, rules, flavor) => {
    expect(ordersOf(pushOf(`refs/tags/${tag}`), rules, flavor)).toEqual(expected);
  });

  test('for a branch is by commit', () => {
    expect(ordersOf(sourceOf('push-branch'))).toEqual({ latest: 'commit' });
  });
});

describe('collisions', () => {
  const image = 'ghcr.io/acme/api';

  test('two images with several common references are reported once', () => {
    const problems = findTagCollisions([
      { key: 'api', image, tags: ['main-860c190', 'latest'] },
      { key: 'alpine', image, tags: ['main-860c190', 'latest'] },
    ]);
    expect(problems).toMatchObject([{ code: 'tags/collision', image: 'alpine' }]);
    expect(problems[0]?.message).toContain('ghcr.io/acme/api:main-860c190');
  });

  test("variants with different suffixes don't collide", () => {
    const variants = [
      { key: 'api', image, tags: ['main-860c190'] },
      { key: 'alpine', image, tags: ['main-860c190-alpine'] },
      { key: 'web', image: 'ghcr.io/acme/web', tags: ['main-860c190'] },
    ];
    expect(findTagCollisions(variants)).toEqual([]);
  });
});
