import { setImmediate as breathe } from 'node:timers/promises';
import { Cancelled } from '../../lib/errors.js';
import type { ContextReads } from '../../dockerfile/dockerfile.js';
import { narrowTo } from './narrowing.js';
import type { TreeEntry, TreeReading, TreeRequest } from './tree.js';
import { LinkOnTheWay, Unreadable, walk, type Walk } from './walk.js';
import type { WorkTree } from './work-tree.js';

/** How long the process hears of no cancel, in ms. Synchronous work is several times faster than promises. */
const STRETCH = 50;

/**
 * Reads what the builder takes of a context: what is not ignored and what the Dockerfile's COPY instructions select,
 * narrowed by `paths`.
 * @returns entries in no order that means anything
 * @throws Cancelled
 */
export async function readTree(
  workTree: WorkTree,
  request: TreeRequest,
  signal?: AbortSignal,
): Promise<TreeReading> {
  const narrowing = request.paths && narrowTo(request.paths);
  if (narrowing && 'doubt' in narrowing) return { status: 'unreadable', reason: narrowing.doubt };
  try {
    const entries = await entriesOf({ workTree, request, narrowing }, signal);
    const idle = narrowing?.findIdle();
    if (idle === undefined) return { status: 'read', entries };
    return { status: 'unreadable', reason: `\`paths\` names ${idle}, but nothing that is copied matches it` };
  } catch (error) {
    if (error instanceof Unreadable) return { status: 'unreadable', reason: error.message };
    throw error;
  }
}

async function entriesOf(order: Omit<Walk, 'reads' | 'entries'>, signal?: AbortSignal): Promise<TreeEntry[]> {
  const go = async (reads: ContextReads) => {
    const entries: TreeEntry[] = [];
    await finish(walk({ ...order, reads, entries }), signal);
    return entries;
  };
  try {
    return await go(order.request.reads);
  } catch (error) {
    if (!(error instanceof LinkOnTheWay)) throw error;
    return go({ status: 'all', reason: 'a source leads through a link' });
  }
}

async function finish(steps: Iterable<void>, signal?: AbortSignal): Promise<void> {
  let since = Date.now();
  for (const step of steps) {
    if (Date.now() - since < STRETCH) continue;
    await breathe(step);
    if (signal?.aborted) throw new Cancelled('reading what the images are made of');
    since = Date.now();
  }
}
