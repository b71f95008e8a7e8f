import { Cancelled, failure, type ReleaseError } from '../../lib/errors.js';
import { saidIn, OutcomeUnknown, UNREADABLE, type Answer, type Clock, type GitHubApi } from './github-api.js';
import { refusalOf } from './refusals.js';
import { chooseRun, type OrderedRun } from './run-choice.js';
import type { DispatchRef } from './source-ref.js';
import { isRun, isRunList, readRun, readRuns, type WorkflowRun } from './workflow-run.js';

/** An order to GitHub to run a workflow. */
export interface StartOrder {
  repository: string;
  /** File name. */
  workflow: string;
  ref: DispatchRef;
  commit: string;
  inputs: Record<string, string>;
  /** The id that the title of the run shows; undefined: it shows none. */
  id?: string;
  /** Page of the workflow's runs. */
  page: string;
}

export interface StartPlace {
  api: GitHubApi;
  clock: Clock;
  signal: AbortSignal;
  say(line: string): void;
}

/** Runs appear in the list some seconds after they were ordered. */
const APPEAR_MS = 120_000;
/** Without an id: how long after the first run that can be it others may still appear. */
const SETTLE_MS = 12_000;
const POLL_MS = 2000;

/**
 * Starts the workflow and finds its run. An order is sent once: what may have been carried out is looked for, not
 * repeated.
 * @throws ReleaseError `dispatch/*`; Cancelled
 */
export async function startRun(order: StartOrder, place: StartPlace): Promise<WorkflowRun> {
  const { api } = place;
  const began = place.clock.now();
  const path = `/actions/workflows/${encodeURIComponent(order.workflow)}/dispatches`;
  const body = { ref: order.ref.name, inputs: order.inputs };
  try {
    let answer = await api.post(path, { ...body, return_run_details: true });
    // Servers before 3.21 do not know the key: https://github.com/benc-uk/workflow-dispatch/issues/86
    if ([400, 422].includes(answer.status) && /return_run_details|permitted key/.test(saidIn(answer, same)))
      answer = await api.post(path, body);
    if (answer.status === 200) return await namedRun(order, answer, place);
    if (answer.status !== 204) {
      const attempted = { doing: `start ${order.workflow}`, ref: order.ref.name };
      throw refusalOf(answer, { ...order, ...attempted });
    }
    return await findRun(order, Date.parse(answer.headers.date ?? '') || began, place);
  } catch (error) {
    if (error instanceof Cancelled)
      throw new Cancelled(`starting a run; whether it was started shows ${order.page}`, 'open');
    if (!(error instanceof OutcomeUnknown)) throw error;
    // Only a run that names itself can be told from one that somebody else has started meanwhile.
    if (order.id === undefined) throw unknown(order, error);
    place.say(`The answer of GitHub was lost (${error.message}); looking whether the run was started.`);
    return findRun(order, began, place).catch((late: unknown) => {
      throw late instanceof Cancelled ? late : unknown(order, error);
    });
  }
}

const same = (text: string) => text;

/** The run that GitHub names in its answer; it may take a moment until it can be read. */
async function namedRun(order: StartOrder, { body }: Answer, place: StartPlace): Promise<WorkflowRun> {
  const { workflow_run_id: id } = (body ?? {}) as { workflow_run_id?: number };
  if (typeof id !== 'number') throw new OutcomeUnknown(UNREADABLE);
  const until = place.clock.now() + APPEAR_MS;
  for (;;) {
    const answer = await place.api.get(`/actions/runs/${id}`, isRun);
    const run = answer.status === 200 ? readRun(answer.body) : undefined;
    if (run !== undefined) return run;
    if (answer.status !== 404 && answer.status !== 200)
      throw refusalOf(answer, { doing: 'read its runs', repository: order.repository });
    if (place.clock.now() >= until) throw notFound(order);
    await place.clock.sleep(POLL_MS, place.signal);
  }
}

async function findRun(order: StartOrder, at: number, place: StartPlace): Promise<WorkflowRun> {
  const { api, clock } = place;
  const { id, commit, ref } = order;
  const actor = id === undefined ? await api.login() : undefined;
  const ordered: OrderedRun = { commit, ref: ref.name, at, ...(id && { id }), ...(actor && { actor }) };
  const began = clock.now();
  let seen: number | undefined;
  const query = new URLSearchParams({ event: 'workflow_dispatch', branch: ref.name, per_page: '100' });
  for (;;) {
    const answer = await api.get(
      `/actions/workflows/${encodeURIComponent(order.workflow)}/runs?${query.toString()}`,
      isRunList,
    );
    if (answer.status !== 200)
      throw refusalOf(answer, { doing: 'read its runs', repository: order.repository });
    const choice = chooseRun(readRuns(answer.body), ordered);
    const waited = clock.now() - began;
    if (choice.status === 'several') throw ambiguous(order, choice.runs);
    if (choice.status === 'found') {
      seen ??= clock.now();
      if (id !== undefined || clock.now() - seen >= SETTLE_MS) return choice.run;
    }
    if (waited >= APPEAR_MS) throw notFound(order);
    await clock.sleep(POLL_MS, place.signal);
  }
}

function notFound({ workflow, page }: StartOrder): ReleaseError {
  return failure({
    code: 'dispatch/run-not-found',
    message: `GitHub has taken the order to run ${workflow}, but no run of it appeared within ${APPEAR_MS / 1000} s.`,
    fix: `Look at ${page} and at https://www.githubstatus.com before you start it again.`,
  });
}

function ambiguous({ workflow }: StartOrder, runs: readonly WorkflowRun[]): ReleaseError {
  return failure({
    code: 'dispatch/ambiguous-run',
    message: `${runs.length} runs of ${workflow} were started at the same moment, and nothing tells which is whose.`,
    fix: `Give ${workflow} the input \`dispatch-id\` and show it: \`run-name: Release \${{ inputs.dispatch-id }}\`.`,
    detail: runs.map((run) => run.html_url).join('\n'),
  });
}

function unknown({ workflow, page }: StartOrder, cause: OutcomeUnknown): ReleaseError {
  return failure(
    {
      code: 'dispatch/outcome-unknown',
      message: `The connection broke while ${workflow} was started (${cause.message.replace(/[.\s]+$/, '')}): whether it runs is not known.`,
      fix: `Look at ${page} before you start it again.`,
    },
    { cause },
  );
}
