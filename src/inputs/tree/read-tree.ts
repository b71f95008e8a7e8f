import { setImmediate as breathe } from 'node:timers/promises';
import { Cancelled } from '../../lib/errors.js';
import type { ContextReads } from '../dockerfile/dockerfile.js';
import type { TreeEntry, TreeReading, TreeRequest } from './tree.js';
import { LinkOnTheWay, Unreadable, walk } from './walk.js';
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
  try {
    return { status: 'read', entries: await entriesOf(workTree, request, signal) };
  } catch (error) {
    if (error instanceof Unreadable) return { status: 'unreadable', reason: error.message };
    throw error;
  }
}

async function entriesOf(
  workTree: WorkTree,
  request: TreeRequest,
  signal?: AbortSignal,
): Promise<TreeEntry[]> {
  const go = async (reads: ContextReads) => finish(walk(workTree, request, reads), signal);
  try {
    return await go(request.reads);
  } catch (error) {
    if (!(error instanceof LinkOnTheWay)) throw error;
    return go({ status: 'all', reason: 'a source leads through a link' });
  }
}

async function finish<T>(steps: Generator<void, T>, signal?: AbortSignal): Promise<T> {
  let since = Date.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (Date.now() - since < STRETCH) continue;
    await breathe();
    if (signal?.aborted) throw new Cancelled('reading what the images are made of');
    since = Date.now();
  }
}
