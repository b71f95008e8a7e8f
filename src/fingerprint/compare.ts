import type { Input, InputRecord } from '../dockerfile/description.js';
import { foldBelow, foldKinds, foldLike } from './fold.js';
import { parseName } from './names.js';

export { describeChange } from './describe-change.js';

/** Names of inputs, each list sorted. */
export interface RecordChanges {
  added: string[];
  removed: string[];
  changed: string[];
}

/**
 * What is different now. Either record may have been shortened when it was written down: hashes are compared as far as
 * both go, and folders that one of them has folded are folded in the other.
 */
export function compareRecords(before: InputRecord, now: InputRecord): RecordChanges {
  const [old, fresh] = alike(before.inputs, now.inputs);
  const rest = new Map(old.map(({ name, hash }) => [name, hash]));
  const changes: RecordChanges = { added: [], removed: [], changed: [] };
  for (const { name, hash } of fresh) {
    const was = rest.get(name);
    if (was === undefined) changes.added.push(name);
    else if (!was.startsWith(hash) && !hash.startsWith(was)) changes.changed.push(name);
    rest.delete(name);
  }
  changes.removed = [...rest.keys()].sort();
  changes.added.sort();
  changes.changed.sort();
  return changes;
}

function alike(before: readonly Input[], now: readonly Input[]): [readonly Input[], readonly Input[]] {
  if (before.some(isKind)) return [before, now.some(isKind) ? now : foldKinds(foldBelow(now, 0))];
  if (now.some(isKind)) return [foldKinds(foldBelow(before, 0)), now];
  return [foldLike(before, foldedIn(now)), foldLike(now, foldedIn(before))];
}

function foldedIn(inputs: readonly Input[]): string[] {
  return inputs.map(({ name }) => name).filter((name) => parseName(name).kind === 'below');
}

function isKind({ name }: Input): boolean {
  return name.startsWith('all ');
}
