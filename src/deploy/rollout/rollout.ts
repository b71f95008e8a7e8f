import { failure, messageOf, ReleaseError, warning, withRemark, type Problem } from '../../lib/errors.js';
import { TRAILERS } from '../commit-message.js';
import type { BranchOrder, BranchPlan, BranchReading } from './branch.js';
import { planBranch } from './plan.js';
import type {
  Attempt,
  BranchOutcome,
  ChangeDraft,
  Committed,
  Rolling,
  RolloutEvent,
  Search,
  Wait,
} from './steps.js';
import type { SwapResult } from '../target.js';

export type * from './steps.js';

/** Each lost race is progress of somebody else, so the bound lies far beyond any real crowd. */
const MOST_RACES = 40;
/** Tries without a verdict. */
const MOST_FAILURES = 6;
/** "Ref reads may lag a write": how often a branch is read again where two answers don't fit together. */
const MOST_DOUBTED_READS = 4;

export function begin(order: BranchOrder): Rolling {
  return read({
    order,
    ledgers: 'hidden',
    read: { ledgers: [] },
    relations: new Map(),
    attempts: [],
    tries: 0,
    lostRaces: 0,
    failures: 0,
    doubtedReads: 0,
    warnings: [],
  });
}

/**
 * The next step, given what came of the present one.
 * @throws Error when the event does not belong to the step: a fault of the driver
 */
export function next(rolling: Rolling, event: RolloutEvent): Rolling {
  const { step } = rolling;
  if (event.type === 'failed')
    return step.type === 'search' ? lost(rolling, step, event.error) : giveUp(rolling, event.error);
  if (step.type === 'read-ledgers' && event.type === 'ledgers') {
    return readBranch({ ...rolling, read: { ledgers: event.readings } });
  }
  if (step.type === 'read-branch' && event.type === 'branch') {
    const known = { ...rolling, read: { ...rolling.read, branch: event.reading } };
    return search(known, { do: 'plan' }, event.reading.head) ?? plan(known);
  }
  if (step.type === 'search' && event.type === 'found') {
    const own = rolling.attempts.find(({ id }) => id === event.commit?.id);
    if (own && event.commit) return done(rolling, own, event.commit);
    return event.reach === 'short' && rolling.doubtedReads < MOST_DOUBTED_READS
      ? doubt(rolling, `The history of ${rolling.order.branch} lacks the head that was just read`)
      : notFound(rolling, step);
  }
  if (step.type === 'compare' && event.type === 'compared') {
    const relations = new Map(rolling.relations);
    step.comparisons.forEach(({ key }, index) => relations.set(key, event.relations[index] ?? 'unknown'));
    return plan({ ...rolling, relations });
  }
  if (step.type === 'prove' && event.type === 'proved') {
    const warned = withWarnings(rolling, event.problems);
    const errors = errorsOf(event.problems);
    return errors ? giveUp(warned, errors) : swap(warned, step.plan);
  }
  if (step.type === 'swap' && event.type === 'swapped') return swapped(rolling, step.change, event.result);
  if (step.type === 'wait' && event.type === 'waited') return read(rolling);
  throw new Error(`the step ${step.type} does not end in ${event.type}`);
}

/** Starts a round: nothing of what was read before is used again. */
function read(rolling: Omit<Rolling, 'step'>): Rolling {
  const fresh = { ...rolling, read: { ledgers: [] } };
  if (rolling.ledgers === 'refused') return readBranch(fresh);
  const channels = [...new Set(rolling.order.deploys.map(({ channel }) => channel))];
  return { ...fresh, step: { type: 'read-ledgers', channels } };
}

function readBranch(rolling: Omit<Rolling, 'step'>): Rolling {
  return { ...rolling, step: { type: 'read-branch', proposalBranch: rolling.order.proposalBranch } };
}

function plan(rolling: Rolling): Rolling {
  const { order, relations, doubtedReads } = rolling;
  const verdict = planBranch(order, {
    ledgers: rolling.read.ledgers,
    newLedgers: rolling.ledgers === 'branch' ? 'branch' : 'hidden',
    branch: rolling.read.branch as BranchReading,
    relations,
    reading: doubtedReads < MOST_DOUBTED_READS ? 'may-lag' : 'believed',
  });
  switch (verdict.status) {
    case 'ask':
      return { ...rolling, step: { type: 'compare', comparisons: verdict.comparisons } };
    case 'lagging':
      return doubt(rolling, `${order.branch} lacks the commit that its ledger names`);
    case 'planned': {
      const errors = errorsOf(verdict.plan.problems);
      if (errors) return giveUp(rolling, errors);
      if (verdict.plan.files.length > 0) return { ...rolling, step: { type: 'prove', plan: verdict.plan } };
      if (verdict.plan.ledgers.length > 0) return swap(rolling, verdict.plan);
      return done(rolling, { plan: verdict.plan });
    }
  }
}

function doubt(rolling: Rolling, why: string): Rolling {
  const doubtedReads = rolling.doubtedReads + 1;
  const say = `${why}; reading it again.`;
  return { ...rolling, doubtedReads, step: { type: 'wait', cause: 'lag', tries: doubtedReads, say } };
}

function swap(rolling: Rolling, planned: BranchPlan): Rolling {
  const tries = rolling.tries + 1;
  const change = { id: `${rolling.order.id}.${tries}`, plan: planned };
  // What was doubted is settled: the next round may meet replicas that lag anew.
  return { ...rolling, tries, doubtedReads: 0, step: { type: 'swap', change } };
}

function swapped(rolling: Rolling, change: ChangeDraft, result: SwapResult): Rolling {
  const { branch } = rolling.order;
  /** A change without files has no commit to look for: the ledger itself tells whether it landed. */
  const tried = (attempt: Attempt): Rolling =>
    change.plan.files.length === 0 ? rolling : { ...rolling, attempts: [...rolling.attempts, attempt] };
  switch (result.status) {
    case 'committed': {
      const { ledgerRefused: cause } = result;
      const warned =
        cause === undefined ? rolling : withWarnings(rolling, [ledgerRefused(rolling.order, cause)]);
      return result.commit === undefined
        ? done(warned, { plan: change.plan })
        : done(warned, change, { oid: result.commit, url: result.url });
    }
    case 'stale':
      return race(tried({ ...change, outcome: 'stale' }), `${branch} has moved; reading it again.`);
    case 'ledger-refused': {
      const isNew = change.plan.ledgers.some(({ before }) => before === undefined);
      if (rolling.ledgers === 'hidden' && isNew) return read({ ...rolling, ledgers: 'branch' });
      if (rolling.ledgers === 'refused') return giveUp(rolling, result.cause);
      const warned = withWarnings(rolling, [ledgerRefused(rolling.order, result.cause)]);
      return read({ ...warned, ledgers: 'refused' });
    }
    case 'later': {
      const failures = rolling.failures + 1;
      const say = `Nothing written yet (${messageOf(result.cause)}); the server asks to wait.`;
      const wait: Wait = {
        type: 'wait',
        cause: 'later',
        tries: failures,
        atLeastMs: result.retryAfterMs,
        say,
      };
      return patiently({ ...rolling, failures }, wait, result.cause);
    }
    case 'unknown': {
      const failures = rolling.failures + 1;
      const say = `The outcome of the commit is not known (${messageOf(result.cause)}); looking again before trying again.`;
      const wait: Wait = {
        type: 'wait',
        cause: 'no-verdict',
        tries: failures,
        atLeastMs: result.retryAfterMs,
        say,
      };
      const open = { ...tried({ ...change, outcome: 'unknown' }), failures };
      return search(open, { do: 'wait', wait, cause: result.cause }) ?? patiently(open, wait, result.cause);
    }
  }
}

function race(rolling: Rolling, say: string): Rolling {
  const lostRaces = rolling.lostRaces + 1;
  const known = { ...rolling, lostRaces };
  if (lostRaces >= MOST_RACES) return giveUp(known, branchBusy(rolling.order, lostRaces));
  return { ...known, step: { type: 'wait', cause: 'race', tries: lostRaces, say } };
}

function patiently(rolling: Rolling, wait: Wait, cause: unknown): Rolling {
  return rolling.failures >= MOST_FAILURES
    ? giveUp(rolling, noAnswer(rolling.order, cause, rolling.failures))
    : { ...rolling, step: wait };
}

/** Undefined when there is nothing that could be found. */
function search(rolling: Rolling, otherwise: Search['otherwise'], head?: string): Rolling | undefined {
  const [first] = rolling.attempts;
  if (!first) return undefined;
  const ids = rolling.attempts.map(({ id }) => id);
  const on = rolling.order.proposalBranch;
  const upTo = on === undefined ? head : undefined;
  return { ...rolling, step: { type: 'search', since: first.plan.base, on, upTo, ids, otherwise } };
}

function notFound(rolling: Rolling, { otherwise }: Search): Rolling {
  switch (otherwise.do) {
    case 'plan':
      return plan(rolling);
    case 'wait':
      return patiently(rolling, otherwise.wait, otherwise.cause);
    case 'fail':
      return { ...rolling, step: { type: 'fail', error: withDoubt(rolling, otherwise.error) } };
  }
}

/** The look itself has failed: the reason for giving up is the one to report. */
function lost(rolling: Rolling, step: Search, error: unknown): Rolling {
  return step.otherwise.do === 'fail' ? notFound(rolling, step) : giveUp(rolling, error);
}

/** Before giving up (cancelled, refused, failed while reading) with an open outcome: one last look. */
function giveUp(rolling: Rolling, error: unknown): Rolling {
  return (
    search(rolling, { do: 'fail', error }) ?? {
      ...rolling,
      step: { type: 'fail', error: withDoubt(rolling, error) },
    }
  );
}

function withDoubt({ attempts, order }: Rolling, error: unknown): unknown {
  const ids = attempts.flatMap(({ id, outcome }) =>
    outcome === 'unknown' ? [`"${TRAILERS.id}: ${id}"`] : [],
  );
  if (ids.length === 0) return error;
  return withRemark(
    error,
    `A commit may still land on ${order.description}; it would say ${ids.join(' or ')}.`,
  );
}

function done(rolling: Rolling, what: { plan: BranchPlan; id?: string }, commit?: Committed): Rolling {
  const { lostRaces } = rolling;
  const warnings = withWarnings(rolling, what.plan.problems).warnings;
  const outcome: BranchOutcome = { plan: what.plan, lostRaces, warnings };
  if (commit) Object.assign(outcome, { commit: { oid: commit.oid, url: commit.url }, id: what.id });
  return { ...rolling, step: { type: 'done', outcome } };
}

function withWarnings<T extends Pick<Rolling, 'warnings'>>(rolling: T, problems: readonly Problem[]): T {
  const known = new Set(rolling.warnings.map(({ message }) => message));
  const fresh = problems.filter(({ severity, message }) => severity === 'warning' && !known.has(message));
  return fresh.length === 0 ? rolling : { ...rolling, warnings: [...rolling.warnings, ...fresh] };
}

function errorsOf(problems: readonly Problem[]): ReleaseError | undefined {
  const [first, ...rest] = problems.filter(({ severity }) => severity === 'error');
  return first && new ReleaseError([first, ...rest]);
}

function branchBusy({ description }: BranchOrder, races: number): ReleaseError {
  return failure({
    code: 'deploy/gave-up',
    message: `${description} moved during each of ${races} tries; nothing was committed.`,
  });
}

function noAnswer({ description }: BranchOrder, cause: unknown, failures: number): ReleaseError {
  return failure({
    code: 'deploy/gave-up',
    message: `${description} gave no clear answer to the deploy commit in ${failures} tries.`,
    detail: messageOf(cause),
  });
}

function ledgerRefused({ description }: BranchOrder, cause: unknown): Problem {
  return warning({
    code: 'deploy/ledger-refused',
    message: `${description} accepts no ledger, so only the tags in the Kustomizations tell which release is newer.`,
    detail: messageOf(cause),
  });
}
