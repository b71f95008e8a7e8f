import { Cancelled } from '../../lib/errors.js';
import { backoffMs, sleep, type Clockwork } from '../../lib/sleep.js';
import { readTrailer, TRAILERS } from '../commit-message.js';
import type { Ancestry } from '../order.js';
import type { Kustomize } from '../proof/kustomize.js';
import { prove } from '../proof/prove.js';
import { readServedTags, type RegistryCheck } from '../pullable.js';
import { readKustomizations } from '../deploy-edits.js';
import type { CommitResult, DeployTarget, ReadOptions, Snapshot } from '../target.js';
import type { BranchOutcome, BranchPlan, BranchReading, BranchRequest } from './branch.js';
import type { RolloutEvent, RolloutState, Search } from './branch.js';
import { changedParts, writeChange } from './change.js';
import { nextState, startRollout } from './rollout.js';

export interface BranchWork {
  request: BranchRequest;
  target: DeployTarget;
  /** Compares commits of the repository that the images are built from. */
  ancestry: Ancestry;
  kustomize: Kustomize;
  /** Asked for the tags that images which were not built may keep; `none` if the images aren't pushed yet. */
  registry: RegistryCheck;
  clockwork: Clockwork;
  signal?: AbortSignal;
  say: (line: string) => void;
}

export interface Progress {
  state: RolloutState;
  snapshot?: Snapshot;
  /** How old what this round reads may be, see ReadOptions. */
  since?: number;
}

/**
 * How long a cancelled run waits for the answer to its commit, and then looks for the outcome: together less than the
 * time until the process is ended.
 */
const LAST_ANSWER_MS = 3_000;
const LAST_LOOK_MS = 5_000;

/**
 * Takes a rollout up to its first commit: the branch is read, everything decided, planned and proved.
 * @param since how old what the first round reads may be; later ones follow a lost race, and read again
 */
export async function prepareBranch(work: BranchWork, since?: number): Promise<Progress> {
  return advance(work, { state: startRollout(work.request), since }, ['commit', 'done', 'fail']);
}

/** Takes a prepared rollout to its end: it is committed exactly once, whatever others do meanwhile. */
export async function commitToBranch(work: BranchWork, prepared: Progress): Promise<BranchOutcome> {
  const { step } = (await advance(work, prepared, ['done', 'fail'])).state;
  if (step.type === 'done') return step.outcome;
  throw step.type === 'fail' ? step.error : new Error(`stopped at ${step.type}`);
}

async function advance(
  work: BranchWork,
  from: Progress,
  ends: readonly RolloutState['step']['type'][],
): Promise<Progress> {
  const progress = { ...from };
  while (!ends.includes(progress.state.step.type)) {
    const event = perform(work, progress).catch((error: unknown): RolloutEvent => ({ type: 'failed', error }));
    progress.state = nextState(progress.state, await event);
  }
  return progress;
}

export async function perform(work: BranchWork, progress: Progress): Promise<RolloutEvent> {
  const { request, target, clockwork, signal } = work;
  const { step } = progress.state;
  const options: ReadOptions = { signal };
  switch (step.type) {
    case 'read-ledgers':
      options.since = progress.since ??= performance.now();
      return { type: 'ledgers', readings: await target.readLedgers(step.channels, options) };
    case 'read-branch':
      options.since = progress.since;
      progress.snapshot = await target.snapshot(options);
      progress.since = undefined;
      return { type: 'branch', reading: await readBranch(work, progress.state, progress.snapshot) };
    case 'search':
      return findOwn(work, step);
    case 'compare': {
      const repository = { source: work.ancestry, branch: target };
      const answers = step.comparisons.map(({ of, base, head }) => repository[of].compare(base, head, options));
      return { type: 'compared', relations: await Promise.all(answers) };
    }
    case 'prove': {
      const { plan } = step;
      const edit = { snapshot: progress.snapshot as Snapshot, files: plan.files, expectations: changedParts(plan) };
      const [problems, source] = await Promise.all([
        prove({ ...edit, kustomize: work.kustomize, signal }),
        describeSource(work, plan),
      ]);
      return { type: 'proved', problems, ...source };
    }
    case 'commit': {
      if (signal?.aborted) throw new Cancelled('deploying; nothing was committed');
      const commit = () => target.commit(writeChange(request, step.change));
      return { type: 'committed', result: await answerOf(commit, signal) };
    }
    case 'wait':
      work.say(step.say);
      await clockwork.sleep(backoffMs(step.tries, clockwork.random, step.atLeastMs), signal);
      return { type: 'waited' };
    case 'done':
    case 'fail':
      throw new Error(`nothing follows ${step.type}`);
  }
}

/** What the message says of the source: nothing depends on it. */
async function describeSource({ ancestry, request, signal }: BranchWork, { advances }: BranchPlan) {
  const unless = <T>(reading: Promise<T> | undefined) => reading?.catch(() => undefined);
  const [reference, ...histories] = await Promise.all([
    unless(ancestry.commitOf?.(request.source.commit, { signal })),
    ...advances.map(({ base, head }) => unless(ancestry.history?.(base, head, { signal }))),
  ]);
  const all = advances.map((advance, index) => ({ ...advance, history: histories[index] }));
  const known = all.flatMap(({ history }) => history?.commits ?? []);
  return { advances: all, reference: reference ?? known.find(({ commit }) => commit === request.source.commit) };
}

/** The commit itself goes on, but a server may take longer to answer than a cancelled run has left. */
async function answerOf(commit: () => Promise<CommitResult>, signal: AbortSignal | undefined): Promise<CommitResult> {
  const answered = new AbortController();
  const late = new Promise<CommitResult>((resolve) => {
    const giveUp = () =>
      void sleep(LAST_ANSWER_MS, answered.signal)
        .then(() => resolve({ status: 'unknown', cause: new Error('no answer after the cancel') }))
        .catch(() => {});
    signal?.addEventListener('abort', giveUp, { once: true, signal: answered.signal });
  });
  try {
    return await Promise.race([commit(), late]);
  } finally {
    answered.abort();
  }
}

async function readBranch(work: BranchWork, { read }: RolloutState, snapshot: Snapshot): Promise<BranchReading> {
  const { request, target, signal } = work;
  const { deploys, dormant, proposalBranch } = request;
  const kustomizations = await readKustomizations(snapshot, [...deploys, ...dormant]);
  const served = await readServedTags(work, read.ledgers, kustomizations);
  const reading = { head: snapshot.head, kustomizations, served };
  if (proposalBranch === undefined) return reading;
  const [head, latest] = await Promise.all([
    target.headOf(proposalBranch, { signal }),
    target.proposals?.latest(proposalBranch, { signal }),
  ]);
  return { ...reading, proposal: { head, latest } };
}

async function findOwn(
  { request, target, signal }: BranchWork,
  { since, upTo, ids, otherwise }: Search,
): Promise<RolloutEvent> {
  const commits = await target.commitsSince(since, {
    on: request.proposalBranch,
    signal: otherwise.do === 'fail' ? AbortSignal.timeout(LAST_LOOK_MS) : signal,
  });
  const reached = upTo === undefined || upTo === since || commits.some(({ oid }) => oid === upTo);
  const own = commits.flatMap(({ oid, url, message }) => {
    const id = readTrailer(message, TRAILERS.id);
    return id !== undefined && ids.includes(id) ? [{ oid, url, id }] : [];
  });
  return { type: 'found', commit: own[0], reach: reached ? 'whole' : 'short' };
}
