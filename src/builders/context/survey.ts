import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { Cancelled, failure, type ReleaseError } from '../../lib/errors.js';
import { noCount, type ContextCount, type ContextOrder } from './context.js';
import { contextEntries, READ, reasonOf, type ContextEntry } from './entries.js';

type Survey = Omit<ContextOrder, 'dockerfile'>;

/**
 * Looks at a context before it is sent: what there is, and whether all of it can be read.
 * @throws ReleaseError `build/context-unreadable` naming all that can't be read; Cancelled
 */
export async function surveyContext(order: Survey): Promise<ContextCount> {
  const count = noCount();
  const unreadable: [path: string, reason: string][] = [];
  let steps = 0;
  for (const entry of contextEntries(order)) {
    if (++steps % 1024 === 0) await breathe();
    if (order.signal?.aborted) throw new Cancelled('reading the build context');
    const reason = look(order.folder, entry, count);
    if (reason !== undefined) unreadable.push([entry.path === '' ? '.' : entry.path, reason]);
  }
  if (unreadable.length > 0) throw unreadableContext(order, unreadable);
  return count;
}

/** @returns why it can't be read */
function look(folder: string, entry: ContextEntry, count: ContextCount): string | undefined {
  const { type, path } = entry;
  if (type === 'unreadable') return entry.reason;
  if (type === 'directory') count.folders += 1;
  else if (type === 'link') count.links += 1;
  else if (type === 'other') count.leftOut.push(path);
  else {
    try {
      count.bytes += sizeOf(join(folder, path));
      count.files += 1;
    } catch (error) {
      return reasonOf(error);
    }
  }
  return undefined;
}

/** Opens the file: that alone shows that it can be read. */
function sizeOf(file: string): number {
  const open = openSync(file, READ);
  try {
    return fstatSync(open).size;
  } finally {
    closeSync(open);
  }
}

function unreadableContext({ image, name }: Survey, unreadable: [string, string][]): ReleaseError {
  const [first] = unreadable;
  const one = unreadable.length === 1 && first !== undefined;
  return failure({
    code: 'build/context-unreadable',
    image,
    message: one
      ? `In the build context ${name}, ${first[0]} can't be read: ${first[1]}.`
      : `In the build context ${name}, ${unreadable.length} paths can't be read.`,
    fix: 'Correct their permissions, or leave them out with a .dockerignore.',
    ...(!one && { detail: unreadable.map(([path, reason]) => `${path}: ${reason}`).join('\n') }),
  });
}

export function changedContext({ image, name }: Survey, path: string): ReleaseError {
  return failure({
    code: 'build/context-changed',
    image,
    message: `In the build context ${name}, ${path} changed while it was read.`,
    fix: 'Build when nothing writes there, or leave it out with a .dockerignore.',
  });
}
