import { Cancelled } from '../../lib/errors.js';
import { FailedRequest, type GitHubRepository, type WorkflowRun } from './github.js';

/** Asks the person at the terminal whether to cancel the run too; no answer within some seconds is a no. */
export type AskCancel = (question: string) => Promise<'yes' | 'no'>;

/** How long the question waits for an answer. */
export const ANSWER_MS = 5000;
/** The process ends 9 s after Ctrl-C in any case; the question takes its part of that. */
const CANCEL_MS = 2500;

/**
 * What follows when the person who waits for a run stops waiting.
 * @returns the error to throw: it says what becomes of the run
 */
export async function stopFollowing(
  run: WorkflowRun,
  github: GitHubRepository,
  say: (line: string) => void,
  ask: AskCancel | undefined,
): Promise<Cancelled> {
  const question = `Cancel the run on GitHub too? y or Ctrl-C again within ${ANSWER_MS / 1000} s; otherwise it continues.`;
  const answer = ask === undefined ? 'no' : await ask(question);
  const outcome = answer === 'no' ? 'which continues' : await cancelRun(run, github, say);
  return new Cancelled(`following a run, ${outcome}: ${run.html_url}`, 'open');
}

/** @returns a clause on the outcome */
export async function cancelRun(
  { id }: WorkflowRun,
  github: GitHubRepository,
  say: (line: string) => void,
): Promise<string> {
  const answer = await github
    .write((rest, at) => rest.actions.cancelWorkflowRun({ ...at, run_id: id }), AbortSignal.timeout(CANCEL_MS))
    .catch(() => new FailedRequest('unreachable', 0, 'no answer in time'));
  if (!(answer instanceof FailedRequest)) return 'which is being cancelled';
  // https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run
  if (answer.status === 409) return 'which has ended already';
  say(`Can't cancel the run: ${answer.message}.`);
  return 'which continues';
}
