import type { Clockwork } from '../../../src/deploy/backoff.js';
import { perform as performStep } from '../../../src/deploy/rollout/driver.js';
import { next, type Rolling, type RolloutEvent } from '../../../src/deploy/rollout/rollout.js';
import type { DeployTarget, SwapResult, TargetChange } from '../../../src/deploy/target.js';
import type { Driver } from './rollout-actor.js';

const LABELS: Partial<Record<Rolling['step']['type'], string>> = {
  'read-ledgers': 'reads the ledger',
  'read-branch': 'reads the branch',
  search: 'looks for its commit',
  swap: 'swaps',
};

const labelOf = ({ step }: Rolling) => LABELS[step.type] ?? step.type;

/** Does a step as `deploy()` does it, but waits for nothing, and what is proved of the files is taken as proved. */
async function perform(rolling: Rolling, target: DeployTarget): Promise<RolloutEvent> {
  if (rolling.step.type === 'prove') return { type: 'proved', problems: [] };
  const { order } = rolling;
  return performStep(
    {
      order,
      target,
      ancestry: target,
      kustomize: { status: 'missing' },
      registry: { check: 'none' },
      clockwork: NO_TIME,
      say() {},
    },
    { rolling },
  );
}

const NO_TIME: Clockwork = { sleep: async () => {}, random: () => 0 };

const advance: Driver['advance'] = async (rolling, target) => next(rolling, await perform(rolling, target));

export const FAITHFUL: Driver = { advance, label: labelOf };

/** The same with a target that is not quite true. */
const through = (spoil: (target: DeployTarget) => Partial<DeployTarget>): Driver => ({
  advance: (rolling, target) => advance(rolling, { ...target, ...spoil(target) }),
  label: labelOf,
});

/** No ledger is ever seen, none is written: what most tools do. */
export const WITHOUT_LEDGER = through((target) => ({
  readLedgers: async (channels) => channels.map((channel) => ({ channel })),
  swap: (change) => target.swap({ ...change, ledgers: [] }),
}));

/** After a lost race the old change is put on top of whatever stands there now. */
export const WITHOUT_READING_AGAIN = through((target) => ({
  async swap(change): Promise<SwapResult> {
    const result = await target.swap(change);
    return result.status === 'stale' ? target.swap(await onNewHead(change, target)) : result;
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

/** Nobody looks whether a write of unknown outcome has landed. */
export const WITHOUT_SEARCH: Driver = {
  advance: async (rolling, target) =>
    rolling.step.type === 'search'
      ? next(rolling, { type: 'found', reach: 'whole' })
      : advance(rolling, target),
  label: (rolling) => (rolling.step.type === 'search' ? 'does not look for its commit' : labelOf(rolling)),
};

/** A look for the own commit is believed, however little of the branch it has seen. */
export const BELIEVING_EVERY_LOOK: Driver = {
  async advance(rolling, target) {
    const event = await perform(rolling, target);
    return next(rolling, event.type === 'found' ? { ...event, reach: 'whole' } : event);
  },
  label: labelOf,
};

/** What was read of the branch may be older than what was read of the ledger. */
export const BRANCH_BEFORE_LEDGER: Driver = {
  async advance(rolling, target) {
    if (rolling.step.type !== 'read-ledgers') return advance(rolling, target);
    const { branch } = rolling.read;
    if (branch) return next(await advance(rolling, target), { type: 'branch', reading: branch });
    const early = await perform({ ...rolling, step: { type: 'read-branch' } }, target);
    return early.type === 'branch' ? { ...rolling, read: { ledgers: [], branch: early.reading } } : rolling;
  },
  label: (rolling) =>
    rolling.step.type === 'read-ledgers' && !rolling.read.branch ? 'reads the branch' : labelOf(rolling),
};

/** As above, and nobody looks whether the branch holds what its ledger names. */
export const BRANCH_BEFORE_LEDGER_BELIEVED: Driver = {
  async advance(rolling, target) {
    const { step } = rolling;
    if (step.type !== 'compare') return BRANCH_BEFORE_LEDGER.advance(rolling, target);
    const relations = await Promise.all(
      step.comparisons.map(({ of, base, head }) =>
        of === 'branch' ? Promise.resolve('ahead' as const) : target.compare(base, head),
      ),
    );
    return next(rolling, { type: 'compared', relations });
  },
  label: BRANCH_BEFORE_LEDGER.label,
};

/** A run that finds its values in place leaves no trace. */
export const WITHOUT_RECORD_OF_NO_OP: Driver = {
  async advance(rolling, target) {
    const { step } = rolling;
    if (step.type !== 'swap' || step.change.plan.files.length > 0) return advance(rolling, target);
    return next(rolling, { type: 'swapped', result: { status: 'committed' } });
  },
  label: (rolling) =>
    rolling.step.type === 'swap' && rolling.step.change.plan.files.length === 0
      ? 'finds nothing to change'
      : labelOf(rolling),
};
