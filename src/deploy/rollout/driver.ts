import { Cancelled } from '../../lib/errors.js';
import { sleep } from '../../lib/sleep.js';
import { backoffMs, type Clockwork } from '../backoff.js';
import { readTrailer, TRAILERS } from '../commit-message.js';
import type { Ancestry } from '../order.js';
import type { Kustomize } from '../proof/kustomize.js';
import { prove } from '../proof/prove.js';
import type { RegistryCheck } from '../pullable.js';
import { readKustomizations } from '../read-kustomizations.js';
import { begin, next, type BranchOutcome, type Rolling, type RolloutEvent, type Search } from './rollout.js';
import type { BranchOrder, BranchReading } from './branch.js';
import { changedParts, writeChange } from './change.js';
import { readServedTags } from './served-tags.js';
import type { DeployTarget, ReadOptions, Snapshot, SwapResult } from '../target.js';

/** A rollout to one branch, with everything that its steps need. */
export interface BranchWork {
  order: BranchOrder;
  target: DeployTarget;
  /** Compares commits of the repository that the images are built from. */
  ancestry: Ancestry;
  kustomize: Kustomize;
  /** Asked for the tags that images which were not built may keep. */
  registry: RegistryCheck;
  clockwork: Clockwork;
  signal?: AbortSignal;
  say: (line: string) => void;
}

/** How far a rollout has come. */
export interface Progress {
  rolling: Rolling;
  /** The branch as it was read last. */
  snapshot?: Snapshot;
}

/**
 * How long a cancelled run waits for the answer to its write, and then looks for the outcome: together less than the
 * time until the process is ended.
 */
const LAST_ANSWER_MS = 3_000;
const LAST_LOOK_MS = 5_000;

/**
 * Takes a rollout up to its first write: the branch is read, everything decided on, planned and proved.
 * @returns a progress whose step is `swap`, `done` or `fail`
 */
export async function prepareBranch(work: BranchWork): Promise<Progress> {
  return advance(work, { rolling: begin(work.order) }, ({ step }) => step.type === 'swap');
}

/**
 * Takes a prepared rollout to its end: it is committed exactly once, whatever the others do meanwhile.
 * @throws ReleaseError with the problems of the plan, `deploy/branch-busy`, `deploy/no-answer` or a refusal of
 * the target; Cancelled
 */
export async function commitToBranch(work: BranchWork, prepared: Progress): Promise<BranchOutcome> {
  const { rolling } = await advance(work, prepared, () => false);
  if (rolling.step.type === 'done') return rolling.step.outcome;
  throw rolling.step.type === 'fail' ? rolling.step.error : new Error(`stopped at ${rolling.step.type}`);
}

async function advance(
  work: BranchWork,
  from: Progress,
  stop: (rolling: Rolling) => boolean,
): Promise<Progress> {
  const progress = { ...from };
  while (!isOver(progress.rolling) && !stop(progress.rolling)) {
    progress.rolling = next(progress.rolling, await attempt(work, progress));
  }
  return progress;
}

function isOver({ step }: Rolling): boolean {
  return step.type === 'done' || step.type === 'fail';
}

async function attempt(work: BranchWork, progress: Progress): Promise<RolloutEvent> {
  try {
    return await perform(work, progress);
  } catch (error) {
    return { type: 'failed', error };
  }
}

/** Does what the rollout says is to be done now, and tells what came of it. */
export async function perform(work: BranchWork, progress: Progress): Promise<RolloutEvent> {
  const { order, target, clockwork, signal } = work;
  const { step } = progress.rolling;
  const options = { signal };
  switch (step.type) {
    case 'read-ledgers':
      return { type: 'ledgers', readings: await target.readLedgers(step.channels, options) };
    case 'read-branch': {
      progress.snapshot = await target.snapshot(options);
      return { type: 'branch', reading: await readBranch(work, progress) };
    }
    case 'search':
      return findOwn(target, step, options);
    case 'compare': {
      const repository = { source: work.ancestry, branch: target };
      const answers = step.comparisons.map(({ of, base, head }) =>
        repository[of].compare(base, head, options),
      );
      return { type: 'compared', relations: await Promise.all(answers) };
    }
    case 'prove': {
      const { plan } = step;
      const snapshot = progress.snapshot as Snapshot;
      const { kustomize } = work;
      const expectations = changedParts(plan);
      const problems = await prove({ snapshot, files: plan.files, expectations, kustomize, signal });
      return { type: 'proved', problems };
    }
    case 'swap':
      if (signal?.aborted) throw new Cancelled('deploying; nothing was committed');
      return {
        type: 'swapped',
        result: await answerOf(() => target.swap(writeChange(order, step.change)), signal),
      };
    case 'wait':
      work.say(step.say);
      await clockwork.sleep(backoffMs(step.tries, clockwork.random, step.atLeastMs), signal);
      return { type: 'waited' };
    case 'done':
    case 'fail':
      throw new Error(`nothing follows ${step.type}`);
  }
}

/** The write itself goes on, but a server may take longer to answer than a cancelled run has left. */
async function answerOf(
  write: () => Promise<SwapResult>,
  signal: AbortSignal | undefined,
): Promise<SwapResult> {
  if (signal === undefined) return write();
  const answered = new AbortController();
  const late = new Promise<SwapResult>((resolve) => {
    const giveUp = () =>
      void sleep(LAST_ANSWER_MS, answered.signal)
        .then(() => resolve({ status: 'unknown', cause: new Error('no answer after the cancel') }))
        .catch(() => {});
    signal.addEventListener('abort', giveUp, { once: true, signal: answered.signal });
  });
  try {
    return await Promise.race([write(), late]);
  } finally {
    answered.abort();
  }
}

async function readBranch(work: BranchWork, { rolling, snapshot }: Progress): Promise<BranchReading> {
  const { order, target, signal } = work;
  const options = { signal };
  const { deploys, dormant, proposalBranch } = order;
  const { head } = snapshot as Snapshot;
  const kustomizations = await readKustomizations(snapshot as Snapshot, [...deploys, ...dormant]);
  const served = await readServedTags(work, rolling.read.ledgers, kustomizations);
  const reading: BranchReading = { head, kustomizations, ...(served && { served }) };
  if (proposalBranch === undefined) return reading;
  const [proposed, latest] = await Promise.all([
    target.headOf(proposalBranch, options),
    target.proposals?.latest(proposalBranch, options),
  ]);
  return { ...reading, proposal: { head: proposed, latest } };
}

async function findOwn(
  target: DeployTarget,
  { since, on, upTo, ids, otherwise }: Search,
  { signal }: ReadOptions,
): Promise<RolloutEvent> {
  const last = otherwise.do === 'fail';
  const options = { on, signal: last ? AbortSignal.timeout(LAST_LOOK_MS) : signal };
  const commits = await target.commitsSince(since, options);
  const reached = upTo === undefined || upTo === since || commits.some(({ oid }) => oid === upTo);
  const own = commits.flatMap(({ oid, url, message }) => {
    const id = readTrailer(message, TRAILERS.id);
    return id !== undefined && ids.includes(id) ? [{ oid, url, id }] : [];
  });
  return { type: 'found', commit: own[0], reach: reached ? 'whole' : 'short' };
}
