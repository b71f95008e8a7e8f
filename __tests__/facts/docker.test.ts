import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeDocker, readInspect } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';

describe('the output of buildx inspect', () => {
  test('is read for a builder with several nodes', () => {
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
  ])('shows an unusable builder: %j, %j', (stdout, stderr, name, message) => {
    expect(readInspect(stdout, stderr)).toEqual({ status: 'unusable', name, message });
  });
});

describe('on this machine', () => {
  test('reports a missing docker, and a missing buildx', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'docker-facts-test-'));
    try {
      expect(await probeDocker({ env: { PATH: bin, KUBERNETES_SERVICE_HOST: '10.0.0.1' }, run })).toEqual({
        docker: 'missing',
        pod: true,
      });
      await writeFile(join(bin, 'docker'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      expect(await probeDocker({ env: { PATH: bin }, run })).toMatchObject({
        docker: 'present',
        server: { status: 'unreachable' },
        buildx: { status: 'missing' },
      });
    } finally {
      await rm(bin, { recursive: true, force: true });
    }
  });

  test.each([
    ['0.13.1+ds1', '', { allow: false, call: false }],
    ['v0.15.1', '', { allow: false, call: false }],
    ['v0.16.0', 'Usage:  docker buildx bake\n  --call string', { allow: false, call: true }],
    ['v0.18.0', 'Usage:  docker buildx bake\n  --allow a\n  --call s', { allow: true, call: true }],
    ['v0.20.0', '', { allow: true, call: true }],
    ['v1.0.0', '', { allow: true, call: true }],
    ['v0.0.0+unknown', 'Usage:  docker buildx bake\n  --allow a', { allow: true, call: false }],
  ])('derives the abilities of buildx %s from its version, or from its help text', async (Version, help, abilities) => {
    const bin = await mkdtemp(join(tmpdir(), 'docker-facts-test-'));
    try {
      const info = JSON.stringify({ ClientInfo: { Plugins: [{ Name: 'buildx', Version }] } });
      const script = `#!/bin/sh\ncase "$*" in info*) echo '${info}';; *--help) echo '${help}';; *) exit 1;; esac\n`;
      await writeFile(join(bin, 'docker'), script, { mode: 0o755 });
      expect(await probeDocker({ env: { PATH: bin }, run })).toMatchObject({
        buildx: { status: 'present', version: Version, abilities },
      });
    } finally {
      await rm(bin, { recursive: true, force: true });
    }
  });
});
