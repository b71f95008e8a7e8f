/** @programs docker */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeDocker } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';

describe('on this machine', () => {
  const home = mkdtempSync(join(tmpdir(), 'docker-facts-test-'));
  const { PATH, DOCKER_HOST, DOCKER_CONFIG } = process.env;
  const env = { PATH, HOME: home, DOCKER_HOST, DOCKER_CONFIG };
  afterAll(() => rm(home, { recursive: true, force: true }));

  test('finds the daemon, its image store, buildx with its abilities, and the builder', async () => {
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
        abilities: { allow: expect.any(Boolean), call: expect.any(Boolean) },
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

  test("inspects the named builder, and reports it as unusable if it doesn't exist", async () => {
    expect(await probeDocker({ env, run, builder: 'nope' })).toMatchObject({
      buildx: { builder: { status: 'unusable', message: expect.stringContaining('nope') } },
    });
  });
});
