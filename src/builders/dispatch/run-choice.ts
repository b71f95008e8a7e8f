import type { WorkflowRun } from './workflow-run.js';

/** What is known of the run that was ordered, where GitHub did not say which it is. */
export interface OrderedRun {
  /** Shown in the title of the run; undefined: the workflow shows none. */
  id?: string;
  commit: string;
  /** Name of branch or tag. */
  ref: string;
  /** Undefined: the token is of no user. */
  actor?: string;
  /** When GitHub took the order, by its own clock; milliseconds since the epoch. */
  at: number;
}

export type RunChoice =
  | { status: 'found'; run: WorkflowRun }
  | { status: 'none' }
  | { status: 'several'; runs: WorkflowRun[] };

/** `created_at` has whole seconds, and the servers that give both times need not agree to the second. */
const TOLERANCE_MS = 3000;

/**
 * Which of the runs is the ordered one: that whose title shows the id; without an id only the one run that can be
 * it. Never simply the latest.
 */
export function chooseRun(runs: readonly WorkflowRun[], ordered: OrderedRun): RunChoice {
  const { id } = ordered;
  const candidates = runs.filter((run) =>
    id === undefined ? mayBe(run, ordered) : run.display_title?.includes(id) === true,
  );
  const [run, ...more] = candidates;
  if (run === undefined) return { status: 'none' };
  return more.length === 0 ? { status: 'found', run } : { status: 'several', runs: candidates };
}

function mayBe(run: WorkflowRun, { commit, ref, actor, at }: OrderedRun): boolean {
  return (
    run.event === 'workflow_dispatch' &&
    run.head_sha === commit &&
    run.head_branch === ref &&
    (actor === undefined || run.actor?.login.toLowerCase() === actor.toLowerCase()) &&
    Date.parse(run.created_at) >= at - TOLERANCE_MS
  );
}
