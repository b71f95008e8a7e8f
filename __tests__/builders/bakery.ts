import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startBuildkitProxy } from '../../lab/buildkit-proxy.js';
import { writeRemoteBuilder } from '../../lab/remote-builder.js';
import type { BuildxBuilder } from '../../src/builders/buildx/buildx-builder.js';
import { buildImages, type BuildxRequest } from '../../src/builders/buildx/buildx.js';
import type { BuildResult } from '../../src/builders/built.js';
import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import type { Plan, PlannedImage } from '../../src/plan/plan.js';
import { createBuildSite, REGISTRY, type BuildSite } from './daemon.js';
import { plannedImage, planOf } from './samples.js';

/** Stage with a shell, for contexts of `createBakery`. */
export const SHELL = 'FROM scratch\nCOPY shell/ /\n';

/** A repository with contexts `api` and `web`, and a remote builder that pushes by digest. */
export interface Bakery {
  site: BuildSite;
  /** Unique to this run: it keeps steps out of the cache. */
  id: string;
  proxyPort: number;
  /** An image with a registry repository that only this run uses. */
  image(key: string, over?: Partial<PlannedImage>): PlannedImage;
  /** Builds with the remote builder unless `over` has another one. */
  build(images: PlannedImage[], over?: Partial<BuildxRequest> & { publish?: Plan['publish'] }): Promise<BuildResult>;
  close(): Promise<void>;
}

export async function createBakery(): Promise<Bakery> {
  const site = await createBuildSite(['api', 'web']);
  const id = `${Date.now().toString(36)}-${process.pid}`;
  const proxy = await startBuildkitProxy({ dockerHost: site.env['DOCKER_HOST'] });
  const name = `remote-${id}`;
  const known = await writeRemoteBuilder(join(site.env.DOCKER_CONFIG, 'buildx'), name, proxy.address);
  const builder: BuildxBuilder = { type: 'existing', name, driver: 'remote', output: 'by-digest' };
  return {
    site,
    id,
    proxyPort: proxy.port,
    image: (key, over) => plannedImage(key, { image: `${REGISTRY}/build-${id}/${key}`, ...over }),
    build: async (images, { publish, ...request } = {}) =>
      buildImages({
        plan: planOf(images, publish),
        builder,
        abilities: await site.abilities(),
        root: site.root,
        env: site.env,
        temp: site.temp,
        ...{ redact: (text: string) => text, say: () => {}, onProgress: () => {} },
        signal: new AbortController().signal,
        ...request,
      }),
    close: async () => {
      await rm(known);
      await proxy.stop();
      await site.remove();
    },
  };
}

/** @throws Error if the build doesn't fail with problems */
export async function problemsOf(build: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await build.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ReleaseError)) throw new Error(`expected a ReleaseError, got ${String(error)}`);
  return error.problems;
}
