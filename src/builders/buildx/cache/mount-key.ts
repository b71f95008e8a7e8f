import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../../lib/attempt.js';
import { readRepositoryFile } from '../../../lib/regular-file.js';

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
        const bytes = attempt(() => readRepositoryFile(context, path, LARGEST), undefined);
        return bytes === undefined ? [] : [path, createHash('sha256').update(bytes).digest('hex')];
      }),
  );
  return found.flat();
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}
