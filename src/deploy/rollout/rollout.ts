import { failure, messageOf, errorsIn, ReleaseError, warning, withRemark, type Problem } from '../../lib/errors.js';
import { TRAILERS } from '../commit-message.js';
import type { CommitResult } from '../target.js';
import type { Attempt, BranchPlan, BranchReading, BranchRequest, ChangeDraft } from './branch.js';
import type { Committed, RolloutEvent, RolloutState, Search, Wait } from './branch.js';
import { planBranch } from './plan.js';

/** Each lost race is progress of somebody else, so the bound is far beyond any real crowd. */
const MOST_RACES = 40;
const MOST_FAILURES = 6;
/** "Ref reads may lag a write": how often a branch is read again if two answers contradict each other. */
const MOST_DOUBTED_READS = 4;

export function startRollout(request: BranchRequest): RolloutState {
  return read({
    request,
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

/** The state after the event of its step; throws if the event belongs to another one. */
export function nextState(state: RolloutState, event: RolloutEvent): RolloutState {
  const { step } = state;
  if (event.type === 'failed') {
    // If the last look fails, the reason for giving up is the one to report.
    return step.type === 'search' && step.otherwise.do === 'fail' ? notFound(state, step) : giveUp(state, event.error);
  }
  if (step.type === 'read-ledgers' && event.type === 'ledgers') {
    return { ...state, read: { ledgers: event.readings }, step: { type: 'read-branch' } };
  }
  if (step.type === 'read-branch' && event.type === 'branch') {
    const known = { ...state, read: { ...state.read, branch: event.reading } };
    return search(known, { do: 'plan' }, event.reading.head) ?? plan(known);
  }
  if (step.type === 'search' && event.type === 'found') {
    const own = state.attempts.find(({ id }) => id === event.commit?.id);
    if (own && event.commit) return done(state, own, event.commit);
    return event.reach === 'short' && state.doubtedReads < MOST_DOUBTED_READS
      ? readAgain(state, `The history of ${state.request.branch} lacks the head that was just read`)
      : notFound(state, step);
  }
  if (step.type === 'compare' && event.type === 'compared') {
    const relations = new Map(state.relations);
    step.comparisons.forEach(({ key }, index) => relations.set(key, event.relations[index] ?? 'unknown'));
    return plan({ ...state, relations });
  }
  if (step.type === 'prove' && event.type === 'proved') {
    const warned = withWarnings(state, event.problems);
    const { advances = step.plan.advances, reference } = event;
    return refused(warned, event.problems) ?? commit(warned, { ...step.plan, advances, reference });
  }
  if (step.type === 'commit' && event.type === 'committed') return afterCommit(state, step.change, event.result);
  if (step.type === 'wait' && event.type === 'waited') return read(state);
  throw new Error(`the step ${step.type} does not end in ${event.type}`);
}

/** Starts a round: nothing that was read before is used again. */
function read(state: Omit<RolloutState, 'step'>): RolloutState {
  const fresh = { ...state, read: { ledgers: [] } };
  if (state.ledgers === 'refused') return { ...fresh, step: { type: 'read-branch' } };
  const channels = [...new Set(state.request.deploys.map(({ channel }) => channel))];
  return { ...fresh, step: { type: 'read-ledgers', channels } };
}

function plan(state: RolloutState): RolloutState {
  const { request, relations, doubtedReads } = state;
  const result = planBranch(request, {
    ledgers: state.read.ledgers,
    newLedgers: state.ledgers === 'branch' ? 'branch' : 'hidden',
    branch: state.read.branch as BranchReading,
    relations,
    reading: doubtedReads < MOST_DOUBTED_READS ? 'may-lag' : 'believed',
  });
  switch (result.status) {
    case 'ask':
      return { ...state, step: { type: 'compare', comparisons: result.comparisons } };
    case 'lagging':
      return readAgain(state, `${request.branch} lacks the commit that its ledger names`);
    case 'planned': {
      const { plan } = result;
      const end = refused(state, plan.problems);
      if (end) return end;
      if (plan.files.length > 0) return { ...state, step: { type: 'prove', plan } };
      return plan.ledgers.length > 0 ? commit(state, plan) : done(state, { plan });
    }
  }
}

function readAgain(state: RolloutState, why: string): RolloutState {
  const doubtedReads = state.doubtedReads + 1;
  const say = `${why}; reading it again.`;
  return { ...state, doubtedReads, step: { type: 'wait', tries: doubtedReads, say } };
}

function commit(state: RolloutState, planned: BranchPlan): RolloutState {
  const tries = state.tries + 1;
  const change = { id: `${state.request.id}.${tries}`, plan: planned };
  // The next round may meet other replicas that lag.
  return { ...state, tries, doubtedReads: 0, step: { type: 'commit', change } };
}

function afterCommit(state: RolloutState, change: ChangeDraft, result: CommitResult): RolloutState {
  const { request } = state;
  /** A change without files has no commit to look for: the ledger itself shows whether it landed. */
  const tried = (outcome: Attempt['outcome']): RolloutState =>
    change.plan.files.length === 0 ? state : { ...state, attempts: [...state.attempts, { ...change, outcome }] };
  switch (result.status) {
    case 'committed': {
      const { commit: oid, url, ledgerRefused: cause } = result;
      const warned = cause === undefined ? state : withWarnings(state, [ledgerRefused(request, cause)]);
      return oid === undefined ? done(warned, { plan: change.plan }) : done(warned, change, { oid, url });
    }
    case 'stale': {
      const lostRaces = state.lostRaces + 1;
      const known = { ...tried('stale'), lostRaces };
      if (lostRaces >= MOST_RACES) {
        const message = `${request.description} moved during each of ${lostRaces} tries; nothing was committed.`;
        return giveUp(known, failure({ code: 'deploy/gave-up', message }));
      }
      const say = `${request.branch} has moved; reading it again.`;
      return { ...known, step: { type: 'wait', tries: lostRaces, say } };
    }
    case 'ledger-refused': {
      const isNew = change.plan.ledgers.some(({ reading }) => reading.oid === undefined);
      if (state.ledgers === 'hidden' && isNew) return read({ ...state, ledgers: 'branch' });
      if (state.ledgers === 'refused') return giveUp(state, result.cause);
      return read({ ...withWarnings(state, [ledgerRefused(request, result.cause)]), ledgers: 'refused' });
    }
    case 'later':
    case 'unknown': {
      const { status, cause, retryAfterMs: atLeastMs } = result;
      const known = { ...(status === 'later' ? state : tried('unknown')), failures: state.failures + 1 };
      const say =
        status === 'later'
          ? `Nothing written yet (${messageOf(cause)}); the server asks to wait.`
          : `It is not known whether the commit landed (${messageOf(cause)}); looking for it before the next try.`;
      const wait: Wait = { type: 'wait', tries: known.failures, atLeastMs, say };
      const found = status === 'unknown' && search(known, { do: 'wait', wait, cause });
      return found || waitOrGiveUp(known, wait, cause);
    }
  }
}

function waitOrGiveUp(state: RolloutState, wait: Wait, cause: unknown): RolloutState {
  const { failures, request } = state;
  if (failures < MOST_FAILURES) return { ...state, step: wait };
  const message = `${request.description} gave no clear answer to the deploy commit in ${failures} tries.`;
  return giveUp(state, failure({ code: 'deploy/gave-up', message, detail: messageOf(cause) }));
}

/** Undefined if there is nothing that could be found. */
function search(state: RolloutState, otherwise: Search['otherwise'], head?: string): RolloutState | undefined {
  const [first] = state.attempts;
  if (!first) return undefined;
  const ids = state.attempts.map(({ id }) => id);
  const upTo = state.request.proposalBranch === undefined ? head : undefined;
  return { ...state, step: { type: 'search', since: first.plan.base, upTo, ids, otherwise } };
}

function notFound(state: RolloutState, { otherwise }: Search): RolloutState {
  switch (otherwise.do) {
    case 'plan':
      return plan(state);
    case 'wait':
      return waitOrGiveUp(state, otherwise.wait, otherwise.cause);
    case 'fail':
      return fail(state, otherwise.error);
  }
}

/** Before giving up (cancelled, refused, failed while reading) with an unknown outcome: one last look. */
function giveUp(state: RolloutState, error: unknown): RolloutState {
  return search(state, { do: 'fail', error }) ?? fail(state, error);
}

/** The error names the commits that may still land. */
function fail(state: RolloutState, error: unknown): RolloutState {
  const { attempts, request } = state;
  const ids = attempts.flatMap(({ id, outcome }) => (outcome === 'unknown' ? [`"${TRAILERS.id}: ${id}"`] : []));
  const remark = `A commit may still land on ${request.description}; it would say ${ids.join(' or ')}.`;
  return { ...state, step: { type: 'fail', error: ids.length === 0 ? error : withRemark(error, remark) } };
}

function done(
  state: RolloutState,
  { plan, id }: { plan: BranchPlan; id?: string },
  committed?: Committed,
): RolloutState {
  const { lostRaces } = state;
  const { warnings } = withWarnings(state, plan.problems);
  const commit = committed && { commit: { oid: committed.oid, url: committed.url }, id };
  return { ...state, step: { type: 'done', outcome: { plan, lostRaces, warnings, ...commit } } };
}

function withWarnings(state: RolloutState, problems: readonly Problem[]): RolloutState {
  const known = new Set(state.warnings.map(({ message }) => message));
  const fresh = problems.filter(({ severity, message }) => severity === 'warning' && !known.has(message));
  return { ...state, warnings: [...state.warnings, ...fresh] };
}

/** Undefined if there is no error among the problems. */
function refused(state: RolloutState, problems: readonly Problem[]): RolloutState | undefined {
  const errors = errorsIn(problems);
  return errors && giveUp(state, new ReleaseError(errors));
}

function ledgerRefused({ description }: BranchRequest, cause: unknown): Problem {
  return warning({
    code: 'deploy/ledger-refused',
    message: `${description} accepts no ledger, so only the tags in the Kustomizations tell which release is newer.`,
    detail: messageOf(cause),
  });
}
