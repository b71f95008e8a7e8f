import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../../dockerfile/dockerfile.js';
import { cleanPath } from '../../../dockerfile/ignore/pattern.js';
import { stagesOf } from '../../../dockerfile/use.js';
import { readRepositoryFile } from '../../../lib/regular-file.js';

/** What identifies a `RUN --mount=type=cache`. */
export interface CacheMount {
  /** Default: the target. */
  id: string;
  options: string[];
}

/** Mounts that can be reached from one base image. */
export interface MountGroup {
  /** What follows FROM: `--platform=$BUILDPLATFORM node:24-alpine`. */
  from: string;
  base: string;
  mounts: CacheMount[];
}

export interface CacheMounts {
  /** ARG instructions before the first FROM. */
  globals: string[];
  groups: MountGroup[];
  /** The instructions that use them: when one changes, so may what it leaves. */
  runs: string[];
  /** What can't be carried, and why, a clause. */
  skipped: { line: number; reason: string }[];
}

/**
 * Finds the cache mounts of all stages that go into a target. A mount is identified by its id, and by the folder that
 * `uid`, `gid` and `mode` make (BuildKit, frontend/dockerfile/dockerfile2llb/convert_runmount.go).
 */
export function findCacheMounts(dockerfile: Dockerfile, image: Parameters<typeof stagesOf>[1]): CacheMounts {
  const globals = dockerfile.globalArgs.map(({ keyword, rest }) => `${keyword} ${rest}`);
  const found: CacheMounts = { globals, groups: [], runs: [], skipped: [] };
  const seen = new Set<string>();
  for (const stage of stagesOf(dockerfile, image) ?? []) {
    const root = rootOf(dockerfile.stages, stage);
    const unreachable =
      root.base.toLowerCase() === 'scratch'
        ? 'its stage is from scratch, so there is no shell to copy with'
        : undefined;
    const from = root.platform === undefined ? root.base : `--platform=${root.platform} ${root.base}`;
    for (const run of stage.instructions) {
      const mounts = mountsOf(run);
      if (mounts.length > 0) found.runs.push(run.rest);
      for (const mount of mounts) {
        const reason = 'reason' in mount ? mount.reason : unreachable;
        if (reason !== undefined) found.skipped.push({ line: run.line, reason });
        if (reason !== undefined || 'reason' in mount) continue;
        const name = `${mount.id} ${mount.options.join()}`;
        if (seen.has(name)) continue;
        seen.add(name);
        const group = found.groups.find((each) => each.from === from);
        if (group) group.mounts.push(mount);
        else found.groups.push({ from, base: root.base, mounts: [mount] });
      }
    }
  }
  return found;
}

/** The stage below with a base image. */
function rootOf(stages: readonly Stage[], stage: Stage): Stage {
  const below = stages.find(({ index, name }) => index < stage.index && name === stage.base.toLowerCase());
  return below ? rootOf(stages, below) : stage;
}

function mountsOf({ keyword, flags }: Instruction): (CacheMount | { reason: string })[] {
  if (keyword !== 'RUN') return [];
  return flags
    .filter(({ name, value }) => name === 'mount' && /(?:^|,)type=cache(?:,|$)/i.test(value))
    .flatMap(({ value }) => readMount(value) ?? []);
}

/** @returns undefined for a read-only one */
function readMount(value: string): CacheMount | { reason: string } | undefined {
  if (/["'\\\s]/.test(value)) return { reason: `its options are quoted (${value})` };
  const options = value.split(',').map((option) => {
    const [key = '', ...rest] = option.split('=');
    return { key: key.toLowerCase(), value: rest.join('=') };
  });
  const of = (...keys: string[]) => options.findLast(({ key }) => keys.includes(key))?.value;
  if (of('from') !== undefined) return { reason: 'it begins with the contents of another stage (`from`)' };
  const readOnly = of('readonly', 'ro');
  if (readOnly !== undefined && readOnly !== 'false') return undefined;
  const target = of('target', 'dst', 'destination');
  const id = of('id') || (target === undefined ? undefined : cleanPath(target));
  if (id === undefined) return { reason: 'it has no target' };
  if (id.includes('$')) return { reason: `its id contains a variable (${id})` };
  return {
    id,
    options: options
      .filter(({ key }) => ['uid', 'gid', 'mode'].includes(key))
      .map((option) => `${option.key}=${option.value}`),
  };
}

export interface MountKey {
  key: string;
  /** Keys that help as well begin with one of these, in this order. */
  prefixes: string[];
}

/**
 * The key changes with what determines the mounts' contents: the lockfiles in the image's context, and the instructions
 * that use the mounts. The prefix is that of the image, machine and mounts.
 * @param context absolute path
 * @param runs instructions that use the mounts
 */
export async function mountKey(image: {
  key: string;
  /** Such as `linux-amd64`. */
  machine: string;
  context: string;
  mounts: readonly string[];
  runs: readonly string[];
}): Promise<MountKey> {
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
        try {
          const bytes = readRepositoryFile(context, path, LARGEST);
          return [path, createHash('sha256').update(bytes).digest('hex')];
        } catch {
          return [];
        }
      }),
  );
  return found.flat();
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}
