import { posix } from 'node:path';
import { Cancelled } from '../../lib/errors.js';
import { KUSTOMIZATION_NAMES } from '../kustomization/location.js';
import type { Snapshot, TargetFile } from '../target.js';
import { knownFiles, traceClosure, indexPaths, resolvePath, type Closure, type KnownFiles } from './closure.js';
import type { KustomizationFile } from './kustomization-file.js';

/** An edited Kustomization, and what has to be built to see its effect. */
export interface EditedPart {
  path: string;
  edited?: KustomizationFile;
  /** The Kustomization itself; for a Component those that include it. */
  closures: Closure[];
}

/** Reads what the edited Kustomizations reach, in rounds of one request for all of them. */
export async function readClosures(
  snapshot: Snapshot,
  edited: readonly (TargetFile & { path: string })[],
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<{ known: KnownFiles; parts: EditedPart[] }> {
  const files = new Map<string, TargetFile>(edited.map(({ path, bytes, mode }) => [path, { bytes, mode }]));
  const index = indexPaths([...(await snapshot.list()), ...files.keys()]);
  const known = knownFiles(index, files);
  const asked = new Set(files.keys());
  const read = async (wanted: Iterable<string>): Promise<boolean> => {
    const unread = [...new Set(wanted)].filter((path) => !asked.has(path));
    if (unread.length === 0) return false;
    if (signal?.aborted) throw new Cancelled('reading the files that the Kustomization refers to');
    for (const path of unread) asked.add(path);
    for (const [path, file] of await snapshot.readAll(unread)) files.set(path, file);
    return true;
  };

  const isComponent = (path: string) => known.kustomization(path)?.kind === 'Component';
  if (paths.some(isComponent)) await read(kustomizationPaths(known));
  for (;;) {
    const starts = paths.map((path) =>
      isComponent(path) ? findIncluders(known, path) : { paths: [path], unread: [] },
    );
    const all = new Set(starts.flatMap((start) => start.paths));
    const closures = new Map([...all].map((start) => [start, traceClosure(known, start)]));
    if (await read([...starts, ...closures.values()].flatMap(({ unread }) => [...unread]))) continue;
    const parts = paths.map((path, index): EditedPart => {
      const own = starts[index]!.paths.map((start) => closures.get(start)!);
      return { path, edited: known.kustomization(path), closures: own };
    });
    return { known, parts };
  }
}

function kustomizationPaths({ paths }: KnownFiles): string[] {
  return [...paths.all()].filter((path) => KUSTOMIZATION_NAMES.includes(posix.basename(path)));
}

/**
 * The Kustomizations that include a Component, directly or by other Components: it builds to nothing by itself.
 * Needs all of `kustomizationPaths` read. `unread`: links of which the target is not known yet.
 */
function findIncluders(known: KnownFiles, component: string): { paths: string[]; unread: string[] } {
  const includedBy = new Map<string, string[]>();
  const unread: string[] = [];
  for (const path of kustomizationPaths(known)) {
    const bytes = known.files.get(path)?.bytes;
    // Reading them all as YAML would take too long in a large repository.
    if (!bytes || !/^["']?components["']?[ \t]*:/im.test(Buffer.from(bytes).toString('latin1'))) continue;
    for (const { field, text } of known.kustomization(path)?.references ?? []) {
      if (field !== 'components') continue;
      const found = resolvePath(known.paths, known.files, posix.dirname(path), text);
      if (found.status === 'unread') unread.push(found.path);
      if (found.status !== 'folder') continue;
      includedBy.set(found.path, [...(includedBy.get(found.path) ?? []), path]);
    }
  }
  const includers = new Set<string>();
  const seen = new Set([component]);
  for (const path of seen) {
    for (const includer of includedBy.get(posix.dirname(path)) ?? []) {
      if (known.kustomization(includer)?.kind === 'Component') seen.add(includer);
      else includers.add(includer);
    }
  }
  return { paths: [...includers], unread };
}
