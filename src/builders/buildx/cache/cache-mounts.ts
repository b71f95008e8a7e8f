import { randomBytes, createHash } from 'node:crypto';
import { mkdir, stat, writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheMode } from '../../../facts/actions-cache.js';
import { parseDockerfile } from '../../../dockerfile/parse.js';
import { messageOf, warning, type Problem } from '../../../lib/errors.js';
import type { ProcessResult } from '../../../lib/process.js';
import { readRepositoryFile } from '../../../lib/regular-file.js';
import { withTemporaryFolder } from '../../../lib/temporary-folder.js';
import type { PlannedImage } from '../../../plan/plan.js';
import type { BuildResult, MountReport } from '../../built.js';
import { ARCHIVE, emptyingDockerfile, fillingDockerfile, readSizes } from './mount-stages.js';
import { findCacheMounts, type CacheMounts } from './mounts.js';
import type { CacheService } from './service.js';
import { attempt } from '../../../lib/json.js';

/** How the contents of `RUN --mount=type=cache` are carried from one run to the next. */
export interface CacheMountSettings {
  service: CacheService;
  /** The access of this run to the cache; undefined: read and write. */
  mode?: CacheMode;
  /** Larger contents are not saved, bytes. */
  maxSize: number;
  /** The builder's own platform: `linux-amd64`. */
  machine: string;
}

export interface CacheMountContext {
  images: readonly PlannedImage[];
  builder: string;
  /** Repository root, and an empty folder for archives. */
  root: string;
  folder: string;
  docker(args: string[]): Promise<ProcessResult>;
  redact(text: string): string;
  say(line: string): void;
}

/**
 * Fills the cache mounts of all images, builds, and saves the mounts if a step that uses them has run and their key is
 * new. Failures are warnings: none of them fails a build.
 */
export async function withCacheMounts(
  settings: CacheMountSettings,
  context: CacheMountContext,
  build: () => Promise<BuildResult>,
): Promise<BuildResult> {
  const warnings: Problem[] = [];
  const attempt = async <T>(image: PlannedImage, action: string, work: () => Promise<T>) => {
    try {
      return await work();
    } catch (error) {
      const message = `The cache mounts of ${image.key} were not ${action}: ${context.redact(messageOf(error))}.`;
      warnings.push(mountWarning(image.key, message, 'If it never works, set `cache: {mounts: false}`.'));
      return undefined;
    }
  };
  const loads = await Promise.all(
    context.images.map((image) => attempt(image, 'restored', () => restore(settings, context, image))),
  );
  const result = await build();
  const reports = new Map<string, MountReport>();
  await Promise.all(
    loads.map(async (load) => {
      if (load === undefined) return;
      const { image, key, hit, bytes } = load;
      const saved = hasRun(result, image)
        ? await attempt(image, 'saved', () => save(settings, context, load, warnings))
        : undefined;
      reports.set(image.key, { key: key.key, hit, bytes, ...(saved !== undefined && { saved }) });
    }),
  );
  return {
    ...result,
    images: result.images.map((built) => {
      const cacheMounts = reports.get(built.key);
      return cacheMounts === undefined ? built : { ...built, cacheMounts };
    }),
    warnings: [...(result.warnings ?? []), ...warnings],
  };
}

interface Load {
  image: PlannedImage;
  mounts: CacheMounts;
  key: MountKey;
  hit: MountReport['hit'];
  bytes: number;
}

/** @returns undefined for an image without mounts that can be carried */
async function restore(
  settings: CacheMountSettings,
  context: CacheMountContext,
  image: PlannedImage,
): Promise<Load | undefined> {
  const found = readMounts(context, image);
  if (found === undefined) return undefined;
  const key = await mountKey({
    key: image.key,
    machine: [settings.machine, ...image.platforms].join('-').replaceAll('/', '-'),
    context: join(context.root, image.context),
    mounts: found.groups.flatMap(({ mounts }) => mounts.map(({ id, options }) => [id, ...options].join())),
    runs: found.runs,
  });
  const load: Load = { image, mounts: found, key, hit: 'none', bytes: 0 };
  if (settings.mode === 'write') return load;
  return withTemporaryFolder(context.folder, async (folder) => {
    // Without cache means without these, too; but an existing archive need not be saved again.
    const wanted = image.noCache ? { key: key.key, prefixes: [], lookupOnly: true } : key;
    const restored = await settings.service.restore({ ...wanted, folder });
    if (restored === undefined) return load;
    const hit = restored === key.key ? 'exact' : 'partial';
    if (image.noCache) return { ...load, hit };
    const { size } = await stat(join(folder, ARCHIVE));
    const dockerfile = fillingDockerfile(found, nonce());
    await buildx(context, image, { dockerfile, folder, output: 'type=cacheonly' });
    return { ...load, hit, bytes: size };
  });
}

/** @returns bytes of the archive; undefined: there was nothing to save, or the run may not */
async function save(
  { service, mode, maxSize }: CacheMountSettings,
  context: CacheMountContext,
  { image, mounts, key, hit }: Load,
  warnings: Problem[],
): Promise<number | undefined> {
  if (hit === 'exact') return undefined;
  const unsaved = (reason: string) => context.say(`Cache mounts of ${image.key} are not saved: ${reason}.`);
  if (mode === 'read') {
    unsaved(READ_ONLY);
    return undefined;
  }
  return withTemporaryFolder(context.folder, async (folder) => {
    const [empty, archive] = [join(folder, 'context'), join(folder, ARCHIVE)];
    await mkdir(empty);
    const dockerfile = emptyingDockerfile(mounts, nonce(), maxSize);
    const log = await buildx(context, image, { dockerfile, folder: empty, output: `type=tar,dest=${archive}` });
    const { bytes, kept } = readSizes(log);
    if (bytes > maxSize) {
      const [actual, limit] = [bytes, maxSize].map((count) => `${Math.round(count / 2 ** 20)} MiB`);
      const message = `The cache mounts of ${image.key} have ${actual}; at most ${limit} are saved.`;
      const fix = 'Raise `cache.mounts-max-size`, or let the steps that use them clean up.';
      warnings.push(mountWarning(image.key, message, fix));
      return undefined;
    }
    if (!kept) return undefined;
    const outcome = await service.save(key.key, folder);
    if (outcome === 'saved') return (await stat(archive)).size;
    unsaved(outcome === 'refused' ? READ_ONLY : 'another run was faster');
    return undefined;
  });
}

const READ_ONLY = 'this run may only read the Actions cache';

function readMounts({ root, say }: CacheMountContext, image: PlannedImage): CacheMounts | undefined {
  const skip = (reason: string) => say(`Cache mounts of ${image.key} are not carried: ${reason}.`);
  const text = image.dockerfileInline ?? readRepositoryFile(root, image.dockerfile).toString();
  if (!/type=cache/i.test(text)) return undefined;
  const dockerfile = parseDockerfile(text);
  // The build reports what is wrong with it.
  if ('unreadable' in dockerfile) return undefined;
  const [doubt] = dockerfile.doubts;
  if (doubt !== undefined) {
    skip(`line ${doubt.line}: ${doubt.reason}`);
    return undefined;
  }
  const found = findCacheMounts(dockerfile, image);
  for (const { line, reason } of found.skipped) skip(`line ${line}: ${reason}`);
  const groups = found.groups.filter(({ base }) => {
    const own = image.contexts[base];
    const isBuilt = own !== undefined && !IMAGE_CONTEXT.test(own);
    if (isBuilt) skip(`this build makes ${base}`);
    return !isBuilt;
  });
  return groups.length === 0 ? undefined : { ...found, groups };
}

const IMAGE_CONTEXT = /^(docker-image|oci-layout):\/\//;

/** @returns the plain log. Secrets and labels of the image are left out. @throws Error with BuildKit's last words */
async function buildx(
  { builder, docker }: CacheMountContext,
  image: PlannedImage,
  { dockerfile, folder, output }: { dockerfile: string; folder: string; output: string },
): Promise<string> {
  const contexts = Object.entries(image.contexts).filter(([, value]) => IMAGE_CONTEXT.test(value));
  // From stdin buildx would copy it into a temporary folder, and not always remove that.
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  const { code, stderr } = await docker([
    ...['buildx', 'build', '--builder', builder, '--progress=plain', '--provenance=false'],
    ...Object.entries(image.args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...contexts.map(([name, value]) => `--build-context=${name}=${value}`),
    ...(image.platforms.length > 0 ? [`--platform=${image.platforms[0]}`] : []),
    ...[`--output=${output}`, folder],
  ]);
  const log = stderr.toString();
  if (code === 0) return log;
  const lines = log.trim().split('\n');
  const error = lines.findLast((line) => line.startsWith('ERROR: ')) ?? 'buildx gave no reason';
  throw new Error(error.replace(/^ERROR: (failed to build: )?(failed to solve: )?/, ''));
}

/** If all steps that use a mount came from the build cache, the mounts have nothing new. */
function hasRun({ steps }: BuildResult, { key }: PlannedImage): boolean {
  return steps.some((step) => step.key === key && !step.cached && /RUN .*--mount=\S*type=cache/is.test(step.name));
}

const nonce = () => randomBytes(8).toString('hex');

function mountWarning(image: string, message: string, fix: string): Problem {
  return warning({ code: 'build/warning', message, fix: `The image is not affected. ${fix}`, image });
}

type MountKey = Awaited<ReturnType<typeof mountKey>>;

/**
 * The key changes with what determines the mounts' contents: the lockfiles in the image's context, and the instructions
 * that use the mounts. The prefix is that of the image, machine and mounts.
 * @param context absolute path
 * @param runs instructions that use the mounts
 * @returns `prefixes`: keys that help as well begin with one of these, in this order
 */
export async function mountKey(image: {
  key: string;
  /** Such as `linux-amd64`. */
  machine: string;
  context: string;
  mounts: readonly string[];
  runs: readonly string[];
}) {
  const name = image.key.replace(/[^\w.-]/g, '-');
  // Different image keys may have the same name.
  const place = hash([image.key, ...image.mounts]).slice(0, 8);
  const prefix = `image-release-mounts-${name}-${image.machine}-${place}-`;
  const lockfiles = await readLockfiles(image.context);
  return { key: `${prefix}${hash([...image.runs, '', ...lockfiles]).slice(0, 32)}`, prefixes: [prefix] };
}

const LOCKFILES = [
  /^(package-lock|npm-shrinkwrap)\.json$/,
  /^(pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|deno\.lock)$/,
  /^(go|go\.work)\.sum$/,
  /^(Cargo|poetry|uv|pdm|Pipfile|Gemfile|composer|mix|flake|Package|pubspec|packages|conan)\.(lock|lock\.json|resolved)$/i,
  /^requirements[\w.-]*\.(txt|in)$/,
  /^(pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|libs\.versions\.toml|build\.sbt)$/,
];
const SKIPPED = new Set(['node_modules', '.git', 'vendor', '.venv', 'venv', 'target', 'dist', '.next']);
/** Deeper ones mostly belong to dependencies. */
const DEPTH = 6;

const LARGEST = 32 * 1024 * 1024;

async function readLockfiles(context: string, prefix = '', depth = 0): Promise<string[]> {
  const entries = await readdir(join(context, prefix), { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(async (entry) => {
        const path = `${prefix}${entry.name}`;
        if (entry.isDirectory()) {
          const deeper = depth < DEPTH && !SKIPPED.has(entry.name);
          return deeper ? readLockfiles(context, `${path}/`, depth + 1) : [];
        }
        if (!LOCKFILES.some((pattern) => pattern.test(entry.name))) return [];
        const bytes = attempt(() => readRepositoryFile(context, path, LARGEST), undefined);
        return bytes === undefined ? [] : [path, createHash('sha256').update(bytes).digest('hex')];
      }),
  );
  return found.flat();
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}
