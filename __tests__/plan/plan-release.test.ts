import { planLabels } from '../../src/plan/plan-release.js';
import { COMMIT, planned, TWO } from './fixtures.js';
import { COMMIT as EVENT_COMMIT, pushOf, sourceOf as eventSource } from '../fixtures/github-events.js';

test('plans all images in the order of the configuration, with the same release tag', () => {
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

test('a plan is plain data, and the same facts give the same plan', () => {
  const { plan } = planned(TWO);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  expect(planned(TWO).plan).toEqual(plan);
});

test.each<[string, string, object, object]>([
  [
    'platforms of the run replace the configured ones',
    'platforms: linux/arm64',
    { platforms: ['linux/amd64'] },
    { platforms: ['linux/amd64'] },
  ],
  ['the configured platforms apply if the run has none', 'platforms: linux/arm64', {}, { platforms: ['linux/arm64'] }],
  ['no-cache of the run applies', 'target: a', { noCache: true }, { noCache: true, target: 'a' }],
  ['no-cache of the image applies', 'no-cache: true', {}, { noCache: true }],
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
] as const)('with repository visibility %s, provenance %s becomes %s', (visibility, provenance, expected) => {
  const yaml = `${TWO}attest: { provenance: ${provenance}, sbom: off }`;
  expect(planned(yaml, { source: { visibility } }).plan.images[0]?.attest).toEqual({
    provenance: expected,
    sbom: 'off',
  });
});

test('without a registry, images go to ghcr.io under the owner in lower case', () => {
  expect(planned('images: { api: }').plan.images[0]?.image).toBe('ghcr.io/acme/api');
});

test('reports an invalid tag rule at its place, with the image if it belongs to one', () => {
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
    ['is a warning in a run that would have pushed', {}, ['source/unconfirmed-commit']],
    ['is no warning in a run that only builds', { push: 'false' }, []],
  ])('a commit that is not known to be part of the branch %s', (_, request, expected) => {
    const source = { unconfirmed: 'commit 3370e228f220 is not part of branch main' };
    expect(planned(TWO, { source, request }).problems.map(({ code }) => code)).toEqual(expected);
  });

  test("images that aren't pushed can't collide", () => {
    const twins = 'registry: ghcr.io/acme\nimages: { api: { image: one }, web: { image: one } }';
    expect(planned(twins, { request: { push: 'false' } }).problems).toEqual([]);
  });
});

describe('the selected images', () => {
  test('are only those that are requested', () => {
    const { plan, selected } = planned(TWO, { request: { images: ['web'] } });
    expect(plan.images.map(({ key }) => key)).toEqual(['web']);
    expect(selected.map(({ key }) => key)).toEqual(['web']);
  });

  test('an unknown image is a problem with a suggestion', () => {
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

  test("an image that can't be planned is not in the plan, but still selected", () => {
    const { plan, selected, problems } = planned('registry: ghcr.io/acme\nimages: { api: { image: A }, web: }');
    expect(problems).toMatchObject([
      { code: 'image/invalid-name', image: 'api', place: { file: 'image-release.yml', line: 2, column: 25 } },
    ]);
    expect(plan.images.map(({ key }) => key)).toEqual(['web']);
    expect(selected.map(({ key }) => key)).toEqual(['api', 'web']);
  });

  test('two images with the same name and tag collide', () => {
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

test('labels and annotations follow the OCI specification', () => {
  expect(planLabels(request)).toEqual({ labels: described, annotations: described });
});

test('the title of each image is the last part of its name', () => {
  const titles = ['ghcr.io/acme-corp/acme-api', 'ghcr.io/acme-corp/acme-frontend', '127.0.0.1:5001/web'].map(
    (image) => planLabels({ ...request, image }).labels['org.opencontainers.image.title'],
  );
  expect(titles).toEqual(['acme-api', 'acme-frontend', 'web']);
});

test("labels and annotations don't depend on the current time", () => {
  const later = { ...request.source, now: request.source.now + 86_400 };
  expect(planLabels({ ...request, source: later })).toEqual(planLabels(request));
});

test('configured labels and annotations override, add and remove entries independently of each other', () => {
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

test('leaves out labels whose value is unknown', () => {
  const { url, description, license, ...known } = pushOf('refs/heads/main');
  expect([url, description, license]).not.toContain(undefined);
  expect(Object.keys(planLabels({ ...request, source: known }).labels)).toEqual([
    'org.opencontainers.image.created',
    'org.opencontainers.image.revision',
    'org.opencontainers.image.title',
    'org.opencontainers.image.version',
  ]);
});
