/** @programs docker */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDockerDaemon, type LabDaemon } from '../../lab/docker-daemon.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import type { BuildxRequest } from '../../src/builders/buildx/buildx.js';
import type { ProgressEvent } from '../../src/builders/progress-events.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { UNDER_TAG } from './samples.js';

let bakery: Bakery;
let dir: string;
let daemon: LabDaemon;
const crashes: string[] = [];

beforeAll(async () => {
  bakery = await createBakery();
  dir = await createLabDirectory();
  daemon = await startDockerDaemon({ dir: join(dir, 'd'), onCrash: (story) => crashes.push(story) });
});
afterAll(async () => {
  await daemon.stop();
  await removeLabDirectory(dir);
  await bakery.close();
});

/** Starts a build with a slow step on the daemon, and calls `lose` in each attempt when the step prints its line. */
async function buildAndLose(lose: () => unknown) {
  const over: Partial<BuildxRequest> = { builder: UNDER_TAG, env: { ...bakery.site.env, DOCKER_HOST: daemon.host } };
  const mark = `${bakery.id}-${Math.random()}`;
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo under way ${mark} && sleep 2\n`);
  const told: string[] = [];
  const onProgress = (event: ProgressEvent) => event.type === 'output' && lose();
  const build = bakery.build([bakery.image('api')], { ...over, onProgress, say: (line) => told.push(line) });
  return { build, told };
}

const kill = async () => process.kill(Number(await readFile(join(dir, 'd/dockerd.pid'), 'utf8')), 'SIGKILL');

test('retries the build and warns if the daemon crashes once', async () => {
  let lost: Promise<unknown> | undefined;
  const { build, told } = await buildAndLose(() => (lost ??= kill()));
  const { images, warnings } = await build;
  expect(images[0]!.digest).toMatch(/^sha256:/);
  expect(told).toEqual(['The builder was lost while it built, so the build is tried again.']);
  expect(warnings).toMatchObject([
    { code: 'build/builder-lost', severity: 'warning', detail: expect.stringContaining('broke off') },
  ]);
  expect(crashes).toEqual([expect.stringContaining('dockerd ended with SIGKILL')]);
});

test('fails without a third attempt if the daemon crashes in each attempt', async () => {
  const { build, told } = await buildAndLose(kill);
  expect(await problemsOf(build)).toMatchObject([
    { code: 'build/builder-lost', message: 'Build: the connection to the builder broke off.' },
  ]);
  expect(told).toHaveLength(1);
});
