import { Cancelled } from '../../lib/errors.js';
import { saidIn, type GitHubApi } from './github-api.js';
import type { WorkflowRun } from './workflow-run.js';

/**
 * Asks the person at the terminal whether the run is to end too; a question that gets no answer within some seconds is
 * a no.
 */
export type AskCancel = (question: string) => Promise<'yes' | 'no'>;

export interface CancelPlace {
  api: GitHubApi;
  say(line: string): void;
  redact(text: string): string;
  /** Undefined: nobody is there to be asked. */
  ask?: AskCancel;
}

/** How long the question waits for an answer. */
export const ANSWER_MS = 5000;
/** The process ends 9 s after Ctrl-C whatever it does; the question has its part of that. */
const CANCEL_MS = 2500;

/**
 * What follows when the person who waits for a run stops waiting.
 * @returns what is to be thrown: it says what became of the run
 */
export async function stopFollowing(run: WorkflowRun, place: CancelPlace): Promise<Cancelled> {
  const url = run.html_url;
  const goesOn = new Cancelled(`following a run, which goes on: ${url}`, 'open');
  if (place.ask === undefined) return goesOn;
  const answer = await place.ask(
    `Cancel the run on GitHub too? y or Ctrl-C again within ${ANSWER_MS / 1000} s; else it goes on.`,
  );
  if (answer === 'no') return goesOn;
  return new Cancelled(`following a run, ${await cancelRun(run, place)}: ${url}`, 'open');
}

/** @returns a clause on what came of it */
export async function cancelRun(
  { id }: WorkflowRun,
  { api, say, redact }: Omit<CancelPlace, 'ask'>,
): Promise<string> {
  try {
    const answer = await api.withSignal(AbortSignal.timeout(CANCEL_MS)).post(`/actions/runs/${id}/cancel`);
    if (answer.status === 202) {
      say('GitHub was asked to cancel the run.');
      return 'which is being cancelled';
    }
    // https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run
    if (answer.status === 409) return 'which has ended already';
    say(`The run can't be cancelled (${answer.status}): ${saidIn(answer, redact)}.`);
  } catch {
    say("The run can't be cancelled: GitHub did not answer in time.");
  }
  return 'which goes on';
}
