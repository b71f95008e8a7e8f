import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDockerDaemon } from '../../lab/docker-daemon.js';
import { startFakeActionsCache, type FakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { buildImages, type BuildRequest } from '../../src/builders/buildx/buildx.js';
import type { BuildResult } from '../../src/builders/built.js';
import { run } from '../../src/lib/process.js';
import { redactor } from '../../src/lib/secret.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { createCacheService, type CacheService } from '../../src/builders/buildx/cache/service.js';
import { CACHE_PROGRAM } from './cache/program.js';
import { createBuildSite, REGISTRY, type BuildSite } from './daemon.js';
import { plannedImage, planOf } from './samples.js';

/** A machine that can be made as good as new, with images `api` and `web` that use the Actions cache. */
export interface Machine {
  site: BuildSite;
  cache: FakeActionsCache;
  /** Of docker, in a run on main. */
  env: NodeJS.ProcessEnv;
  /** On busybox, with a scope of its own. */
  image(key: string, over?: Partial<PlannedImage>): PlannedImage;
  build(images: PlannedImage[], over?: Partial<BuildRequest>): Promise<BuildResult>;
  /** A client of the cache, as a run of that ref has it. */
  service(run?: Partial<Parameters<FakeActionsCache['environment']>[0]>): CacheService;
  /** Forgets all images and build cache. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

const MAIN = { version: 'v2', ref: 'refs/heads/main' } as const;

export async function startMachine(): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'machine-'));
  const [site, daemon, cache] = await Promise.all([
    createBuildSite([]),
    startDockerDaemon({ dir: join(folder, 'd') }),
    startFakeActionsCache(),
  ]);
  const env = { ...site.env, DOCKER_HOST: daemon.host, ...cache.environment(MAIN) };
  const abilities = await site.abilities();
  const docker = async (...args: string[]) => (await run('docker', args, { env })).stdout.toString();
  return {
    site,
    cache,
    env,
    image: (key, over) =>
      plannedImage(key, {
        image: `${REGISTRY}/cached-${process.pid}/${key}`,
        contexts: { busybox: `docker-image://${labFromEnvironment().baseBusybox}` },
        attest: { provenance: 'off', sbom: 'off' },
        cacheFrom: [`type=gha,scope=${key}`],
        cacheTo: [`type=gha,mode=max,scope=${key},ignore-error=true`],
        ...over,
      }),
    build: (images, over) =>
      buildImages({
        plan: planOf(images),
        builder: { type: 'existing', name: 'default', driver: 'docker', output: 'under-release-tag' },
        abilities,
        root: site.root,
        env,
        temp: site.temp,
        redact: redactor([]),
        ...over,
      }),
    service: (over) =>
      createCacheService({
        program: CACHE_PROGRAM,
        env: { ...site.env, ...cache.environment({ ...MAIN, ...over }) },
      }),
    wipe: async () => {
      const images = await docker('image', 'ls', '--quiet', '--all');
      await docker('image', 'rm', '--force', ...new Set(images.split('\n').filter(Boolean)));
      await docker('buildx', 'prune', '--force', '--all');
    },
    close: async () => {
      await Promise.all([cache.stop(), daemon.stop(), site.remove()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
