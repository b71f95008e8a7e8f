import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerServer } from '../../src/facts/docker.js';
import { mountOf, readMounts, probeStorage, refusal, tryOverlay } from '../../src/facts/storage.js';
import { run } from '../../src/lib/process.js';

const env = { PATH: process.env['PATH'] };

describe('the mount that holds a path', () => {
  const mounts = readMounts(
    [
      '21 1 254:0 / / rw,relatime - ext4 /dev/sda1 rw',
      '22 21 0:40 / /pod rw shared:3 - overlay overlay rw,lowerdir=/l',
      '23 22 0:40 /d /pod/docker/data rw - overlay overlay rw,lowerdir=/l',
      '24 22 0:50 / /pod/two\\040words rw - tmpfs tmpfs rw',
      '25 22 0:51 / /pod/over rw - tmpfs first rw',
      '26 22 0:52 / /pod/over rw - xfs second rw',
    ].join('\n'),
  );

  test.each([
    ['/home/x', '/', 'ext4'],
    ['/podman', '/', 'ext4'],
    ['/pod/x', '/pod', 'overlay'],
    ['/pod/docker/data/x', '/pod', 'overlay'],
    ['/pod/two words/x', '/pod/two words', 'tmpfs'],
  ])('of %s is %s', (path, point, type) => {
    expect(mountOf(path, mounts)).toMatchObject({ point, type });
  });

  test('is the last mount on the same folder', () => {
    expect(mountOf('/pod/over', mounts)?.type).toBe('xfs');
  });
});

test.each([
  ['mount: /x: fsconfig() failed: overlay: filesystem on upper not supported as upperdir.', 'EINVAL'],
  ['mount: /x: wrong fs type, bad option, bad superblock on overlay, missing codepage.', 'EINVAL'],
  ['mount: mounting overlay on merged failed: Invalid argument', 'EINVAL'],
  ['unshare: unshare failed: Operation not permitted', 'EPERM'],
  ['mount: /x: permission denied.', 'EPERM'],
  ["mount: /x: unknown filesystem type 'overlay'.", 'unknown'],
])('reads `%s` as the error %s', (text, error) => {
  expect(refusal(text)).toMatchObject({ result: 'refused', error });
});

describe('on this machine', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp('/var/tmp/storage-facts-');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('the overlay trial leaves no mount and no files behind', async () => {
    expect(['mounted', 'refused']).toContain((await tryOverlay(folder, { env, run })).result);
    expect(await readdir(folder)).toEqual([]);
    const { stdout } = await run('cat', ['/proc/self/mountinfo'], { env });
    expect(stdout.toString()).not.toContain(folder);
  });

  test('the overlay trial reports `not-tried` without its program or write permission', async () => {
    expect(await tryOverlay(folder, { env: { PATH: '/none' }, run })).toMatchObject({ result: 'not-tried' });
    expect(await tryOverlay('/proc', { env, run })).toMatchObject({ result: 'not-tried' });
  });

  const server: DockerServer = {
    status: 'ready',
    version: '27.0.0',
    id: 'this-daemon',
    imageStore: 'containerd',
    storageDriver: 'overlayfs',
    rootDirectory: '',
    platform: 'linux/x86_64',
  };
  const look = (rootDirectory: string, more: NodeJS.ProcessEnv = {}) =>
    probeStorage({ server: { ...server, rootDirectory }, env: { ...env, ...more }, run });

  test("a folder belongs to the daemon only if it contains the daemon's id", async () => {
    const root = join(folder, 'docker');
    await mkdir(root);
    expect(await look(root)).toMatchObject({ seen: 'no' });
    await writeFile(join(root, 'engine-id'), 'another-daemon');
    expect(await look(root)).toMatchObject({ seen: 'no' });
    await writeFile(join(root, 'engine-id'), 'this-daemon');
    expect(await look(root)).toMatchObject({ seen: 'yes', path: root, mount: { point: expect.any(String) } });
  });

  test('finds the layers in the folder of containerd', async () => {
    const root = join(folder, 'apart');
    const layers = join(root, 'containerd/daemon/io.containerd.snapshotter.v1.overlayfs');
    await mkdir(layers, { recursive: true });
    await writeFile(join(root, 'engine-id'), 'this-daemon');
    expect(await look(root)).toMatchObject({ seen: 'yes', path: layers });
  });

  test('reports no storage if the daemon is on another machine', async () => {
    expect(await look(folder, { DOCKER_HOST: 'tcp://10.0.0.1:2375' })).toEqual({
      seen: 'no',
      reason: 'the daemon is at tcp://10.0.0.1:2375',
    });
  });
});
