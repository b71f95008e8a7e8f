import type { Clockwork } from '../../../src/lib/sleep.js';
import { perform as performStep } from '../../../src/deploy/rollout/driver.js';
import type { RolloutEvent, RolloutState } from '../../../src/deploy/rollout/branch.js';
import { nextState } from '../../../src/deploy/rollout/rollout.js';
import type { DeployTarget, CommitResult, TargetChange } from '../../../src/deploy/target.js';
import type { Driver } from './rollout-actor.js';

const LABELS: Partial<Record<RolloutState['step']['type'], string>> = {
  'read-ledgers': 'reads the ledger',
  'read-branch': 'reads the branch',
  search: 'looks for its commit',
  commit: 'commits',
};

const labelOf = ({ step }: RolloutState) => LABELS[step.type] ?? step.type;

/** Performs a step as `deploy()` does, but never waits, and skips the proof of the files. */
async function perform(state: RolloutState, target: DeployTarget): Promise<RolloutEvent> {
  if (state.step.type === 'prove') return { type: 'proved', problems: [] };
  const { request } = state;
  return performStep(
    {
      request,
      target,
      ancestry: target,
      kustomize: { status: 'missing' },
      registry: { check: 'none' },
      clockwork: NO_TIME,
      say() {},
    },
    { state },
  );
}

const NO_TIME: Clockwork = { sleep: async () => {}, random: () => 0 };

const advance: Driver['advance'] = async (state, target) => nextState(state, await perform(state, target));

export const FAITHFUL: Driver = { advance, label: labelOf };

/** The same driver with a faulty target. */
const through = (spoil: (target: DeployTarget) => Partial<DeployTarget>): Driver => ({
  advance: (state, target) => advance(state, { ...target, ...spoil(target) }),
  label: labelOf,
});

/** Neither reads nor writes a ledger, like most tools. */
export const WITHOUT_LEDGER = through((target) => ({
  readLedgers: async (channels) => channels.map((channel) => ({ channel })),
  commit: (change) => target.commit({ ...change, ledgers: [] }),
}));

/** After a lost race, commits the old change on top of the new head. */
export const WITHOUT_READING_AGAIN = through((target) => ({
  async commit(change): Promise<CommitResult> {
    const result = await target.commit(change);
    return result.status === 'stale' ? target.commit(await onNewHead(change, target)) : result;
  },
}));

async function onNewHead(change: TargetChange, target: DeployTarget): Promise<TargetChange> {
  const readings = await target.readLedgers(change.ledgers.map(({ channel }) => channel));
  const { head } = await target.snapshot();
  return {
    ...change,
    base: head,
    ledgers: change.ledgers.map((move, index) => ({ ...move, before: readings[index]?.oid })),
  };
}

/** Doesn't check whether a write of unknown outcome has landed. */
export const WITHOUT_SEARCH: Driver = {
  advance: async (state, target) =>
    state.step.type === 'search' ? nextState(state, { type: 'found', reach: 'whole' }) : advance(state, target),
  label: (state) => (state.step.type === 'search' ? 'does not look for its commit' : labelOf(state)),
};

/** Trusts each search for its own commit, even if the search covered only part of the branch. */
export const BELIEVING_EVERY_LOOK: Driver = {
  async advance(state, target) {
    const event = await perform(state, target);
    return nextState(state, event.type === 'found' ? { ...event, reach: 'whole' } : event);
  },
  label: labelOf,
};

/** Reads the branch before the ledger, so the branch may be older. */
export const BRANCH_BEFORE_LEDGER: Driver = {
  async advance(state, target) {
    if (state.step.type !== 'read-ledgers') return advance(state, target);
    const { branch } = state.read;
    if (branch) return nextState(await advance(state, target), { type: 'branch', reading: branch });
    const early = await perform({ ...state, step: { type: 'read-branch' } }, target);
    return early.type === 'branch' ? { ...state, read: { ledgers: [], branch: early.reading } } : state;
  },
  label: (state) => (state.step.type === 'read-ledgers' && !state.read.branch ? 'reads the branch' : labelOf(state)),
};

/** As above, but doesn't check whether the branch contains the commits that the ledger names. */
export const BRANCH_BEFORE_LEDGER_BELIEVED: Driver = {
  async advance(state, target) {
    const { step } = state;
    if (step.type !== 'compare') return BRANCH_BEFORE_LEDGER.advance(state, target);
    const relations = await Promise.all(
      step.comparisons.map(({ of, base, head }) =>
        of === 'branch' ? Promise.resolve('ahead' as const) : target.compare(base, head),
      ),
    );
    return nextState(state, { type: 'compared', relations });
  },
  label: BRANCH_BEFORE_LEDGER.label,
};

/** Doesn't record a run that finds its values in place. */
export const WITHOUT_RECORD_OF_NO_OP: Driver = {
  async advance(state, target) {
    const { step } = state;
    if (step.type !== 'commit' || step.change.plan.files.length > 0) return advance(state, target);
    return nextState(state, { type: 'committed', result: { status: 'committed' } });
  },
  label: (state) =>
    state.step.type === 'commit' && state.step.change.plan.files.length === 0
      ? 'finds nothing to change'
      : labelOf(state),
};
