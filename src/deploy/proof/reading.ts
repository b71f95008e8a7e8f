import { Cancelled } from '../../lib/errors.js';
import type { Snapshot, TargetFile } from '../target.js';
import { type Closure, type KnownFiles, knownFiles, traceClosure } from './closure.js';
import { findIncluders, kustomizationPaths } from './includers.js';
import type { KustomizationFile } from './kustomization-file.js';
import { indexPaths } from './repository-paths.js';

/** An edited Kustomization, and what has to be built to see its effect. */
export interface Part {
  /** Undefined when the file is no YAML map. */
  edited?: KustomizationFile;
  path: string;
  /** The Kustomization itself; for a Component those that include it, none when nobody does. */
  closures: Closure[];
}

export interface Reading {
  known: KnownFiles;
  parts: Part[];
}

/**
 * Reads what the edited Kustomizations reach, in rounds of one request for all of them.
 * @param edited the edited files, which stand in place of those of the snapshot
 * @param paths which of them are to be built
 */
export async function readParts(
  snapshot: Snapshot,
  edited: readonly (TargetFile & { path: string })[],
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Reading> {
  const files = new Map<string, TargetFile>(edited.map(({ path, bytes, mode }) => [path, { bytes, mode }]));
  const listed = await snapshot.list();
  const index = indexPaths([...listed, ...files.keys()]);
  const known = knownFiles(index, files);
  // What turned out not to be there is not asked for again.
  const asked = new Set(files.keys());
  const read = async (wanted: Iterable<string>): Promise<boolean> => {
    const missing = [...new Set(wanted)].filter((path) => !asked.has(path));
    if (missing.length === 0) return false;
    if (signal?.aborted) throw new Cancelled('reading what the Kustomization refers to');
    for (const path of missing) asked.add(path);
    for (const [path, file] of await snapshot.readAll(missing)) files.set(path, file);
    return true;
  };

  const isComponent = (path: string) => known.kustomization(path)?.kind === 'Component';
  if (paths.some(isComponent)) await read(kustomizationPaths(index));
  for (;;) {
    const starts = paths.map((path) =>
      isComponent(path) ? findIncluders(known, path) : { paths: [path], unread: [] },
    );
    const all = new Set(starts.flatMap((start) => start.paths));
    const closures = new Map([...all].map((start) => [start, traceClosure(known, start)]));
    const unread = [...starts, ...closures.values()].flatMap((one) => [...one.unread]);
    if (await read(unread)) continue;
    const parts = paths.map((path, index): Part => {
      const own = starts[index]!.paths.map((start) => closures.get(start)!);
      return { path, edited: known.kustomization(path), closures: own };
    });
    return { known, parts };
  }
}
