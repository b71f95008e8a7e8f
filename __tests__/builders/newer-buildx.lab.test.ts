import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { buildImages } from '../../src/builders/buildx/buildx.js';
import { loadConfig } from '../../src/config/load.js';
import { loadBakeImages } from '../../src/facts/bake-file.js';
import { probeDocker } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';
import { findNewerPrograms } from '../stories/newer-docker-stage.js';
import { presentBuildx } from './daemon.js';
import { plannedImage, planOf } from './samples.js';

const found = await findNewerPrograms();
const lab = labFromEnvironment();

/** A docker wrapper for plain progress: with rawjson, buildx 0.29 allows reading every path. */
const PLAIN_PROGRESS = `#!/bin/sh
for arg; do
  shift
  [ "$arg" = --progress=rawjson ] && arg=--progress=plain
  set -- "$@" "$arg"
done
PATH="\${PATH#*:}" exec docker "$@"
`;

const [story, why] = found.status === 'here' ? [describe, ''] : [describe.skip, ` (not available: ${found.reason})`];

story(`a newer buildx with an older daemon${why}`, () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const at = (path: string) => join(folder, path);

  beforeAll(async () => {
    if (found.status !== 'here') return;
    folder = await mkdtemp(join(tmpdir(), 'newer-buildx-'));
    for (const path of ['repository/api', 'outside/shared', 'docker', 'temp', 'bin']) {
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
    await writeFile(at('bin/docker'), PLAIN_PROGRESS, { mode: 0o755 });
    env = {
      PATH: `${at('bin')}:${found.programs.path}:${process.env['PATH']}`,
      HOME: folder,
      DOCKER_CONFIG: at('docker'),
      DOCKER_HOST: lab.dockerHost,
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const api = () =>
    plannedImage('api', {
      dockerfile: 'api.Dockerfile',
      contexts: { shared: 'shared' },
      secrets: [{ id: 'token', file: at('outside/token') }],
      noCache: true,
    });

  const build = (allow: boolean, image = api()) =>
    buildImages({
      plan: planOf([image], { mode: 'build-only', reason: 'asked for' }),
      builder: { type: 'existing', name: 'default', driver: 'docker', output: 'under-release-tag' },
      abilities: { allow, call: false },
      root: at('repository'),
      env,
      temp: at('temp'),
      redact: (text) => text,
      ...{ say: () => {}, onProgress: () => {}, signal: new AbortController().signal },
    });

  test('is detected with its abilities', async () => {
    expect(presentBuildx(await probeDocker({ env, run }))).toMatchObject({
      abilities: { allow: true, call: true },
      builder: { status: 'usable', name: 'default', driver: 'docker' },
    });
  });

  test('can read the paths of the plan outside the repository only if they are allowed', async () => {
    const { images } = await build(true);
    expect(images).toMatchObject([{ key: 'api', pushed: 'no' }]);
    await expect(build(false)).rejects.toThrow('additional privileges requested');
  });

  test('builds a target of a bake file with the permissions that the file needs', async () => {
    await writeFile(
      at('repository/docker-bake.hcl'),
      `target "default" {
  tags = ["example.org/acme/shop:1"]
  network = "host"
  args = { LITERAL = "$\${x}" }
  cache-from = ["type=local,src=none"]
  secret = ["id=token,src=${at('outside/token')}"]
  dockerfile-inline = <<EOT
FROM ${lab.baseBusybox}
ARG LITERAL
RUN test "$LITERAL" = '$\${x}'
EOT
}`,
    );
    const root = at('repository');
    const config = loadConfig({ text: 'bake: docker-bake.hcl', origin: 'image-release.yml' });
    const loaded = await loadBakeImages({ config, root, env, run });
    expect(loaded.problems).toEqual([]);
    const [shop] = loaded.config.images;
    expect(shop).toMatchObject({
      key: 'shop',
      args: { LITERAL: '${x}' },
      secrets: [{ id: 'token', file: at('outside/token') }],
      cacheEntries: { from: ['type=local,src=none'], to: [] },
      extra: { network: 'host' },
    });
    const { image: _, cacheEntries: __, ...target } = shop!;
    const { images } = await build(true, plannedImage('shop', { ...target, noCache: true }));
    expect(images).toMatchObject([{ key: 'shop', pushed: 'no' }]);
  });
});
