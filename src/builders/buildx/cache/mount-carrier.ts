import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dockerfile, UnreadableDockerfile } from '../../../dockerfile/dockerfile.js';
import { messageOf, type Problem } from '../../../lib/errors.js';
import type { ProcessOptions, ProcessResult } from '../../../lib/process.js';
import { readRepositoryFile } from '../../../lib/regular-file.js';
import type { PlannedImage } from '../../../plan/plan.js';
import type { BuildResult, BuiltImage } from '../../built.js';
import { mountKey, type MountKey } from './mount-key.js';
import { ARCHIVE, emptyingDockerfile, fillingDockerfile, readSizes } from './mount-stages.js';
import { findCacheMounts, type CacheMountReading } from './mounts.js';
import type { CacheService } from './service.js';

/** What carries the contents of `RUN --mount=type=cache` from one run to the next. */
export interface MountCarrier {
  service: CacheService;
  /** What grows beyond it is not saved, bytes. */
  maxSize: number;
  /** What the builder's own platform is: `linux-amd64`. */
  machine: string;
  parse(text: string): Dockerfile | UnreadableDockerfile;
}

export const readOnly = (carrier: MountCarrier): MountCarrier => ({
  ...carrier,
  service: { ...carrier.service, mode: 'read' },
});

/** The surroundings of one build. */
export interface Carriage {
  images: readonly PlannedImage[];
  builder: string;
  /** Repository root, and an empty folder for archives. */
  root: string;
  folder: string;
  docker(args: string[], options: Partial<ProcessOptions>): Promise<ProcessResult>;
  redact(text: string): string;
  /** A sentence of progress. */
  tell(line: string): void;
}

/**
 * Fills the cache mounts of all images that are built, builds, and saves what the mounts hold then, if a step
 * that uses them has run and their key is new. Nothing of this fails a build: what goes wrong is a warning.
 */
export async function carryCacheMounts(
  carrier: MountCarrier | undefined,
  carriage: Carriage,
  build: () => Promise<BuildResult>,
): Promise<BuildResult> {
  if (carrier === undefined) return build();
  const warnings: Problem[] = [];
  const guarded = async <T>(
    image: PlannedImage,
    deed: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      warnings.push(notCarried(image.key, deed, carriage.redact(messageOf(error))));
      return undefined;
    }
  };
  const loads = await Promise.all(
    carriage.images.map((image) => guarded(image, 'restored', () => restore(carrier, carriage, image))),
  );
  const result = await build();
  const reports = await Promise.all(
    loads.map(async (load) => {
      if (load === undefined) return undefined;
      const saved = hasRun(result, load.image)
        ? await guarded(load.image, 'saved', () => save(carrier, carriage, load, warnings))
        : undefined;
      const { key, hit, bytes } = load;
      return {
        of: load.image.key,
        report: { key: key.key, hit, bytes, ...(saved !== undefined && { saved }) },
      };
    }),
  );
  const reportOf = (built: BuiltImage) => reports.find((entry) => entry?.of === built.key)?.report;
  return {
    ...result,
    images: result.images.map((built) => {
      const report = reportOf(built);
      return report === undefined ? built : { ...built, cacheMounts: report };
    }),
    warnings: [...(result.warnings ?? []), ...warnings],
  };
}

interface Load {
  image: PlannedImage;
  reading: CacheMountReading;
  key: MountKey;
  hit: 'exact' | 'partial' | 'none';
  /** Of the archive that was put in. */
  bytes: number;
}

/** @returns undefined for an image without mounts that can be carried */
async function restore(
  carrier: MountCarrier,
  carriage: Carriage,
  image: PlannedImage,
): Promise<Load | undefined> {
  const reading = await readMounts(carrier, carriage, image);
  if (reading === undefined) return undefined;
  const key = await mountKey({
    key: image.key,
    machine: [carrier.machine, ...image.platforms].join('-').replaceAll('/', '-'),
    context: join(carriage.root, image.context),
    mounts: reading.groups.flatMap(({ mounts }) => mounts.map(({ id, options }) => [id, ...options].join())),
    runs: reading.runs,
  });
  const load: Load = { image, reading, key, hit: 'none', bytes: 0 };
  const { service } = carrier;
  if (service.mode === 'write') return load;
  const folder = await makeFolder(carriage, image, 'in');
  try {
    // Without cache means without these, too; but an archive that is there need not be saved again.
    const wanted = image.noCache ? { key: key.key, prefixes: [], lookupOnly: true } : key;
    const found = await service.restore({ ...wanted, folder });
    if (found === undefined) return load;
    const hit = found === key.key ? 'exact' : 'partial';
    if (image.noCache) return { ...load, hit };
    const { size } = await stat(join(folder, ARCHIVE));
    const dockerfile = fillingDockerfile(reading, nonce());
    await buildx(carriage, image, { dockerfile, context: folder, output: 'type=cacheonly' });
    return { ...load, hit, bytes: size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns bytes of the archive; undefined: there was nothing to save, or it may not be */
async function save(
  carrier: MountCarrier,
  carriage: Carriage,
  { image, reading, key, hit }: Load,
  warnings: Problem[],
): Promise<number | undefined> {
  if (hit === 'exact') return undefined;
  const unsaved = (reason: string) => carriage.tell(`Cache mounts of ${image.key} are not saved: ${reason}.`);
  if (carrier.service.mode === 'read') {
    unsaved(READ_ONLY);
    return undefined;
  }
  const folder = await makeFolder(carriage, image, 'out');
  try {
    const [context, archive] = [join(folder, 'context'), join(folder, ARCHIVE)];
    await mkdir(context);
    const dockerfile = emptyingDockerfile(reading, nonce(), carrier.maxSize);
    const log = await buildx(carriage, image, { dockerfile, context, output: `type=tar,dest=${archive}` });
    const { bytes, kept } = readSizes(log);
    if (bytes > carrier.maxSize) {
      warnings.push(tooLarge(image.key, bytes, carrier.maxSize));
      return undefined;
    }
    if (!kept) return undefined;
    const outcome = await carrier.service.save(key.key, folder);
    if (outcome === 'saved') return (await stat(archive)).size;
    unsaved(outcome === 'refused' ? READ_ONLY : 'another run has been faster');
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const READ_ONLY = 'this run may only read the Actions cache';

async function readMounts(
  { parse }: MountCarrier,
  { root, tell }: Carriage,
  image: PlannedImage,
): Promise<CacheMountReading | undefined> {
  const leave = (reason: string) => tell(`Cache mounts of ${image.key} are not carried: ${reason}.`);
  const text = image.dockerfileInline ?? readRepositoryFile(root, image.dockerfile).toString();
  if (!/type=cache/i.test(text)) return undefined;
  const dockerfile = parse(text);
  // The build will say what is wrong with it.
  if ('unreadable' in dockerfile) return undefined;
  const [doubt] = dockerfile.doubts;
  if (doubt !== undefined) {
    leave(`line ${doubt.line}: ${doubt.reason}`);
    return undefined;
  }
  const reading = findCacheMounts(dockerfile, image.target);
  for (const { line, reason } of reading.left) leave(`line ${line}: ${reason}`);
  const groups = reading.groups.filter(({ base, settings }) => {
    const own = image.contexts[base];
    if (own !== undefined && !IMAGE_CONTEXT.test(own)) leave(`${base} is made by this build`);
    else if (settings.length > 0 && image.platforms.length > 1) leave('each platform has its own');
    else return true;
    return false;
  });
  return groups.length === 0 ? undefined : { ...reading, groups };
}

const IMAGE_CONTEXT = /^(docker-image|oci-layout):\/\//;

/** The plain log; secrets and labels of the image have no part in it. @throws Error with BuildKit's last words */
async function buildx(
  { builder, docker }: Carriage,
  image: PlannedImage,
  { dockerfile, context, output }: { dockerfile: string; context: string; output: string },
): Promise<string> {
  const contexts = Object.entries(image.contexts).filter(([, value]) => IMAGE_CONTEXT.test(value));
  const args = [
    ...['buildx', 'build', '--builder', builder, '--progress=plain', '--provenance=false'],
    ...Object.entries(image.args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...contexts.map(([name, value]) => `--build-context=${name}=${value}`),
    ...(image.platforms.length > 0 ? [`--platform=${image.platforms[0]}`] : []),
    ...[`--output=${output}`, context],
  ];
  // On stdin buildx would copy it into a temporary folder, and not always remove that.
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  const { code, stderr } = await docker(args, {});
  const log = stderr.toString();
  if (code === 0) return log;
  const error =
    log
      .trim()
      .split('\n')
      .findLast((line) => line.startsWith('ERROR: ')) ?? 'buildx gave no reason';
  throw new Error(error.replace(/^ERROR: (failed to build: )?(failed to solve: )?/, ''));
}

/** Where all steps that use a mount came from the build cache, the mounts hold nothing new. */
function hasRun({ steps }: BuildResult, { key }: PlannedImage): boolean {
  return steps.some(
    (step) => step.key === key && !step.cached && /RUN .*--mount=\S*type=cache/is.test(step.name),
  );
}

async function makeFolder({ folder }: Carriage, { key }: PlannedImage, name: string): Promise<string> {
  const path = join(folder, `mounts-${Buffer.from(key).toString('hex')}-${name}`);
  await mkdir(path);
  return path;
}

function nonce(): string {
  return randomBytes(8).toString('hex');
}

function notCarried(image: string, deed: string, reason: string): Problem {
  return {
    code: 'build/cache-mounts',
    severity: 'warning',
    message: `The cache mounts of ${image} were not ${deed}: ${reason}.`,
    fix: 'The image is not affected. Where it never works, set `cache: {mounts: false}`.',
    image,
  };
}

function tooLarge(image: string, bytes: number, limit: number): Problem {
  const mebibytes = (count: number) => `${Math.round(count / 2 ** 20)} MiB`;
  return {
    code: 'build/cache-mounts',
    severity: 'warning',
    message: `The cache mounts of ${image} hold ${mebibytes(bytes)}, more than the ${mebibytes(limit)} that are saved.`,
    fix: 'Raise `cache.mounts-max-size`, or let the steps that use them clean up.',
    image,
  };
}
