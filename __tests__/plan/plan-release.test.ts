import { planLabels } from '../../src/plan/plan-release.js';
import { COMMIT, planned, TWO } from './fixtures.js';
import { COMMIT as EVENT_COMMIT, pushOf, sourceOf as eventSource } from '../fixtures/github-events.js';

test('all images are planned, in the order of the configuration, with one release tag', () => {
  const { plan, problems } = planned(TWO);
  expect(problems).toEqual([]);
  expect(plan.publish).toEqual({ mode: 'push' });
  expect(plan.images).toMatchObject([
    { key: 'api', image: 'ghcr.io/acme/api', context: 'api', dockerfile: 'api/Dockerfile', status: 'build' },
    { key: 'web', image: 'ghcr.io/acme/web', context: 'site', dockerfile: 'site/Dockerfile' },
  ]);
  for (const image of plan.images) {
    expect(image.releaseTag).toBe('main-1a2b3c4');
    expect(image.tags).toContain(image.releaseTag);
    expect(image.labels).toMatchObject({ 'org.opencontainers.image.revision': COMMIT });
    expect(image.sourceDateEpoch).toBe(1_700_000_000);
  }
});

test('a plan is plain data: as JSON it is the same', () => {
  const { plan } = planned(TWO);
  expect(JSON.parse(JSON.stringify(plan.images))).toEqual(JSON.parse(JSON.stringify(plan)).images);
  expect(planned(TWO).plan).toEqual(plan);
});

test.each<[string, string, object, object]>([
  [
    'platforms of the run replace the configured ones',
    'platforms: linux/arm64',
    { platforms: ['linux/amd64'] },
    { platforms: ['linux/amd64'] },
  ],
  ['platforms are else the configured ones', 'platforms: linux/arm64', {}, { platforms: ['linux/arm64'] }],
  ['no-cache of the run counts', 'target: a', { noCache: true }, { noCache: true, target: 'a' }],
  ['no-cache of the image counts', 'no-cache: true', {}, { noCache: true }],
  [
    'tags of the image replace those of the release',
    'tags: type=raw,value=own-{{sha}}',
    {},
    { releaseTag: 'own-1a2b3c4' },
  ],
])('%s', (_, setting, request, expected) => {
  const yaml = `registry: ghcr.io/acme\nimages:\n  api:\n    ${setting}\n`;
  const { plan, problems } = planned(yaml, { request });
  expect(problems).toEqual([]);
  expect(plan.images).toMatchObject([expected]);
});

test.each([
  ['public', 'auto', 'max'],
  ['private', 'auto', 'min'],
  ['internal', 'auto', 'min'],
  [undefined, 'auto', 'min'],
  ['private', 'max', 'max'],
  ['public', 'off', 'off'],
] as const)('of a %s repository, provenance %s is %s', (visibility, provenance, expected) => {
  const yaml = `${TWO}attest: { provenance: ${provenance}, sbom: off }`;
  expect(planned(yaml, { source: { visibility } }).plan.images[0]?.attest).toEqual({
    provenance: expected,
    sbom: 'off',
  });
});

test('without a registry, images go to ghcr.io under the owner, in lower case', () => {
  expect(planned('images: { api: }').plan.images[0]?.image).toBe('ghcr.io/acme/api');
});

test('a bad rule is placed at the rule, with the image where it is its own', () => {
  const { problems } = planned(`${TWO}tags:\n  - type=sha\n  - type=nonsense\n`);
  expect(problems).toMatchObject([{ place: { line: 5 } }, { place: { line: 5 } }].slice(0, problems.length));
  expect(problems.length).toBeGreaterThan(0);
  const own = planned('registry: ghcr.io/acme\nimages:\n  api:\n    tags: [type=nonsense]\n').problems;
  expect(own).toMatchObject([{ image: 'api', place: { line: 4 } }]);
});

describe('whether images are pushed', () => {
  const pullRequest = (fork: boolean) => ({
    ref: { type: 'pull-request', number: 7, head: 'change', base: 'main', fork },
    event: { name: 'pull_request' },
  });
  test.each<[string, object, object, object]>([
    ['a push', {}, {}, { mode: 'push' }],
    ['a tag', { ref: { type: 'tag', name: 'v1.0.0' } }, {}, { mode: 'push' }],
    ['push: false', {}, { push: 'false' }, { mode: 'build-only', reason: 'push is off for this run' }],
    ['a pull request', pullRequest(false), {}, { mode: 'build-only', reason: expect.stringContaining('push: true') }],
    ['a pull request with push: true', pullRequest(false), { push: 'true' }, { mode: 'push' }],
    [
      'a fork, even with push: true',
      pullRequest(true),
      { push: 'true' },
      { mode: 'build-only', reason: expect.stringContaining('fork') },
    ],
    [
      'a commit that is not known to be part of the branch, even with push: true',
      { unconfirmed: 'commit 3370e228f220 is not part of branch main' },
      { push: 'true' },
      { mode: 'build-only', reason: 'commit 3370e228f220 is not part of branch main' },
    ],
    [
      "a merge queue's trial merge",
      { ref: { type: 'branch', name: 'gh-readonly-queue/main/pr-7-0123' } },
      {},
      { mode: 'build-only' },
    ],
  ])('%s', (_, source, request, expected) => {
    expect(planned(TWO, { source, request }).plan.publish).toMatchObject(expected);
  });

  test.each<[string, object, string[]]>([
    ['of a run that would have published', {}, ['source/unconfirmed-commit']],
    ['not of one that only builds', { push: 'false' }, []],
  ])('that a commit is not known to be part of the branch is a warning %s', (_, request, expected) => {
    const source = { unconfirmed: 'commit 3370e228f220 is not part of branch main' };
    expect(planned(TWO, { source, request }).problems.map(({ code }) => code)).toEqual(expected);
  });

  test('what is not pushed collides with nothing', () => {
    const twins = 'registry: ghcr.io/acme\nimages: { api: { image: one }, web: { image: one } }';
    expect(planned(twins, { request: { push: 'false' } }).problems).toEqual([]);
  });
});

describe('which images', () => {
  test('those that were asked for, whatever the order', () => {
    const { plan, selected } = planned(TWO, { request: { images: ['web'] } });
    expect(plan.images.map(({ key }) => key)).toEqual(['web']);
    expect(selected.map(({ key }) => key)).toEqual(['web']);
  });

  test('an unknown one is a problem with the name that was meant', () => {
    const { problems } = planned(TWO, { request: { images: ['wed', 'nothing-like-it'] } });
    expect(problems).toMatchObject([
      {
        code: 'input/invalid',
        message: 'There is no image wed in image-release.yml.',
        fix: 'Did you mean `web`?',
      },
      { code: 'input/invalid', fix: 'Use one of its images: api, web.' },
    ]);
  });

  test('one that can not be planned is left out of the plan, and still among those to look at', () => {
    const { plan, selected, problems } = planned('registry: ghcr.io/acme\nimages: { api: { image: A }, web: }');
    expect(problems).toMatchObject([
      { code: 'image/invalid-name', image: 'api', place: { file: 'image-release.yml', line: 2, column: 25 } },
    ]);
    expect(plan.images.map(({ key }) => key)).toEqual(['web']);
    expect(selected.map(({ key }) => key)).toEqual(['api', 'web']);
  });

  test('two under one name and tag collide', () => {
    const { problems } = planned('registry: ghcr.io/acme\nimages: { api: { image: one }, web: { image: one } }');
    expect(problems.map(({ code }) => code)).toContain('tags/collision');
  });
});

const request = {
  ...{ image: 'ghcr.io/acme-corp/acme-api', source: eventSource('push-branch'), releaseTag: 'main-860c190' },
  ...{ labels: {}, annotations: {} },
};

const described = {
  'org.opencontainers.image.created': '2025-03-02T08:15:30Z',
  'org.opencontainers.image.description': 'Shop of the Acme corporation',
  'org.opencontainers.image.licenses': 'Apache-2.0',
  'org.opencontainers.image.revision': EVENT_COMMIT,
  'org.opencontainers.image.source': 'https://github.com/Acme-Corp/Shop',
  'org.opencontainers.image.title': 'acme-api',
  'org.opencontainers.image.url': 'https://github.com/Acme-Corp/Shop',
  'org.opencontainers.image.version': 'main-860c190',
};

test('labels and annotations describe the image after the OCI specification', () => {
  expect(planLabels(request)).toEqual({ labels: described, annotations: described });
});

test('lesson 14: two images of one repository have titles of their own', () => {
  const titles = ['ghcr.io/acme-corp/acme-api', 'ghcr.io/acme-corp/acme-frontend', '127.0.0.1:5001/web'].map(
    (image) => planLabels({ ...request, image }).labels['org.opencontainers.image.title'],
  );
  expect(titles).toEqual(['acme-api', 'acme-frontend', 'web']);
});

test('need 10: nothing depends on the clock, so a second build of the commit has the same labels', () => {
  const later = { ...request.source, now: request.source.now + 86_400 };
  expect(planLabels({ ...request, source: later })).toEqual(planLabels(request));
});

test('labels and annotations of the configuration override, add and remove, each for itself', () => {
  const { labels, annotations } = planLabels({
    ...request,
    labels: {
      'org.opencontainers.image.title': 'API',
      'org.opencontainers.image.url': '',
      maintainer: 'shop',
    },
    annotations: { 'org.opencontainers.image.vendor': 'Acme' },
  });
  const { 'org.opencontainers.image.url': _, ...rest } = described;
  expect(labels).toEqual({ ...rest, 'org.opencontainers.image.title': 'API', maintainer: 'shop' });
  expect(annotations).toEqual({ ...described, 'org.opencontainers.image.vendor': 'Acme' });
});

test('what is not known is left out rather than left empty', () => {
  const { url, description, license, ...known } = pushOf('refs/heads/main');
  expect([url, description, license]).not.toContain(undefined);
  expect(Object.keys(planLabels({ ...request, source: known }).labels)).toEqual([
    'org.opencontainers.image.created',
    'org.opencontainers.image.revision',
    'org.opencontainers.image.title',
    'org.opencontainers.image.version',
  ]);
});
