import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/config.js';
import { probeCheckout } from '../../src/facts/build-files-checkout.js';
import { probeBuildFiles, type ImageFiles } from '../../src/facts/build-files.js';
import type { Facts } from '../../src/facts/facts.js';
import type { BaseImage, BaseImages } from '../../src/dockerfile/description.js';
import type { Problem } from '../../src/lib/errors.js';
import { planRelease } from '../../src/plan/plan-release.js';
import { preflight } from '../../src/preflight/preflight.js';
import { configOf, factsOf, requestOf, sourceOf } from '../plan/fixtures.js';

/** Writes these files into a temporary folder and passes its path to `use`. */
export async function withCheckout<T>(
  files: Record<string, string | Uint8Array>,
  use: (root: string) => T | Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'checkout-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A checkout and its expected problems. */
export interface Case {
  name: string;
  files: Record<string, string>;
  /** Default: one image, `api`. */
  config?: string;
  look?: Look;
  /** `code file:line[:column]` of each problem, in order. */
  told: string[];
  message?: RegExp;
}

export interface Look {
  over?: Partial<Facts>;
  bases?: BaseImages;
  variables?: Record<string, string>;
}

/** All problems that planning and preflight find in a checkout. */
export function lookAt(root: string, config: Config, look: Look = {}): Problem[] {
  const facts: Facts = {
    source: sourceOf(),
    environment: { kind: 'terminal' },
    uncommitted: [],
    usernames: [],
    checkout: probeCheckout(root),
    ...look.over,
    files: Object.fromEntries(
      config.images.map((image) => [image.key, probeBuildFiles(root, image, look.variables ?? {})]),
    ),
  };
  const { plan, selected, problems } = planRelease(config, facts, requestOf());
  return [...problems, ...preflight(plan, selected, facts, config, look.bases ?? {})];
}

/** All problems of a checkout with this configuration, whose images are in ghcr.io/acme. */
export function problemsIn(files: Record<string, string>, yaml: string, look?: Look): Promise<Problem[]> {
  return withCheckout(files, (root) => lookAt(root, configOf(`registry: ghcr.io/acme\n${yaml}`), look));
}

/** Preflight problems of images with these probe results, in a checkout without other files. */
export function problemsOf(
  yaml: string,
  files: Record<string, Partial<ImageFiles>> = {},
  over: Partial<Facts> = {},
): Problem[] {
  const config = configOf(`registry: ghcr.io/acme\n${yaml}`);
  const checkout = { node: [], workflows: [], manifests: [] };
  const facts = factsOf(config, { checkout, usernames: [], ...over, files });
  const { plan, selected } = planRelease(config, facts, requestOf());
  return preflight(plan, selected, facts, config, {});
}

export function baseImage(over: Partial<BaseImage> = {}): BaseImage {
  return { digest: `sha256:${'a'.repeat(64)}`, onBuild: [], env: {}, ...over };
}

const FAULTS = fileURLToPath(new URL('../fixtures/ten-faults', import.meta.url));

/** Writes the repository with ten faults into a folder, with this registry in its files. */
export async function layTenFaults(folder: string, registry: string): Promise<void> {
  await cp(FAULTS, folder, { recursive: true });
  // The fixture has another name, so that its workflow isn't one of this repository.
  await rename(join(folder, 'dot-github'), join(folder, '.github'));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('registry.example', registry));
  }
}

/** Code and place of each fault in the fixture. */
export const TEN_FAULTS = [
  'image/invalid-name image-release.yml:11:12',
  'preflight/missing-dockerfile image-release.yml:15:17',
  'preflight/missing-target image-release.yml:12:13',
  'preflight/missing-secret image-release.yml:7:5',
  'preflight/node-too-old web/Dockerfile:1',
  'preflight/lockfile-not-copied api/Dockerfile:4',
  'preflight/unlocked-install web/Dockerfile:4',
  'preflight/undeclared-argument image-release.yml:6:15',
  'preflight/public-variable k8s/pods.yaml:16:11',
  'preflight/workflow .github/workflows/release.yml:11:15',
];
