import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { layoutOf } from './base-images.js';
import { type ImageSettings, pushImageLayout, writeImageLayout } from './oci-image.js';
import { findProgram, layProgram } from './root-filesystem.js';

const execute = promisify(execFile);

const LAB = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(LAB, 'kaniko-executor');
const OWN = ['builders/buildx/progress-stream.ts', 'lib/split-lines.ts'].map((file) => join(dirname(LAB), 'src', file));
const PLUGINS = ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins'];

/** References with tag, as `host/repository:tag`. */
export interface KanikoExecutor {
  /** Stands for `ghcr.io/osscontainertools/kaniko`; it has no shell. */
  executor: string;
  /** Stands for its `-debug` variant: with a shell at `/busybox/sh`. */
  debug: string;
}

/**
 * Makes and pushes a stand-in for Kaniko's executor v1.28.3, which can't be had without the network: the same flags,
 * log, errors and exit codes, but what is built is built by the lab's BuildKit. It is known to differ here: what
 * Kaniko can't do, or does otherwise, is done as BuildKit does it; `created` follows SOURCE_DATE_EPOCH; without
 * `--image-format` the media types are Docker's; registries are this machine's.
 * @param to.proxyPort see `startBuildkitProxy`
 * @param to.gateway where containers without the machine's network find the proxy
 */
export async function pushKanikoExecutor(to: {
  registry: string;
  proxyPort: number;
  gateway?: string;
}): Promise<KanikoExecutor> {
  const layout = await layoutOf('kaniko', await parts(), async (draft, work) => {
    await layExecutor(join(work, 'executor'));
    await layShell(join(work, 'shell'));
    const layers = ['executor', 'shell'].map((name) => ({ root: join(work, name), owner: 0 }));
    await writeImageLayout(draft, { layers, settings: {} });
  });
  const env = [
    ...['HOME=/root', 'USER=root', 'SSL_CERT_DIR=/kaniko/ssl/certs', 'DOCKER_CONFIG=/kaniko/.docker/'],
    ...[`LAB_BUILDKIT_PORT=${to.proxyPort}`, `LAB_BUILDKIT_GATEWAY=${to.gateway ?? ''}`],
  ];
  const common = { Entrypoint: ['/kaniko/executor'], WorkingDir: '/workspace' };
  const plain = { ...common, Env: [...env, 'PATH=/usr/local/bin:/kaniko'] };
  // Mounted, the shell outlives the deletion of the root file system.
  const debug = {
    ...common,
    Env: [...env, 'PATH=/usr/local/bin:/kaniko:/busybox'],
    Volumes: { '/busybox': {} },
  };
  // The tag names the content: an engine that has an older one under it would not ask.
  const push = (variant: string, layers: number, settings: ImageSettings) =>
    withSettings(layout, { layers, settings }, (dir, id) =>
      pushImageLayout(dir, { host: to.registry, repository: 'base/kaniko', tag: `${variant}-${id}` }),
    );
  return {
    executor: await push('plain', 1, plain),
    debug: await push('debug', 2, debug),
  };
}

/** Files that determine the layers. */
async function parts(): Promise<string[]> {
  const files = (await readdir(PROGRAM)).map((name) => join(PROGRAM, name));
  return [fileURLToPath(import.meta.url), ...OWN, process.execPath, await findBuildx(), ...files];
}

async function findBuildx(): Promise<string> {
  for (const folder of PLUGINS) {
    const names = await readdir(folder).catch((): string[] => []);
    if (names.includes('docker-buildx')) return join(folder, 'docker-buildx');
  }
  return findProgram('docker-buildx');
}

async function layExecutor(root: string): Promise<void> {
  for (const folder of ['kaniko/.docker', 'kaniko/ssl/certs', 'etc', 'workspace']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await layProgram(root, process.execPath, 'kaniko/node');
  await layProgram(root, await findBuildx(), 'kaniko/docker-buildx');
  const certificates = 'etc/ssl/certs/ca-certificates.crt';
  await copyFile(`/${certificates}`, join(root, 'kaniko/ssl/certs/ca-certificates.crt'));
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  const executor = join(root, 'kaniko/executor');
  await build({
    entryPoints: [join(PROGRAM, 'executor.ts')],
    outfile: executor,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: '#!/kaniko/node' },
    logLevel: 'warning',
  });
  await chmod(executor, 0o755);
}

/** The debug image's: everything in /busybox, and a link for those who ask for /bin/sh. */
async function layShell(root: string): Promise<void> {
  await layProgram(root, await findProgram('busybox'), 'busybox/busybox');
  const { stdout } = await execute(join(root, 'busybox/busybox'), ['--list']);
  const names = stdout.trim().split('\n');
  for (const name of names) {
    if (name !== 'busybox') await symlink('/busybox/busybox', join(root, 'busybox', name));
  }
  await mkdir(join(root, 'bin'));
  await symlink('/busybox/sh', join(root, 'bin/sh'));
}

interface Descriptor {
  digest: string;
  size: number;
}

/** A layout with the first layers of another one and settings of its own: these differ from lab to lab. */
async function withSettings<T>(
  layout: string,
  image: { layers: number; settings: ImageSettings },
  use: (dir: string, id: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'kaniko-executor-'));
  try {
    const blobs = (root: string, digest = '') => join(root, 'blobs/sha256', digest.replace('sha256:', ''));
    await mkdir(blobs(dir), { recursive: true });
    const read = async <V>(path: string) => JSON.parse(await readFile(path, 'utf8')) as V;
    const write = async <V extends object>(descriptor: V, value: unknown): Promise<V & Descriptor> => {
      const bytes = Buffer.from(JSON.stringify(value));
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      await writeFile(blobs(dir, digest), bytes);
      return { ...descriptor, digest, size: bytes.length };
    };
    const index = await read<{ manifests: [Descriptor] }>(join(layout, 'index.json'));
    const manifest = await read<{ config: Descriptor; layers: Descriptor[] }>(blobs(layout, index.manifests[0].digest));
    const config = await read<{ rootfs: { diff_ids: string[] }; history: object[] }>(
      blobs(layout, manifest.config.digest),
    );
    const layers = manifest.layers.slice(0, image.layers);
    for (const { digest } of layers) await symlink(blobs(layout, digest), blobs(dir, digest));
    const rootfs = { ...config.rootfs, diff_ids: config.rootfs.diff_ids.slice(0, image.layers) };
    const history = config.history.slice(0, image.layers);
    const described = await write(manifest.config, { ...config, config: image.settings, rootfs, history });
    const made = await write(index.manifests[0], { ...manifest, config: described, layers });
    await writeFile(join(dir, 'index.json'), JSON.stringify({ ...index, manifests: [made] }));
    return await use(dir, made.digest.slice('sha256:'.length).slice(0, 12));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
