import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildxAbilities } from '../../facts/docker.js';
import { attempt } from '../../lib/json.js';
import { Cancelled, failure, ReleaseError, type Problem } from '../../lib/errors.js';
import { run, type ProcessOptions } from '../../lib/process.js';
import { readRepositoryFile } from '../../lib/regular-file.js';
import { sleep } from '../../lib/sleep.js';
import { withTemporaryFolder } from '../../lib/temporary-folder.js';
import { mayWriteCache } from '../../plan/cache-entries.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { BuildRequest, BuildResult, BuiltImage } from '../built.js';
import { warningProblem } from '../progress-events.js';
import { bakeDefinition, type Push } from './bake-definition.js';
import { watchCache, type CacheLimits } from './build-watch.js';
import type { BuilderRequest } from './builder-boot.js';
import { containerBuilder, needsOf, type BuildxBuilder } from './buildx-builder.js';
import { withCacheMounts, type CacheMountSettings } from './cache/cache-mounts.js';
import { explainFailure } from './failure.js';
import { withOwnBuilder, type StartedBuilder } from './own-builder.js';
import { readProgress } from './progress-stream.js';
import { collectProgress, type BuildLog } from './progress.js';
import { BuildFailed, buildWithRetries, withoutCache } from './retries.js';

export interface BuildxRequest extends Omit<BuildRequest, 'bases'>, Pick<BuilderRequest, 'onBuilder' | 'pods'> {
  builder: BuildxBuilder;
  abilities: BuildxAbilities;
  /** Undefined: the contents of cache mounts stay with the builder. */
  cacheMounts?: CacheMountSettings;
  cacheLimits?: CacheLimits;
}

/**
 * Builds the images in one bake and pushes them as the builder allows.
 * @throws ReleaseError `build/*`: only what was pushed already remains
 * @throws Cancelled when the signal was aborted
 */
export async function buildImages(request: BuildxRequest): Promise<BuildResult> {
  try {
    return await buildWithOneBuilder(request);
  } catch (error) {
    if (!(error instanceof BuildFailed) || error.failures[0].remedies[0] !== 'another-builder') throw error;
    return buildWithAnother(request, error.failures[0].problem);
  }
}

/** @param cause a cache that fell silent while it was read, for which the first builder waits still */
async function buildWithAnother(request: BuildxRequest, cause: Problem): Promise<BuildResult> {
  const { plan, builder, say } = request;
  const { images, warning: lost } = withoutCache(plan.images, cause);
  say(`${cause.message} The build starts again in another builder, without cache.`);
  const next = builder.type === 'new' ? builder : containerBuilder(needsOf(plan), 'the other one waits for its cache');
  try {
    const result = await buildWithOneBuilder({ ...request, builder: next, plan: { ...plan, images: [...images] } });
    return { ...result, warnings: [lost, ...(result.warnings ?? [])] };
  } catch (error) {
    throw error instanceof ReleaseError ? new ReleaseError([cause, ...error.problems]) : error;
  }
}

async function buildWithOneBuilder(request: BuildxRequest): Promise<BuildResult> {
  const { plan, say, root, redact, signal } = request;
  const images = plan.images.filter(({ status }) => status === 'build');
  return withBuilder(request, (builder) =>
    withTemporaryFolder(request.temp, async (folder) => {
      // buildx leaves a copy of each inline Dockerfile in its temporary folder.
      const env = { ...request.env, TMPDIR: folder };
      const build = async () => {
        const { result, warnings } = await buildWithRetries(plan.images, {
          build: (attempt) => bakeOnce({ ...request, env, plan: { ...plan, images: [...attempt] } }, builder, folder),
          say,
          pause: (ms) => sleep(ms, signal),
        });
        return { ...result, warnings: [...warnings, ...(result.warnings ?? [])] };
      };
      if (request.cacheMounts === undefined) return build();
      const mode = mayWriteCache(plan) ? {} : ({ mode: 'read' } as const);
      const settings = { ...request.cacheMounts, ...mode };
      const context = { images, builder: builder.name, root, folder, redact, say };
      return withCacheMounts(settings, { ...context, docker: (args) => docker(request, args) }, build);
    }),
  );
}

async function bakeOnce(request: BuildxRequest, builder: StartedBuilder, folder: string): Promise<BuildResult> {
  const { plan, abilities, root, redact, signal } = request;
  const push = plan.publish.mode === 'build-only' ? 'no' : request.builder.output;
  const bake = bakeDefinition(plan.images, push);
  const metadata = join(folder, 'metadata.json');
  const collector = collectProgress(bake.targets, request.onProgress);
  const stream = readProgress(collector.status, collector.text);
  const watches = [...(builder.watch ? [builder.watch()] : []), watchCache(collector.running, request.cacheLimits)];
  const options = ['--builder', builder.name, '--progress=rawjson', '--metadata-file', metadata];
  const allow = abilities.allow ? bake.allow.map((item) => `--allow=${item}`) : [];
  const { code } = await docker(request, ['buildx', 'bake', '-f', '-', ...options, ...allow], {
    input: bake.json,
    signal: AbortSignal.any([signal, ...watches.map(({ ended }) => ended)]),
    onStderr: (chunk) => {
      for (const watch of watches) watch.heard();
      stream.push(chunk);
    },
  }).finally(() => watches.forEach((watch) => watch.stop()));
  stream.end();
  const log = collector.finish();
  if (signal.aborted) throw new Cancelled('building');
  const ended = watches.find((watch) => watch.ended.aborted);
  if (ended !== undefined) throw new BuildFailed([ended.failure()]);
  const { images } = plan;
  if (code !== 0) {
    const dockerfiles = readDockerfiles(root, images);
    throw new BuildFailed(explainFailure({ images, targets: bake.targets, log, dockerfiles, redact }));
  }
  const digests = await readDigests(metadata, bake.targets);
  const imageOf = (name: string | undefined) => images.find(({ key }) => key === name);
  return {
    images: images
      .filter(({ status }) => status === 'build')
      .map((image) => built(image, push, digests[image.key], log)),
    steps: log.steps,
    warnings: log.warnings.map((each) => warningProblem(each, imageOf(each.key), redact)),
  };
}

/** Own process group: an abort must reach the plugin that docker starts, too. */
function docker(request: BuildxRequest, args: string[], options: Partial<ProcessOptions> = {}) {
  const { root, signal } = request;
  // The provenance is in the registry; a copy in the metadata file only costs time.
  const env = { ...request.env, BUILDX_METADATA_PROVENANCE: 'disabled' };
  return run('docker', args, { cwd: root, env, signal, group: 'own', ...options });
}

async function withBuilder<T>(request: BuildxRequest, use: (builder: StartedBuilder) => Promise<T>): Promise<T> {
  const { builder } = request;
  if (builder.type === 'existing') return use({ name: builder.name });
  return withOwnBuilder({ ...request, builder, docker: (args, options) => docker(request, args, options) }, use);
}

/**
 * Digests by image key. `containerimage.digest` is the index's when attestations make one; the docker driver
 * repeats it wrongly as `containerimage.config.digest`.
 */
async function readDigests(
  file: string,
  targets: Readonly<Record<string, string>>,
): Promise<Record<string, string | undefined>> {
  const metadata = JSON.parse(await readFile(file, 'utf8')) as Record<
    string,
    { 'containerimage.digest'?: string } | undefined
  >;
  return Object.fromEntries(
    Object.entries(targets).map(([key, target]) => [key, metadata[target]?.['containerimage.digest']]),
  );
}

function built(image: PlannedImage, push: Push, digest: string | undefined, log: BuildLog): BuiltImage {
  const { key } = image;
  const measured = log.images[key] ?? { seconds: 0, steps: { total: 0, cached: 0 } };
  if (push === 'no') return { key, image: image.image, pushed: 'no', ...measured };
  if (digest === undefined) {
    throw failure({
      code: 'build/failed',
      image: key,
      message: `buildx reported no digest for image ${key}.`,
      fix: 'Update buildx.',
    });
  }
  const pushed = push === 'by-the-daemon' ? 'under-release-tag' : push;
  return { key, image: image.image, digest, pushed, ...measured };
}

function readDockerfiles(root: string, images: readonly PlannedImage[]): Record<string, string> {
  return Object.fromEntries(
    images.map(({ key, dockerfile, dockerfileInline }) => [
      key,
      dockerfileInline ?? attempt(() => readRepositoryFile(root, dockerfile).toString(), ''),
    ]),
  );
}
