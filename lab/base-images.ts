import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheLayout, pushImageLayout, writeImageLayout } from './oci-image.js';
import type { Credentials } from './registry.js';
import { fillNpmCache, findProgram, layNode, layShell } from './root-filesystem.js';

const LAB = dirname(fileURLToPath(import.meta.url));
const CACHE = join(dirname(LAB), '.lab', 'base');
const EXAMPLE = join(dirname(LAB), 'examples', 'acme');
const LOCKED = ['api', 'web'].map((name) => join(EXAMPLE, name));

/** References with tag, as `host/repository:tag`. */
export interface BaseImages {
  /** Stands for `node:24-alpine`: the machine's node and npm, offline, with the example's packages cached. */
  node: string;
  /** A shell and nothing else: 2 MB, for tests that need any base. */
  busybox: string;
  /** An SBOM scanner that lists npm packages, for `attest.scanner`. */
  scanner: string;
}

/**
 * Makes the base images from what this machine has, and pushes them. What they are made of is kept in
 * `.lab/base`, so that the next lab only pushes.
 * @param registry `host` as `127.0.0.1:PORT`
 */
export async function pushBaseImages(registry: { host: string; auth?: Credentials }): Promise<BaseImages> {
  const node = await layoutOf('node', await nodeParts(), layNodeImage);
  const scanner = await layoutOf('scanner', [...(await nodeParts()), join(LAB, 'images')], (layout, work) =>
    layScannerImage(layout, work, node),
  );
  const busybox = await layoutOf('busybox', [await findProgram('busybox')], layBusyboxImage);
  const push = (dir: string, repository: string, tag: string) => pushImageLayout(dir, { ...registry, repository, tag });
  return {
    node: await push(node, 'base/node', '24-alpine'),
    busybox: await push(busybox, 'base/busybox', '1'),
    scanner: await push(scanner, 'base/sbom-scanner', '1'),
  };
}

/** Files and folders that determine the node image. */
async function nodeParts(): Promise<string[]> {
  const locks = LOCKED.flatMap((folder) => [join(folder, 'package.json'), join(folder, 'package-lock.json')]);
  return [process.execPath, join(dirname(dirname(await findProgram('npm'))), 'package.json'), ...locks];
}

/** The layout's folder: made if it isn't there, older ones of the same name removed. */
export async function layoutOf(
  name: string,
  parts: readonly string[],
  make: (layout: string, work: string) => Promise<void>,
): Promise<string> {
  const makers = ['base-images.ts', 'root-filesystem.ts', 'oci-image.ts'].map((file) => join(LAB, file));
  const key = await fingerprint([...makers, ...parts]);
  await mkdir(CACHE, { recursive: true });
  for (const old of await readdir(CACHE)) {
    if (new RegExp(`^${name}-[0-9a-f]{16}$`).test(old) && old !== `${name}-${key}`) {
      await rm(join(CACHE, old), { recursive: true, force: true });
    }
  }
  const layout = join(CACHE, `${name}-${key}`);
  await cacheLayout(layout, async (draft) => {
    process.stderr.write(`Making the ${name} base image …\n`);
    const work = await mkdtemp(join(tmpdir(), 'base-image-'));
    try {
      await make(draft, work);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return layout;
}

/** Text files by content; programs, which are large, by size and time of change. */
async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const facts = await stat(path);
    if (facts.isDirectory()) {
      const names = (await readdir(path)).sort();
      hash.update(await fingerprint(names.map((name) => join(path, name))));
    } else {
      hash.update(facts.size < 1 << 20 ? await readFile(path) : `${path} ${facts.size} ${facts.mtimeMs}`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function layBusyboxImage(layout: string, work: string): Promise<void> {
  // Not the temporary folder itself: others may not enter it, and a layer says so of the image's root.
  const root = join(work, 'root');
  await layShell(root);
  await writeImageLayout(layout, { layers: [{ root, owner: 0 }], settings: { Cmd: ['sh'] } });
}

async function layNodeImage(layout: string, work: string): Promise<void> {
  const system = join(work, 'system');
  const home = join(work, 'home');
  const cache = join(work, 'npm-cache');
  await fillNpmCache(cache, LOCKED);
  await layShell(system);
  await layNode(system, cache);
  await mkdir(join(home, 'home/node'), { recursive: true });
  await mkdir(join(system, 'home'));
  await writeImageLayout(layout, {
    layers: [
      { root: system, owner: 0 },
      { root: home, owner: 1000, only: 'home/node' },
    ],
    settings: { Env: nodeEnvironment(), Cmd: ['node'] },
  });
}

async function layScannerImage(layout: string, work: string, from: string): Promise<void> {
  const root = join(work, 'scanner');
  await cp(join(LAB, 'images', 'sbom-scanner'), join(root, 'scanner'), { recursive: true });
  await writeImageLayout(layout, {
    from,
    layers: [{ root, owner: 0 }],
    settings: { Env: nodeEnvironment(), Entrypoint: ['node', '/scanner/scan.mjs'] },
  });
}

function nodeEnvironment(): string[] {
  return ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `NODE_VERSION=${process.versions.node}`];
}
