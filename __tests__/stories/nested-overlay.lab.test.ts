/** @programs docker kubectl kustomize */
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startDockerDaemon } from '../../lab/docker-daemon.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { startNestedDaemon, type NestedDaemon } from '../../lab/nested-overlay.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { lab } from './shop.js';

/** Hides the cluster and the GitHub tokens of this machine. */
const ALONE = { KUBECONFIG: '/none', GITHUB_TOKEN: '', GH_TOKEN: '' };

let dir: string;
let nested: NestedDaemon;
let site: CliSite;
beforeAll(async () => {
  dir = await createLabDirectory();
  nested = await startNestedDaemon({ dir: join(dir, 'n') });
  site = await openCliSite({ dockerHost: nested.host });
});
afterAll(async () => {
  await site.close();
  await nested.stop();
  await removeLabDirectory(dir);
});

/** Serves a daemon's socket on a loopback port, like a daemon on another machine. */
async function forwardTo(socket: string): Promise<{ host: string; close(): void }> {
  const server = createServer((client) => {
    const daemon = connect(socket.replace('unix://', ''));
    client.pipe(daemon).pipe(client);
    for (const [one, other] of [
      [client, daemon],
      [daemon, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `tcp://127.0.0.1:${port}`, close: () => server.close() };
}

describe('a Docker daemon with its data on overlayfs', () => {
  test('is reported by doctor with path, mount point and fix', async () => {
    const { exitCode, stdout } = await site.cli(['doctor'], { env: ALONE });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      new RegExp(
        `✗ buildx +Docker here can't nest overlayfs: its layers in ${nested.mountPoint}/d/data are on overlayfs, mounted at ${nested.mountPoint}, and the kernel refuses an overlay on it \\(EINVAL\\)\\.\\n +→ .*volume.*"native".*docs/builders\\.md#docker-in-a-devpod`,
      ),
    );
    expect(stdout).toContain('✗ auto: no builder works here.');
  });

  test('is skipped if there is another builder, and the release prints why', async () => {
    const { exitCode, stderr } = await site.cli(['release', '--builder', 'auto'], {
      env: { ...ALONE, BUILDKIT_HOST: lab.buildkit },
    });
    expect({ exitCode, errors: stderr.match(/^error.*/gm) }).toEqual({ exitCode: 0, errors: null });
    expect(stderr).toMatch(/Docker here can't nest overlayfs: .*; building with the BuildKit at tcp:/);
    expect(await site.tags('api')).toHaveLength(2);
    expect(await site.traces()).toMatchObject({ temp: [], builders: [] });
  });

  test('stops the release before any change if there is no other builder, and prints how to add one', async () => {
    await site.commit({ 'api/words': 'third words\n' });
    const before = await site.traces();
    const { exitCode, stderr } = await site.cli(['release'], { env: ALONE });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error \[build\/nested-overlay\]\n.*can't nest overlayfs/);
    expect(stderr).toMatch(/There is no other builder:\n +remote: .*BUILDKIT_HOST/);
    expect(await site.traces()).toEqual(before);
  });
});

test('if only the failed build reveals overlayfs, release warns and continues with the next builder', async () => {
  const proxy = await forwardTo(nested.host);
  try {
    await site.commit({ 'api/words': 'fourth words\n' });
    const { exitCode, stderr, stdout } = await site.cli(['release'], {
      env: { ...ALONE, DOCKER_HOST: proxy.host, BUILDKIT_HOST: lab.buildkit },
    });
    expect({ exitCode, errors: stderr.match(/^error.*/gm) }).toEqual({ exitCode: 0, errors: null });
    expect(stdout).toMatch(
      /warning \[build\/next-builder\] .*could not build\. Image api: .* is on overlayfs.*; building with the BuildKit at tcp:/,
    );
  } finally {
    proxy.close();
  }
});

test('a daemon with the native storage driver builds on overlayfs, and doctor reports it as usable', async () => {
  // On overlayfs, `startDockerDaemon` sets "storage-driver": "native".
  const copying = await startDockerDaemon({ dir: join(nested.mountPoint, 'copies') });
  try {
    const env = { ...ALONE, DOCKER_HOST: copying.host };
    const built = await site.cli(['build', 'api', '--push', 'false'], { env });
    expect({ exitCode: built.exitCode, errors: built.stderr.match(/^error.*/gm) }).toEqual({
      exitCode: 0,
      errors: null,
    });
    const { exitCode, stdout } = await site.cli(['doctor'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/✓ buildx +the builder default/);
  } finally {
    await copying.stop();
  }
});
