import { setImmediate as nextTick } from 'node:timers/promises';
import type { ContextReads } from '../../dockerfile/dockerfile.js';
import { parseIgnore, type IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import { selectionOf, type Selection } from '../../dockerfile/ignore/selection.js';
import { Cancelled, messageOf } from '../../lib/errors.js';
import type { Listed, WorkTree } from './work-tree.js';

/** One file, folder or link of a context as the builder sees it. */
export interface TreeEntry {
  /** Relative to the context, `/` between parts. */
  path: string;
  type: 'file' | 'directory' | 'link';
  /**
   * Permission bits, those above 0o777 included. 0 if the builder does not look at them: links, and a folder that is
   * copied as a whole by its name (`COPY src /app`), of which only the contents count.
   */
  mode: number;
  /**
   * file: git's blob id (SHA-1) of the bytes on disk · link: the blob id of its target · else empty. A further name of
   * a file (hard link) is a file like any other, as for BuildKit.
   */
  content: string;
}

export interface TreeRequest {
  /** Absolute path of the context. */
  folder: string;
  rules: IgnoreRules;
  reads: ContextReads;
  /** Patterns of the setting `paths`. */
  paths?: readonly string[];
}

/** `reason` is a clause without full stop; its paths are relative to the context. */
export type TreeResult = { status: 'read'; entries: TreeEntry[] } | { status: 'unreadable'; reason: string };

/**
 * Reads what the builder takes of a context: files that are not ignored and that the Dockerfile's COPY instructions
 * select, narrowed by `paths`.
 * @returns entries in no particular order
 * @throws Cancelled
 */
export async function readTree(workTree: WorkTree, request: TreeRequest, signal?: AbortSignal): Promise<TreeResult> {
  const filter = request.paths && pathFilter(request.paths);
  if (filter?.doubt !== undefined) return { status: 'unreadable', reason: filter.doubt };
  const read = (reads: ContextReads) => walk(new Walk(workTree, request, reads, filter?.counts), signal);
  try {
    const entries = await read(request.reads).catch((error: unknown) => {
      if (error instanceof SourceThroughLink) return read({ status: 'all', reason: 'a source leads through a link' });
      throw error;
    });
    const unmatched = filter?.unmatched();
    if (unmatched === undefined) return { status: 'read', entries };
    return { status: 'unreadable', reason: `\`paths\` names ${unmatched}, but no copied file matches it` };
  } catch (error) {
    if (error instanceof Unreadable) return { status: 'unreadable', reason: error.message };
    throw error;
  }
}

/**
 * Reads patterns in the grammar of `.dockerignore`, but of files that count: `[src, "!src/docs"]`. Exceptions alone are
 * taken from everything.
 */
function pathFilter(patterns: readonly string[]) {
  const positive = patterns.filter((pattern) => !pattern.startsWith('!'));
  const rules = parseIgnore([...(positive.length === 0 ? ['**'] : []), ...patterns].join('\n'));
  if ('doubt' in rules) return { doubt: `\`paths\` can't be relied on: ${rules.doubt}` };
  const unmatched = new Map(positive.map((pattern) => [pattern, parseIgnore(pattern)]));
  return {
    counts(path: string) {
      for (const [pattern, one] of unmatched) if ('doubt' in one || one.ignores(path)) unmatched.delete(pattern);
      return rules.ignores(path);
    },
    /** The first pattern that has matched nothing, which may be a typo. */
    unmatched: () => [...unmatched.keys()][0],
  };
}

/** Milliseconds between looks at the signal. Synchronous work is several times faster than promises. */
const STRETCH = 50;

async function walk(files: Walk, signal?: AbortSignal): Promise<TreeEntry[]> {
  let since = Date.now();
  for (const step of files.folder(files.request.folder, '', files.reads.status)) {
    if (Date.now() - since < STRETCH) continue;
    await nextTick(step);
    if (signal?.aborted) throw new Cancelled('reading the inputs of the images');
    since = Date.now();
  }
  return files.entries;
}

/** Something that counts can't be read, or is neither file, folder nor link. */
class Unreadable extends Error {}

/** BuildKit follows a link that a source names or leads through, to anywhere in the context: all of it counts. */
class SourceThroughLink extends Error {}

/** Goes through a context synchronously; yields now and then, so that the caller can pause or give up. */
class Walk {
  readonly entries: TreeEntry[] = [];
  readonly #selection: Selection;
  #steps = 0;

  constructor(
    readonly workTree: WorkTree,
    readonly request: TreeRequest,
    readonly reads: ContextReads,
    readonly counts: (path: string) => boolean = () => true,
  ) {
    this.#selection = selectionOf(reads);
  }

  /** @returns whether the builder is sent anything of the folder @throws Unreadable, SourceThroughLink */
  *folder(folder: string, prefix: string, wanted: 'all' | 'some'): Generator<void, boolean> {
    const selection = this.#selection;
    const { rules } = this.request;
    let isSent = false;
    for (const listed of this.#list(folder, prefix)) {
      const path = prefix + listed.name;
      // Node replaces bytes that are not UTF-8: neither patterns nor lookups work with such a name.
      if (listed.name.includes('\uFFFD')) throw new Unreadable(`the name of ${path} is not UTF-8`);
      this.#steps += 1;
      if (this.#steps % 256 === 0) yield;
      const ignored = rules.ignores(path);
      if (ignored && rules.prunes(path)) continue;
      const selected = wanted === 'all' || selection.selects(path);
      if (!ignored && !selected && !selection.reaches(path)) {
        isSent = true;
        continue;
      }
      if (listed.type === 'directory') {
        const below = wanted === 'all' || (selected && selection.takesAllBelow(path)) ? 'all' : 'some';
        const isSentBelow = yield* this.folder(listed.path, `${path}/`, below);
        // An ignored folder is sent if something below it is taken in again.
        if (!isSentBelow && ignored) continue;
      } else {
        if (ignored) continue;
        if (listed.type === 'link' && selection.leadsThrough(path)) throw new SourceThroughLink();
      }
      if (selected && this.counts(path)) yield* this.#add(path, listed);
      isSent = true;
    }
    return isSent;
  }

  #list(folder: string, prefix: string): readonly Listed[] {
    try {
      return this.workTree.list(folder);
    } catch (error) {
      throw unreadable(prefix.slice(0, -1), error);
    }
  }

  *#add(path: string, listed: Listed): Generator<void, void> {
    const { type } = listed;
    if (type === 'other') throw new Unreadable(`${path} is neither file, folder nor link`);
    try {
      const content = type === 'directory' ? '' : yield* listed.content();
      const ignoresMode = type === 'link' || (type === 'directory' && this.#selection.copiesByName(path));
      this.entries.push({ path, type, mode: ignoresMode ? 0 : listed.mode(), content });
    } catch (error) {
      throw unreadable(path, error);
    }
  }
}

/** The error of the file system without its path, which is absolute. */
function unreadable(path: string, error: unknown): Unreadable {
  const message = messageOf(error);
  const reason = /\bE[A-Z]+: ([^,]*)/.exec(message)?.[1] ?? message;
  return new Unreadable(`${path === '' ? 'its folder' : path} can't be read: ${reason}`);
}
