import type { Stats } from 'node:fs';
import picomatch from 'picomatch';
import { messageOf } from '../../lib/errors.js';
import type { ContextReads } from '../dockerfile/dockerfile.js';
import { selectionOf, type Selection } from './selection.js';
import type { TreeEntry, TreeRequest } from './tree.js';
import type { WorkTree } from './work-tree.js';

/** Something that counts can't be read, or is neither file, folder nor link. */
export class Unreadable extends Error {}

/** BuildKit follows a link that a source names or leads through, to wherever in the context: all of it counts. */
export class LinkOnTheWay extends Error {}

/**
 * Goes through a context and collects what the builder takes of it, synchronously; yields now and then, so that
 * the caller can pause or give up.
 * @throws Unreadable, LinkOnTheWay
 */
export function* walk(
  workTree: WorkTree,
  request: TreeRequest,
  reads: ContextReads,
): Generator<void, TreeEntry[]> {
  const collector = new Collector(workTree, request, reads);
  yield* collector.folder(request.folder, '', reads.status);
  return collector.entries;
}

class Collector {
  readonly entries: TreeEntry[] = [];
  readonly #workTree: WorkTree;
  readonly #rules: TreeRequest['rules'];
  readonly #selection: Selection;
  readonly #counts: (path: string) => boolean;
  #steps = 0;

  constructor(workTree: WorkTree, { rules, paths }: TreeRequest, reads: ContextReads) {
    this.#workTree = workTree;
    this.#rules = rules;
    this.#selection = selectionOf(reads);
    this.#counts = paths === undefined ? () => true : matcherOf(paths);
  }

  /** @returns whether the builder is sent anything of the folder */
  *folder(folder: string, prefix: string, wanted: 'all' | 'some'): Generator<void, boolean> {
    const selection = this.#selection;
    let sent = false;
    for (const listed of attempt(prefix.slice(0, -1), () => this.#workTree.list(folder))) {
      const path = prefix + listed.name;
      this.#steps += 1;
      if (this.#steps % 256 === 0) yield;
      const ignored = this.#rules.ignores(path);
      if (ignored && this.#rules.prunes(path)) continue;
      const selected = wanted === 'all' || selection.selects(path);
      if (!ignored && !selected && !selection.reaches(path)) {
        sent = true;
        continue;
      }
      const stat = attempt(path, () => listed.stat());
      if (stat.isDirectory()) {
        const below = wanted === 'all' || (selected && selection.takesAllBelow(path)) ? 'all' : 'some';
        const sentBelow = yield* this.folder(listed.path, `${path}/`, below);
        // A folder that is ignored is sent for the sake of what is taken in again below it.
        if (!sentBelow && ignored) continue;
        if (selected) this.#addFolder(path, stat);
      } else if (ignored) {
        continue;
      } else {
        if (stat.isSymbolicLink() && selection.leadsThrough(path)) throw new LinkOnTheWay();
        if (selected) this.#addLeaf(path, listed.path, stat);
      }
      sent = true;
    }
    return sent;
  }

  #addFolder(path: string, stat: Stats): void {
    if (!this.#counts(path)) return;
    const mode = this.#selection.copiesByName(path) ? 0 : stat.mode & 0o7777;
    this.entries.push({ path, type: 'directory', mode, content: '' });
  }

  #addLeaf(path: string, absolute: string, stat: Stats): void {
    if (!this.#counts(path)) return;
    if (stat.isFile()) {
      const content = attempt(path, () => this.#workTree.contentOf(absolute, stat));
      this.entries.push({ path, type: 'file', mode: stat.mode & 0o7777, content });
    } else if (stat.isSymbolicLink()) {
      const content = attempt(path, () => this.#workTree.targetOf(absolute));
      this.entries.push({ path, type: 'link', mode: 0, content });
    } else {
      throw new Unreadable(`${path} is neither file, folder nor link`);
    }
  }
}

/**
 * Patterns as in `paths: [src/**, "!src/docs"]`: a folder's name stands for all below it, `!` takes out again.
 * @returns whether a path counts
 */
function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const compile = (list: string[]) =>
    picomatch(
      list
        .map((pattern) => pattern.replace(/^\.?\//, '').replace(/\/$/, ''))
        .flatMap((pattern) => [pattern, `${pattern}/**`]),
      { dot: true },
    );
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  const taken = compile(wanted.length > 0 ? wanted : ['**']);
  const left = compile(
    patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)),
  );
  return (path) => taken(path) && !left(path);
}

/** Names that node can't tell as text come with U+FFFD, and aren't found under it. */
function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (path.includes('\uFFFD')) throw new Unreadable(`the name of ${path} is not UTF-8`);
    throw new Unreadable(`${path === '' ? 'its folder' : path} can't be read: ${reasonOf(error)}`);
  }
}

/** Without the path, which is absolute. */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return /^E[A-Z]+: ([^,]*)/.exec(message)?.[1] ?? message;
}
