import { chooseBuildxBuilder, needsOf, type BuildNeeds } from '../../src/builders/buildx/buildx-builder.js';
import type { BuilderFacts, DockerFacts, DockerServer } from '../../src/facts/docker.js';
import { plannedImage, planOf } from './samples.js';
import { DOWN, NEEDS, SERVER } from './fixtures/choice.js';

const CLASSIC: DockerServer = { ...SERVER, imageStore: 'classic', storageDriver: 'overlay2' };
const PLAIN: BuildNeeds = { ...NEEDS, attestations: false };

function builder(driver: string, status = 'running'): BuilderFacts {
  const nodes = [{ name: 'node0', status, platforms: ['linux/amd64', 'linux/amd64/v2'] }];
  return { status: 'usable', name: 'mine', driver, nodes };
}

function facts(server: DockerServer, use: BuilderFacts, version = '0.13.1'): DockerFacts {
  return {
    docker: 'present',
    client: '26.1.5',
    server,
    buildx: {
      status: 'present',
      version,
      abilities: { allow: false, call: false },
      builder: use,
    },
    pod: false,
  };
}

function choose(world: DockerFacts, needs: BuildNeeds = NEEDS, name?: string) {
  return chooseBuildxBuilder({ facts: world, needs, settings: { type: 'buildx', ...(name && { name }) } });
}

test.each([
  ['a docker-container builder pushes by digest', 'docker-container', CLASSIC, 'by-digest'],
  ['a stopped docker-container builder is chosen, too', 'docker-container', CLASSIC, 'by-digest', 'stopped'],
  ['a kubernetes builder pushes by digest', 'kubernetes', CLASSIC, 'by-digest'],
  ['a remote builder needs no daemon', 'remote', DOWN, 'by-digest'],
  [
    'the docker driver with the containerd image store pushes under the release tag',
    'docker',
    SERVER,
    'under-release-tag',
  ],
])('%s', (_, driver, server, output, status = 'running') => {
  const verdict = choose(facts(server, builder(driver, status)));
  expect(verdict).toEqual({
    status: 'chosen',
    builder: { type: 'existing', name: 'mine', driver, output },
    abilities: { allow: false, call: false },
    warnings: [],
  });
});

test('a new builder replaces the docker driver, with either image store, if images must be pushed by digest', () => {
  for (const server of [SERVER, CLASSIC])
    expect(choose(facts(server, builder('docker')), { ...PLAIN, byDigest: true })).toMatchObject({
      builder: { type: 'new', output: 'by-digest', reason: expect.stringContaining("can't push by digest") },
    });
});

describe('the docker driver with the classic image store', () => {
  const world = facts(CLASSIC, builder('docker'));

  test('is chosen if the build needs no feature that it lacks', () => {
    expect(choose(world, PLAIN)).toMatchObject({
      builder: { type: 'existing', output: 'by-the-daemon' },
    });
  });

  test.each([
    ['attestations', NEEDS, /attestations/],
    ['several platforms', { ...PLAIN, manyPlatforms: true }, /several platforms/],
    ['cache export', { ...PLAIN, cacheExport: true }, /build cache/],
  ])('is replaced by a new docker-container builder for %s', (_, needs, reason) => {
    expect(choose(world, needs)).toMatchObject({
      builder: {
        type: 'new',
        driver: 'docker-container',
        output: 'by-digest',
        reason: expect.stringMatching(reason),
      },
    });
  });

  test('is replaced by a builder with the configured image, on the host network for a loopback registry', () => {
    const verdict = chooseBuildxBuilder({
      facts: world,
      needs: { ...NEEDS, loopbackRegistry: true },
      settings: { type: 'buildx', image: 'mirror.example.org/buildkit:1' },
    });
    expect(verdict).toMatchObject({
      builder: { nodes: [{ options: ['network=host', 'image=mirror.example.org/buildkit:1'] }] },
    });
  });
});

test.each<[string, DockerFacts, string, RegExp]>([
  ['a missing docker command', { docker: 'missing', pod: false }, 'build/docker-missing', /Install Docker/],
  ['a missing docker command in a pod', { docker: 'missing', pod: true }, 'build/docker-missing', /--driver remote/],
  [
    'a missing buildx plugin',
    {
      docker: 'present',
      client: '26',
      server: SERVER,
      buildx: { status: 'missing', message: 'm' },
      pod: false,
    },
    'build/buildx-missing',
    /Install the buildx plugin/,
  ],
  ['buildx 0.12', facts(SERVER, builder('docker'), 'v0.12.1'), 'build/buildx-missing', /0\.13 or newer/],
  ['an unreachable daemon', facts(DOWN, builder('docker')), 'build/daemon-unreachable', /DOCKER_HOST/],
  [
    'a builder that is unusable because the daemon is unreachable',
    facts(DOWN, { status: 'unusable', name: 'default', message: 'm' }),
    'build/daemon-unreachable',
    /Start the Docker daemon/,
  ],
  [
    'an unknown builder',
    facts(SERVER, { status: 'unusable', message: 'no builder "x" found' }),
    'build/builder-unusable',
    /buildx use/,
  ],
  [
    'a remote builder that is down',
    facts(DOWN, builder('remote', 'inactive')),
    'build/builder-unusable',
    /buildx inspect mine/,
  ],
])('reports %s as an error with a fix', (_, world, code, fix) => {
  const verdict = choose(world);
  expect(verdict).toMatchObject({
    status: 'impossible',
    problems: [{ code, severity: 'error', fix: expect.stringMatching(fix) }],
  });
});

test('the error names the configured builder, and its fix refers to the `builder` setting', () => {
  const verdict = choose(facts(SERVER, { status: 'unusable', message: 'no builder found' }), NEEDS, 'big');
  expect(verdict).toMatchObject({
    problems: [{ message: expect.stringContaining('big'), fix: expect.stringContaining('`builder`') }],
  });
});

test.each(['v0.0.0+unknown', '0.13.1+ds1', 'v0.29.1', 'v1.0.0', 'unknown'])('accepts buildx version %s', (version) => {
  expect(choose(facts(SERVER, builder('docker'), version)).status).toBe('chosen');
});

test("only warns about a platform that the builder doesn't run: cross-compiling needs no emulation", () => {
  const verdict = choose(facts(SERVER, builder('docker')), {
    ...NEEDS,
    platforms: ['linux/amd64', 'linux/arm64'],
  });
  expect(verdict).toMatchObject({
    status: 'chosen',
    warnings: [{ code: 'build/no-emulation', message: expect.stringContaining("doesn't run linux/arm64 itself") }],
  });
});

test('derives the needs of a build from the images and the publish mode of the plan', () => {
  const images = [
    plannedImage('api', {
      image: '127.0.0.1:5000/api',
      platforms: ['linux/amd64', 'linux/arm64'],
      cacheTo: ['type=gha'],
    }),
    plannedImage('web', { platforms: ['linux/amd64'] }),
  ];
  expect(needsOf(planOf(images))).toEqual({
    push: true,
    byDigest: false,
    attestations: true,
    platforms: ['linux/amd64', 'linux/arm64'],
    manyPlatforms: true,
    cacheExport: true,
    loopbackRegistry: true,
  });
  const buildOnly = needsOf(planOf(images, { mode: 'build-only', reason: 'a pull request' }));
  expect(buildOnly).toMatchObject({ push: false, attestations: false, loopbackRegistry: false });
});
