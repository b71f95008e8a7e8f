import { isAncestor, readCommit } from './commits.js';
import { askOfCommits } from './git.js';
import { writeMerge } from './merging-methods.js';
import type { MergeWish } from './merging-methods.js';
import { ZERO_OID } from './objects.js';
import type { PullRequest } from './pull-requests.js';
import { moveRefs, readRef } from './refs.js';
import type { Caller, ServedRepository } from './repository.js';
import { rulesFor } from './rules.js';

export interface PullHeads {
  base: string | undefined;
  head: string | undefined;
}

export async function headsOf(repository: ServedRepository, pull: PullRequest): Promise<PullHeads> {
  const [base, head] = await Promise.all([
    readRef(repository.dir, `refs/heads/${pull.base}`),
    readRef(repository.dir, `refs/heads/${pull.head}`),
  ]);
  return { base: base?.oid, head: pull.state === 'open' ? head?.oid : (pull.lastHead ?? head?.oid) };
}

export type MergeState =
  | { state: 'clean'; tree: string }
  | { state: 'dirty' | 'unknown' }
  | { state: 'blocked'; why: string };

/** Whether an open pull request can be merged now. */
export async function mergeState(repository: ServedRepository, pull: PullRequest): Promise<MergeState> {
  const { base, head } = await headsOf(repository, pull);
  if (!base || !head || pull.state !== 'open') return { state: 'unknown' };
  const merged = await askOfCommits(repository.dir, ['merge-tree', '--write-tree'], base, head);
  if (merged.code !== 0) return { state: 'dirty' };
  const waits = rulesFor(repository, pull.base).some(({ type }) => type === 'required_status_checks');
  if (waits && !repository.greenChecks?.has(head))
    return { state: 'blocked', why: 'Required status check "ci" is expected.' };
  return { state: 'clean', tree: merged.stdout.toString().split('\n')[0] ?? '' };
}

/** Merges a clean pull request; `stale` when the base moved meanwhile. */
export async function mergePull(
  repository: ServedRepository,
  pull: PullRequest,
  clean: { tree: string } & { base: string; head: string },
  caller: Caller,
  wish: MergeWish,
): Promise<'merged' | 'stale'> {
  const oid = await writeMerge(repository, pull, clean, caller, wish);
  const name = `refs/heads/${pull.base}`;
  const result = await moveRefs(repository.dir, [{ name, before: clean.base, after: oid }]);
  if (result === 'stale') return 'stale';
  closePull(pull, clean.head, { oid, at: new Date().toISOString() });
  if (repository.mergedBranches === 'delete') {
    await moveRefs(repository.dir, [{ name: `refs/heads/${pull.head}`, before: clean.head, after: ZERO_OID }]);
  }
  return 'merged';
}

/** A hand for tests: the check has succeeded for a commit; what waits for it merges. */
export async function succeedCheck(repository: ServedRepository, oid: string): Promise<void> {
  (repository.greenChecks ??= new Set()).add(oid);
  await refreshPulls(repository);
}

export function closePull(pull: PullRequest, head: string | undefined, merge?: PullRequest['merge']): void {
  Object.assign(pull, { state: merge ? 'merged' : 'closed', lastHead: head, ...(merge ? { merge } : {}) });
  delete pull.autoMerge;
}

/**
 * Brings open pull requests up to date with the refs, as GitHub does in the background: `refs/pull/N/head`
 * follows the branch, a pushed merge marks it as merged, a deleted branch closes it, and auto-merge happens.
 */
export async function refreshPulls(repository: ServedRepository): Promise<void> {
  for (const pull of repository.pulls.filter((candidate) => candidate.state === 'open')) {
    const { base, head } = await headsOf(repository, pull);
    const mirror = `refs/pull/${pull.number}/head`;
    const mirrored = (await readRef(repository.dir, mirror))?.oid;
    if (!head || !base) {
      closePull(pull, mirrored);
      continue;
    }
    if (mirrored !== head) await moveRefs(repository.dir, [{ name: mirror, after: head }]);
    if (await isAncestor(repository.dir, head, base)) {
      const { committer } = await readCommit(repository.dir, head);
      closePull(pull, head, { oid: head, at: committer.date });
      continue;
    }
    const state = pull.autoMerge ? await mergeState(repository, pull) : undefined;
    if (!pull.autoMerge || state?.state !== 'clean') continue;
    const { by: login, method, title, message } = pull.autoMerge;
    const caller: Caller = { login, type: 'Bot', id: 41898282, permissions: { contents: 'write' } };
    await mergePull(repository, pull, { ...state, base, head }, caller, { method, title, message });
  }
}
