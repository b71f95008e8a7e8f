import { COMMIT } from './project.js';
import { planned, TWO } from './planned-release.js';

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
