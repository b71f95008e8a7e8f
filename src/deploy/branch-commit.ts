import {
  Cancelled,
  failure,
  messageOf,
  throwProblems,
  withRemark,
  type ReleaseError,
} from '../lib/errors.js';
import { backoffMs, type Clockwork } from './backoff.js';
import { readTrailer, TRAILERS, writeCommitMessage } from './commit-message.js';
import { planEdits, readKustomizations, type ActiveDeploy, type BranchPlan } from './deploy-edits.js';
import type { Deployment, Rollout } from './deployment.js';
import type { DeployTarget, ReadOptions, TargetCommit } from './target.js';

/** What one branch gets: one commit over all its Kustomizations. */
export interface BranchWork {
  target: DeployTarget;
  deploys: readonly ActiveDeploy[];
  rollouts: readonly Rollout[];
  /** The commit that the images were built from. */
  source?: string;
  run?: string;
  /** Unique in the world; each try adds its number. */
  id: string;
  clockwork: Clockwork;
  signal?: AbortSignal;
  say: (line: string) => void;
}

/** A reading of the branch, and what is to be done on top of it. */
export interface Reading {
  head: string;
  plan: BranchPlan;
}

/**
 * Tries that may have landed, by the id in their commit message. A lost race is among them: an HTTP client
 * that replays a push whose answer it missed is told that the branch moved, by its own commit.
 */
type Attempts = Map<string, Reading & { outcome: 'stale' | 'unknown' }>;

/** Each lost race is progress of somebody else, so the bound lies far beyond any real crowd. */
const MOST_RACES = 40;
/** Tries without a verdict. */
const MOST_FAILURES = 6;
/** How long a cancelled run still looks for the outcome of its write. */
const LAST_LOOK_MS = 6_000;

/** Reads the branch afresh and plans the edits on what stands there now. */
export async function readBranch(
  { target, deploys, rollouts }: Pick<BranchWork, 'target' | 'deploys' | 'rollouts'>,
  options: ReadOptions,
): Promise<Reading> {
  const snapshot = await target.snapshot(options);
  const kustomizations = await readKustomizations(snapshot, deploys);
  return { head: snapshot.head, plan: planEdits(kustomizations, rollouts) };
}

/**
 * Commits exactly once: each try plans on the fresh head and swaps it by compare-and-set. A lost race means
 * reading again, never re-applying; after an unknown outcome our own commit is looked for first.
 * @param first what was read already, so that the usual case reads once
 * @throws ReleaseError with the problems of the plan, `deploy/branch-busy`, `deploy/no-answer` or a refusal
 * of the target; Cancelled
 */
export async function commitToBranch(work: BranchWork, first: Reading): Promise<Deployment[]> {
  const attempts: Attempts = new Map();
  try {
    return await raceForBranch(work, first, attempts);
  } catch (error) {
    if (attempts.size === 0) throw error;
    const landed = await lastLook(work, attempts);
    if (landed) return landed;
    throw withDoubt(error, work.target, attempts);
  }
}

async function raceForBranch(work: BranchWork, first: Reading, attempts: Attempts): Promise<Deployment[]> {
  const { target, clockwork, signal, say } = work;
  let reading = first;
  let lostRaces = 0;
  let failures = 0;

  for (let tries = 1; ; tries++) {
    if (tries > 1) {
      reading = await readBranch(work, { signal });
      const own = await findOwn(target, attempts, { signal });
      if (own) return committed(work, own.reading.plan, own.commit, lostRaces);
    }
    const { head, plan } = reading;
    throwProblems(plan.problems);
    if (plan.files.length === 0) return unchanged(work, plan);
    if (signal?.aborted) throw new Cancelled('deploying; nothing was committed');

    const id = `${work.id}.${tries}`;
    const message = messageFor(work, plan, id);
    const result = await target.swap({ base: head, files: plan.files, message });
    switch (result.status) {
      case 'committed':
        return committed(work, plan, { oid: result.commit, url: result.url }, lostRaces);
      case 'stale':
        attempts.set(id, { ...reading, outcome: 'stale' });
        if (++lostRaces >= MOST_RACES) throw branchBusy(target, lostRaces);
        say(`${target.branch} has moved; reading it again.`);
        await clockwork.sleep(backoffMs(lostRaces, clockwork.random), signal);
        break;
      case 'unknown': {
        attempts.set(id, { ...reading, outcome: 'unknown' });
        const own = await findOwn(target, attempts, { signal });
        if (own) return committed(work, own.reading.plan, own.commit, lostRaces);
        if (++failures >= MOST_FAILURES) throw noAnswer(target, result.cause, failures);
        say(
          `The outcome of the commit is not known (${messageOf(result.cause)}); looking again before trying again.`,
        );
        await clockwork.sleep(backoffMs(failures, clockwork.random, result.retryAfterMs), signal);
        break;
      }
      case 'later':
        if (++failures >= MOST_FAILURES) throw noAnswer(target, result.cause, failures);
        say(`Nothing written yet (${messageOf(result.cause)}); the server asks to wait.`);
        await clockwork.sleep(backoffMs(failures, clockwork.random, result.retryAfterMs), signal);
        break;
    }
  }
}

/** A commit of ours among those that followed the head of the first try. */
async function findOwn(
  target: DeployTarget,
  attempts: Attempts,
  options: ReadOptions,
): Promise<{ commit: TargetCommit; reading: Reading } | undefined> {
  const [first] = attempts.values();
  if (!first) return undefined;
  for (const commit of await target.commitsSince(first.head, options)) {
    const reading = attempts.get(readTrailer(commit.message, TRAILERS.id) ?? '');
    if (reading) return { commit, reading };
  }
  return undefined;
}

/** Before giving up (cancelled, or failed while reading) with an open outcome: one look that no cancel stops. */
async function lastLook(work: BranchWork, attempts: Attempts): Promise<Deployment[] | undefined> {
  try {
    const own = await findOwn(work.target, attempts, { signal: AbortSignal.timeout(LAST_LOOK_MS) });
    return own && committed(work, own.reading.plan, own.commit, 0);
  } catch {
    // The reason for giving up is the one to report.
    return undefined;
  }
}

function withDoubt(error: unknown, target: DeployTarget, attempts: Attempts): unknown {
  const open = [...attempts].flatMap(([id, { outcome }]) => (outcome === 'unknown' ? [id] : []));
  if (open.length === 0) return error;
  const ids = open.map((id) => `"${TRAILERS.id}: ${id}"`).join(' or ');
  const doubt = `A commit may still land on ${target.description}; it would say ${ids}.`;
  return withRemark(error, doubt);
}

function messageFor({ rollouts, source, run }: BranchWork, plan: BranchPlan, id: string): string {
  const changed = plan.outcomes.filter((outcome) => outcome.changes.length > 0);
  return writeCommitMessage({
    changes: changed.flatMap((outcome) => outcome.changes),
    tags: new Map(rollouts.map((rollout) => [rollout.key, rollout.releaseTag])),
    source,
    run,
    id,
    template: changed
      .map((outcome) => outcome.deploy.target.message)
      .find((message) => message !== undefined),
  });
}

function committed(
  { target }: BranchWork,
  plan: BranchPlan,
  commit: { oid: string; url?: string },
  lostRaces: number,
): Deployment[] {
  return plan.outcomes.map(({ path, images, changes, diff }) =>
    changes.length === 0
      ? { status: 'unchanged', kustomization: path, branch: target.branch, images }
      : {
          status: 'committed',
          kustomization: path,
          branch: target.branch,
          commit: commit.oid,
          url: commit.url,
          changes,
          diff,
          lostRaces,
        },
  );
}

function unchanged({ target }: BranchWork, plan: BranchPlan): Deployment[] {
  return plan.outcomes.map(({ path, images }) => ({
    status: 'unchanged',
    kustomization: path,
    branch: target.branch,
    images,
  }));
}

function branchBusy(target: DeployTarget, races: number): ReleaseError {
  return failure({
    code: 'deploy/branch-busy',
    message: `${target.description} moved under each of ${races} tries; nothing was committed.`,
    fix: 'Run the deploy again; if it persists, find out what commits there all the time.',
  });
}

function noAnswer(target: DeployTarget, cause: unknown, failures: number): ReleaseError {
  return failure({
    code: 'deploy/no-answer',
    message: `${target.description} gave no verdict on the deploy commit in ${failures} tries.`,
    fix: 'Run the deploy again when the server is well: what has landed is recognised, nothing is deployed twice.',
    detail: messageOf(cause),
  });
}
