import type { LedgerMove } from '../../../src/deploy/ledger/ledger.js';
import type { DeployTarget, CommitResult, TargetChange } from '../../../src/deploy/target.js';
import { startRollout } from '../../../src/deploy/rollout/rollout.js';
import type { BranchRequest, RolloutState } from '../../../src/deploy/rollout/branch.js';
import type { Fault } from '../../../testing/memory-remote/faults.js';
import type { Objects } from '../../../testing/memory-remote/objects.js';
import type { Refs } from '../../../testing/memory-remote/refs.js';
import { createRemote } from '../../../testing/memory-remote/remote.js';
import { createMemoryTarget } from '../../../testing/memory-remote/target.js';
import type { Actor, Step } from './explore.js';

/** A run between two of its steps. */
export interface RunState {
  rollout: RolloutState;
  alive: 'alive' | 'crashed';
  /** Number of faults that may still occur. */
  faults: number;
  /** Writes that the run no longer waits for, but that may still reach the server. */
  onTheirWay: readonly TargetChange[];
}

/** Performs one step of the state machine and passes it the result. */
export interface Driver {
  advance(rollout: RolloutState, target: DeployTarget): Promise<RolloutState>;
  /** A readable description of the step, for example `reads the branch`. */
  label(rollout: RolloutState): string;
}

export type FaultName = 'lost' | 'replayed' | 'later' | 'slow' | 'lag';

/** Faults of a commit. */
const FAULTS: Record<FaultName, { label: string; fault: Fault }[]> = {
  lost: [
    { label: ', and its answer is lost', fault: { type: 'lost-after-landing' } },
    { label: ' in vain: it is lost on its way', fault: { type: 'lost-before-landing' } },
  ],
  replayed: [{ label: ', and a replay is told that the branch moved', fault: { type: 'replayed' } }],
  later: [{ label: ' and is asked to come back', fault: { type: 'later', retryAfterMs: 1000 } }],
  /** The run stops waiting for the answer; the write arrives later, or never. */
  slow: [],
  /** A replica without recent commits answers the search for the own commit. */
  lag: [],
};

/** One run of the state machine on the remote; each step may meet a fault or crash. */
export function runActor(
  name: string,
  request: BranchRequest,
  objects: Objects,
  driver: Driver,
  faults: { each: number; kinds: readonly FaultName[] },
): Actor<Refs, RunState> {
  const start: RunState = {
    rollout: startRollout(request),
    alive: 'alive',
    faults: faults.each,
    onTheirWay: [],
  };

  async function steps(state: RunState, refs: Refs): Promise<Step<Refs, RunState>[]> {
    return [...(await arrivals(state, refs)), ...(isOver(state) ? [] : await ownSteps(state, refs))];
  }

  async function ownSteps(state: RunState, refs: Refs): Promise<Step<Refs, RunState>[]> {
    const crash = { label: 'crashes', state: { ...state, alive: 'crashed' as const }, shared: refs };
    const label = driver.label(state.rollout);
    const plain = await stepWith(state, refs, label);
    const faulty = { ...state, faults: state.faults - 1 };
    if (state.rollout.step.type === 'search' && state.faults > 0 && faults.kinds.includes('lag'))
      return [plain, await blindLook(faulty, refs, `${label} in a replica that lags`), crash];
    if (state.rollout.step.type !== 'commit' || state.faults === 0) return [plain, crash];
    const kinds = faults.kinds.flatMap((kind) => FAULTS[kind]);
    const troubled = await Promise.all([
      ...kinds.map(({ label: trouble, fault }) => stepWith(faulty, refs, label + trouble, fault)),
      ...(faults.kinds.includes('slow') ? [slowSwap(faulty, refs)] : []),
    ]);
    return [plain, ...troubled, crash];
  }

  async function stepWith(state: RunState, refs: Refs, label: string, fault?: Fault): Promise<Step<Refs, RunState>> {
    const remote = createRemote({ objects }, refs);
    const target = createMemoryTarget({
      remote,
      branch: request.branch,
      fault: (operation) => (operation === 'commit' ? fault : undefined),
    });
    let told = label;
    const telling: DeployTarget = {
      ...target,
      async commit(change) {
        const result = await target.commit(change);
        told += `: ${tell(result)}`;
        return result;
      },
    };
    const rollout = await settle(await driver.advance(state.rollout, telling), target);
    return { label: told, state: { ...state, rollout }, shared: remote.refs() };
  }

  /** Merges steps that no other actor can observe or disturb into the step before them. */
  async function settle(rollout: RolloutState, target: DeployTarget): Promise<RolloutState> {
    let current = rollout;
    while (['compare', 'prove', 'wait'].includes(current.step.type)) {
      current = await driver.advance(current, target);
    }
    return current;
  }

  async function blindLook(state: RunState, refs: Refs, label: string): Promise<Step<Refs, RunState>> {
    const target = createMemoryTarget({ remote: createRemote({ objects }, refs), branch: request.branch });
    const blind: DeployTarget = { ...target, commitsSince: async () => [] };
    const rollout = await settle(await driver.advance(state.rollout, blind), target);
    return { label, state: { ...state, rollout }, shared: refs };
  }

  async function slowSwap(state: RunState, refs: Refs): Promise<Step<Refs, RunState>> {
    let sent: TargetChange | undefined;
    const remote = createRemote({ objects }, refs);
    const target = createMemoryTarget({ remote, branch: request.branch });
    const slow: DeployTarget = {
      ...target,
      async commit(change) {
        sent = change;
        return { status: 'unknown', cause: new Error('no answer') };
      },
    };
    const rollout = await settle(await driver.advance(state.rollout, slow), target);
    const onTheirWay = sent ? [...state.onTheirWay, sent] : state.onTheirWay;
    return {
      label: 'commits, and the write is slow',
      state: { ...state, rollout, onTheirWay },
      shared: refs,
    };
  }

  async function arrivals(state: RunState, refs: Refs): Promise<Step<Refs, RunState>[]> {
    return Promise.all(
      state.onTheirWay.map(async (change, index) => {
        const remote = createRemote({ objects }, refs);
        const target = createMemoryTarget({ remote, branch: request.branch });
        const result = await target.commit(change);
        const onTheirWay = state.onTheirWay.filter((_, other) => other !== index);
        const label = `had a slow write, which arrives: ${tell(result)}`;
        return { label, state: { ...state, onTheirWay }, shared: remote.refs() };
      }),
    );
  }

  return { name, start, key: keyOf, steps, ended: isOver };
}

export function isOver({ rollout, alive }: RunState): boolean {
  return alive === 'crashed' || rollout.step.type === 'done' || rollout.step.type === 'fail';
}

function tell(result: CommitResult): string {
  return result.status === 'committed' && result.commit === undefined ? 'no commit needed' : result.status;
}

/**
 * Everything that the future of a run depends on. File contents are left out: the plan follows from the request, the
 * commits that were read, and the number of the attempt. Answers of `compare` never change, and no run reaches the
 * limits for lost races and failures.
 */
function keyOf({ rollout, alive, faults, onTheirWay }: RunState): string {
  const late = onTheirWay.map(({ base, message, ledgers }) => [base, message, ledgers.map(keyOfMove)]);
  if (alive === 'crashed') return JSON.stringify(['crashed', late]);
  const { step, read, attempts } = rollout;
  if (step.type === 'done') return JSON.stringify(['done', step.outcome.commit?.oid, late]);
  return JSON.stringify([
    step.type,
    step.type === 'search' ? step.otherwise.do : undefined,
    read.ledgers.map(({ oid }) => oid ?? null),
    read.branch?.head,
    attempts.map((attempt) => [attempt.id, attempt.outcome, attempt.plan.base]),
    [rollout.ledgers, rollout.tries, rollout.doubtedReads],
    faults,
    late,
  ]);
}

const keyOfMove = ({ before, message }: LedgerMove) => [before, message(undefined)];
