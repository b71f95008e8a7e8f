import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { buildImages } from '../../src/build/buildx.js';
import { probeDocker } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';
import { findNewerPrograms } from '../stories/newer-docker-stage.js';
import { presentBuildx } from './daemon.js';
import { plannedImage, planOf } from './samples.js';

const found = await findNewerPrograms();
const lab = labFromEnvironment();

const [story, why] =
  found.status === 'here' ? [describe, ''] : [describe.skip, ` (none to be had: ${found.reason})`];

story(`a newer buildx on an older daemon${why}`, () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const at = (path: string) => join(folder, path);

  beforeAll(async () => {
    if (found.status !== 'here') return;
    folder = await mkdtemp(join(tmpdir(), 'newer-buildx-'));
    for (const path of ['repository/api', 'outside/shared', 'docker', 'temp']) {
      await mkdir(at(path), { recursive: true });
    }
    await symlink(found.programs.plugins, at('docker/cli-plugins'));
    await writeFile(at('outside/token'), 'opens nothing');
    await writeFile(at('outside/shared/prices'), 'bread 3\n');
    await symlink(at('outside/shared'), at('repository/shared'));
    await writeFile(
      at('repository/api.Dockerfile'),
      `FROM ${lab.baseBusybox}\nCOPY --from=shared prices /\nRUN --mount=type=secret,id=token test -s /run/secrets/token\n`,
    );
    env = {
      PATH: `${found.programs.path}:${process.env['PATH']}`,
      HOME: folder,
      DOCKER_CONFIG: at('docker'),
      DOCKER_HOST: lab.dockerHost,
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Plain progress: with rawjson, buildx 0.29 lets everything be read without asking. */
  const build = (allow: boolean) =>
    buildImages({
      plan: planOf(
        [
          plannedImage('api', {
            dockerfile: 'api.Dockerfile',
            contexts: { shared: 'shared' },
            secrets: [{ id: 'token', file: at('outside/token') }],
            noCache: true,
          }),
        ],
        { mode: 'build-only', reason: 'asked for' },
      ),
      builder: { type: 'existing', name: 'default', driver: 'docker', output: 'under-release-tag' },
      abilities: { rawProgress: false, allow },
      root: at('repository'),
      env,
      temp: at('temp'),
      redact: (text) => text,
    });

  test('has its abilities found', async () => {
    expect(presentBuildx(await probeDocker({ env, run }))).toMatchObject({
      abilities: { rawProgress: true, allow: true },
      builder: { status: 'usable', name: 'default', driver: 'docker' },
    });
  });

  test('is allowed to read what the plan reads outside of the repository, and that is enough', async () => {
    const { images } = await build(true);
    expect(images).toMatchObject([{ key: 'api', pushed: 'no' }]);
    await expect(build(false)).rejects.toThrow('additional privileges requested');
  });
});
