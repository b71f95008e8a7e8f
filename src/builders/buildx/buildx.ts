import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { BuildxAbilities } from '../../facts/docker.js';
import { Cancelled, failure, ReleaseError, type Problem } from '../../lib/errors.js';
import { run, type ProcessOptions } from '../../lib/process.js';
import { readRepositoryFile } from '../../lib/regular-file.js';
import { mayWriteCache } from '../../plan/cache-entries.js';
import type { Plan, PlannedImage } from '../../plan/plan.js';
import { buildInAttempts, firstOf, type Adjustments } from './attempts.js';
import { bakeDefinition, type BakeDefinition, type Push } from './bake-definition.js';
import type { BuilderPods } from './builder-boot.js';
import type { BuildxBuilder } from './buildx-builder.js';
import type { BuildResult, BuiltImage } from '../built.js';
import { onceItIsBack } from './builder-lost.js';
import { withoutLostCache } from './cache/cold-retry.js';
import { carryCacheMounts, readOnly, type MountCarrier } from './cache/mount-carrier.js';
import { watchForSilence, withoutSilentCache, type CacheLimits } from './cache/silence.js';
import { afterAWhile } from './failing-registry.js';
import { explainFailure } from './failure.js';
import { withOwnBuilder, type StartedBuilder } from './own-builder.js';
import { collectProgress, type BuildLog } from './progress.js';
import type { BuildWarning, ProgressListener } from '../progress-events.js';
import { readProgress } from './progress-stream.js';
import { withoutScanner } from './sbom-scanner.js';

export interface BuildRequest {
  plan: Plan;
  builder: BuildxBuilder;
  abilities: BuildxAbilities;
  /** Repository root: paths of the plan are relative to it. */
  root: string;
  /** Environment of docker and buildx, with the variables of build secrets. */
  env: NodeJS.ProcessEnv;
  /** Folder for temporary files. */
  temp: string;
  signal?: AbortSignal;
  onProgress?: ProgressListener;
  /** A sentence of progress. */
  say?: (line: string) => void;
  /** Takes secrets out of a text that is to be shown. */
  redact: (text: string) => string;
  /** Keeps the contents of cache mounts; undefined: they stay with the builder. */
  cacheMounts?: MountCarrier;
  /** How long a build may wait for a cache and for nothing else. */
  cacheLimits?: CacheLimits;
  /** Told before a builder is started what `removeBuilder` needs, so that a later process can do it after a kill. */
  onBuilder?: (mark: string) => void;
  /** To explain why the pods of a builder do not start; undefined: only what buildx says is told. */
  pods?: BuilderPods;
}

/**
 * Builds those images of the plan that are to be built in one bake and pushes them as the builder allows.
 * @throws ReleaseError `build/*`: nothing but what was already pushed remains
 * @throws Cancelled when the signal was aborted
 */
export async function buildImages(request: BuildRequest): Promise<BuildResult> {
  const { plan, say: tell = () => {}, cacheMounts, root, redact } = request;
  return withBuilder(request, (builder) =>
    withTemporaryFolder(request.temp, async (folder) => {
      const build = async () => {
        const { result, warnings } = await buildInAttempts(plan.images, ADJUSTMENTS, {
          build: (images) =>
            // buildx leaves a copy of each Dockerfile that a bake file holds where it keeps temporary files.
            bakeOnce(
              { ...request, env: { ...request.env, TMPDIR: folder }, plan: { ...plan, images: [...images] } },
              builder,
              folder,
            ),
          tell,
          pause: (ms) => pause(ms, request.signal),
        });
        return { ...result, warnings: [...warnings, ...(result.warnings ?? [])] };
      };
      const images = plan.images.filter(({ status }) => status === 'build');
      const run = (args: string[], options: Partial<ProcessOptions>) => docker(request, args, options);
      const carriage = { images, builder: builder.name, root, folder, docker: run, redact, tell };
      const carrier = cacheMounts && !mayWriteCache(plan) ? readOnly(cacheMounts) : cacheMounts;
      return carryCacheMounts(carrier, carriage, build);
    }),
  );
}

const patiently = afterAWhile(Math.random);
const ADJUSTMENTS: Adjustments = {
  'build/builder-lost': onceItIsBack,
  'build/cache-lost': withoutLostCache,
  'build/cache-silent': withoutSilentCache,
  'build/registry-failing': patiently,
  'build/sbom-scanner': firstOf(patiently, withoutScanner),
};

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('waiting for another attempt to build');
    throw error;
  }
}

async function bakeOnce(
  request: BuildRequest,
  builder: StartedBuilder,
  folder: string,
): Promise<BuildResult> {
  const { plan } = request;
  const push = plan.publish.mode === 'build-only' ? 'no' : request.builder.output;
  const bake = bakeDefinition(plan.images, push);
  const metadata = join(folder, 'metadata.json');
  const log = await runBake(request, bake, builder, ['--metadata-file', metadata]);
  const digests = await readDigests(metadata, bake.targets);
  return {
    images: plan.images
      .filter(({ status }) => status === 'build')
      .map((image) => built(image, push, digests[image.key], log)),
    steps: log.steps,
    warnings: log.warnings.map((warning) => warningProblem(warning, request)),
  };
}

async function runBake(
  request: BuildRequest,
  bake: BakeDefinition,
  builder: StartedBuilder,
  options: string[],
): Promise<BuildLog> {
  const { abilities, plan, redact, signal } = request;
  const collector = collectProgress(bake.targets, request.onProgress ?? (() => {}));
  const stream = readProgress(collector.status, collector.text);
  const allowed = [...bake.reads.map((path) => `fs.read=${path}`), ...bake.entitlements];
  const allow = abilities.allow ? allowed.map((item) => `--allow=${item}`) : [];
  const progress = ['--builder', builder.name, '--progress=rawjson'];
  const args = ['buildx', 'bake', '-f', '-', ...progress, ...allow, ...options];
  const watches = [builder.watch?.(), watchForSilence(collector.running, request.cacheLimits)].filter(
    (watch) => watch !== undefined,
  );
  const signals = [signal, ...watches.map(({ lost }) => lost)].filter((each) => each !== undefined);
  const { code } = await docker(request, args, {
    input: bake.json,
    signal: AbortSignal.any(signals),
    onStderr: (chunk) => {
      for (const watch of watches) watch.heard();
      stream.push(chunk);
    },
  }).finally(() => watches.forEach((watch) => watch.stop()));
  stream.end();
  const log = collector.finish();
  if (signal?.aborted) throw new Cancelled('building');
  const ended = watches.find(({ lost }) => lost.aborted);
  if (ended !== undefined) throw new ReleaseError([ended.problem()]);
  if (code === 0) return log;
  const dockerfiles = readDockerfiles(request.root, plan.images);
  const { images } = plan;
  throw new ReleaseError(explainFailure({ images, targets: bake.targets, log, dockerfiles, redact }));
}

/** One docker command. Own process group: an abort has to reach the plugin that docker starts, too. */
function docker(request: BuildRequest, args: string[], options: Partial<ProcessOptions> = {}) {
  const { root, signal } = request;
  // The provenance is read from the registry; copies of it in the metadata file only cost time.
  const env = { ...request.env, BUILDX_METADATA_PROVENANCE: 'disabled' };
  return run('docker', args, { cwd: root, env, signal, group: 'own', ...options });
}

async function withBuilder<T>(
  request: BuildRequest,
  use: (builder: StartedBuilder) => Promise<T>,
): Promise<T> {
  const { builder } = request;
  if (builder.type === 'existing') return use({ name: builder.name });
  return withOwnBuilder(
    { ...request, builder, docker: (args, options) => docker(request, args, options) },
    use,
  );
}

async function withTemporaryFolder<T>(temp: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(temp, 'image-release-build-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
      message: `Image ${key} was built, but buildx reported no digest for it.`,
      fix: 'Update buildx; if it persists, open an issue with the output of `docker buildx version`.',
    });
  }
  const pushed = push === 'by-the-daemon' ? 'under-release-tag' : push;
  return { key, image: image.image, digest, pushed, ...measured };
}

function warningProblem(warning: BuildWarning, { plan, redact }: BuildRequest): Problem {
  const image = plan.images.find(({ key }) => key === warning.key);
  return {
    code: 'build/warning',
    severity: 'warning',
    message: redact(warning.message),
    fix: warning.url ? `See ${warning.url}.` : 'The images are not affected.',
    ...(image && { image: image.key }),
    ...(image?.dockerfileInline === undefined &&
      image &&
      warning.place && { place: { ...warning.place, file: image.dockerfile } }),
  };
}

function readDockerfiles(root: string, images: readonly PlannedImage[]): Record<string, string> {
  const read = ({ key, dockerfile, dockerfileInline }: PlannedImage): [string, string][] => {
    try {
      return [[key, dockerfileInline ?? readRepositoryFile(root, dockerfile).toString()]];
    } catch {
      return [];
    }
  };
  return Object.fromEntries(images.flatMap(read));
}
