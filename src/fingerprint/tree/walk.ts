import { messageOf } from '../../lib/errors.js';
import type { ContextReads } from '../../dockerfile/dockerfile.js';
import type { Narrowing } from './narrowing.js';
import { selectionOf, type Selection } from './selection.js';
import type { TreeEntry, TreeRequest } from './tree.js';
import type { Listed, WorkTree } from './work-tree.js';

/** Something that counts can't be read, or is neither file, folder nor link. */
export class Unreadable extends Error {}

/** BuildKit follows a link that a source names or leads through, to wherever in the context: all of it counts. */
export class LinkOnTheWay extends Error {}

/** What is walked, and for what. */
export interface Walk {
  workTree: WorkTree;
  request: TreeRequest;
  reads: ContextReads;
  /** Undefined: all that is copied counts. */
  narrowing: Narrowing | undefined;
  /** Filled with what the builder takes of the context. */
  entries: TreeEntry[];
}

/**
 * Goes through a context synchronously; yields now and then, so that the caller can pause or give up.
 * @throws Unreadable, LinkOnTheWay
 */
export function* walk({ request, ...order }: Walk): Generator<void, void> {
  yield* new Collector({ request, ...order }).folder(request.folder, '', order.reads.status);
}

class Collector {
  readonly #selection: Selection;
  #steps = 0;

  constructor(readonly order: Walk) {
    this.#selection = selectionOf(order.reads);
  }

  /** @returns whether the builder is sent anything of the folder */
  *folder(folder: string, prefix: string, wanted: 'all' | 'some'): Generator<void, boolean> {
    const selection = this.#selection;
    const { rules } = this.order.request;
    let sent = false;
    for (const listed of attempt(prefix.slice(0, -1), () => this.order.workTree.list(folder))) {
      const path = prefix + listed.name;
      // Names that node can't tell as text come so: patterns can't be trusted with them, nor are they found.
      if (listed.name.includes('\uFFFD')) throw new Unreadable(`the name of ${path} is not UTF-8`);
      this.#steps += 1;
      if (this.#steps % 256 === 0) yield;
      const ignored = rules.ignores(path);
      if (ignored && rules.prunes(path)) continue;
      const selected = wanted === 'all' || selection.selects(path);
      if (!ignored && !selected && !selection.reaches(path)) {
        sent = true;
        continue;
      }
      const { type } = listed;
      if (type === 'directory') {
        const below = wanted === 'all' || (selected && selection.takesAllBelow(path)) ? 'all' : 'some';
        const sentBelow = yield* this.folder(listed.path, `${path}/`, below);
        // A folder that is ignored is sent for the sake of what is taken in again below it.
        if (!sentBelow && ignored) continue;
        if (selected && this.#counts(path)) this.#addFolder(path, listed);
      } else if (ignored) {
        continue;
      } else {
        if (type === 'link' && selection.leadsThrough(path)) throw new LinkOnTheWay();
        if (selected && this.#counts(path)) {
          if (type === 'other') throw new Unreadable(`${path} is neither file, folder nor link`);
          const content = attempt(path, () => listed.content()) ?? (yield* hash(path, listed));
          this.#add(path, type, type === 'link' ? 0 : listed.mode(), content);
        }
      }
      sent = true;
    }
    return sent;
  }

  #counts(path: string): boolean {
    return this.order.narrowing === undefined || this.order.narrowing.counts(path);
  }

  #addFolder(path: string, listed: Listed): void {
    const mode = this.#selection.copiesByName(path) ? 0 : attempt(path, () => listed.mode());
    this.#add(path, 'directory', mode, '');
  }

  #add(path: string, type: TreeEntry['type'], mode: number, content: string): void {
    this.order.entries.push({ path, type, mode, content });
  }
}

function* hash(path: string, listed: Listed): Generator<void, string> {
  const steps = listed.hashLarge();
  try {
    for (;;) {
      const step = attempt(path, () => steps.next());
      if (step.done) return step.value;
      yield;
    }
  } finally {
    steps.return('');
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Unreadable(`${path === '' ? 'its folder' : path} can't be read: ${reasonOf(error)}`);
  }
}

/** Without the path, which is absolute. */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return /\bE[A-Z]+: ([^,]*)/.exec(message)?.[1] ?? message;
}
