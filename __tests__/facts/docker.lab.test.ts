/** @programs docker */
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../lab/root-filesystem.js';
import { probeDocker, readInspect } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';

describe('what buildx inspect says', () => {
  test('a builder with several nodes', () => {
    const text = `Name:          big
Driver:        kubernetes
Last Activity: 2026-01-01 00:00:00 +0000 UTC

Nodes:
Name:                  big0
Endpoint:              kubernetes:///big?deployment=x
Status:                running
BuildKit daemon flags: --allow-insecure-entitlement=network.host
BuildKit version:      v0.20.0
Platforms:             linux/amd64*, linux/386
Labels:
 org.mobyproject.buildkit.worker.executor:         oci
GC Policy rule#0:
 All:           false
 Keep Duration: 48h0m0s

Name:     big1
Endpoint: kubernetes:///big?deployment=y
Status:   inactive
`;
    expect(readInspect(text, '')).toEqual({
      status: 'usable',
      name: 'big',
      driver: 'kubernetes',
      nodes: [
        { name: 'big0', status: 'running', platforms: ['linux/amd64', 'linux/386'], version: 'v0.20.0' },
        { name: 'big1', status: 'inactive', platforms: [], version: undefined },
      ],
    });
  });

  test.each([
    ['', 'ERROR: no builder "nope" found\n', undefined, 'no builder "nope" found'],
    [
      'Name:          default\nDriver:        \nLast Activity: x\nError:         Cannot connect to the Docker daemon\n',
      '',
      'default',
      'Cannot connect to the Docker daemon',
    ],
    [
      'Name:   mine\nDriver: docker-container\n\nNodes:\nName:     mine0\nEndpoint: gone\nError:    context not found\n',
      '',
      'mine',
      'context not found',
    ],
  ])('%j, %j is unusable', (stdout, stderr, name, message) => {
    expect(readInspect(stdout, stderr)).toEqual({ status: 'unusable', name, message });
  });
});

describe('on this machine', () => {
  const home = mkdtempSync(join(tmpdir(), 'docker-facts-test-'));
  const { PATH, DOCKER_HOST, DOCKER_CONFIG } = process.env;
  const env = { PATH, HOME: home, DOCKER_HOST, DOCKER_CONFIG };
  afterAll(() => rm(home, { recursive: true, force: true }));

  test('daemon, image store, buildx, builder and abilities are found', async () => {
    expect(await probeDocker({ env, run })).toEqual({
      docker: 'present',
      client: expect.stringMatching(/^\d+\./),
      server: {
        status: 'ready',
        version: expect.stringMatching(/^\d+\./),
        id: expect.any(String),
        imageStore: 'containerd',
        storageDriver: expect.any(String),
        rootDirectory: expect.stringMatching(/^\//),
        platform: expect.stringMatching(/^linux\//),
      },
      buildx: {
        status: 'present',
        version: expect.stringMatching(/\d+\.\d+/),
        abilities: { rawProgress: true, allow: expect.any(Boolean) },
        builder: {
          status: 'usable',
          name: 'default',
          driver: 'docker',
          nodes: [expect.objectContaining({ status: 'running' })],
        },
      },
      pod: false,
    });
  });

  test('a daemon that is down is reported in its own words, and so is its builder', async () => {
    const facts = await probeDocker({ env: { ...env, DOCKER_HOST: 'tcp://127.0.0.1:9' }, run });
    expect(facts).toMatchObject({
      docker: 'present',
      server: { status: 'unreachable', message: expect.stringContaining('tcp://127.0.0.1:9') },
      buildx: { status: 'present', builder: { status: 'unusable' } },
    });
  });

  test.each([
    ['BUILDX_BUILDER', { env: { ...env, BUILDX_BUILDER: 'nope' }, run }],
    ['the name given', { env, run, builder: 'nope' }],
  ])('%s decides which builder is looked at', async (_, probe) => {
    expect(await probeDocker(probe)).toMatchObject({
      buildx: { builder: { status: 'unusable', message: expect.stringContaining('nope') } },
    });
  });

  test('docker without buildx, and no docker at all', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'docker-facts-test-'));
    try {
      expect(await probeDocker({ env: { PATH: bin, KUBERNETES_SERVICE_HOST: '10.0.0.1' }, run })).toEqual({
        docker: 'missing',
        pod: true,
      });
      await symlink(await findProgram('false'), join(bin, 'docker'));
      expect(await probeDocker({ env: { PATH: bin }, run })).toMatchObject({
        docker: 'present',
        server: { status: 'unreachable' },
        buildx: { status: 'missing' },
      });
    } finally {
      await rm(bin, { recursive: true, force: true });
    }
  });
});
