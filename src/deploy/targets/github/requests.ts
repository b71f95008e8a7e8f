import type { Octokit as OctokitCore } from '@octokit/core';
import type { Api } from '@octokit/plugin-rest-endpoint-methods';
import { timeLimit } from '../../../lib/cancel.js';
import { Cancelled } from '../../../lib/errors.js';
import { backoffMs, type Clockwork } from '../../backoff.js';
import { readApiFailure, troubleOf, waitOf, type ApiFailure, type GitHubTrouble } from './answers.js';

/** The client as an entry point makes it: `getOctokit` of @actions/github, or octokit with its REST methods alone. */
export type Octokit = OctokitCore & Api;

/** A request that failed for good. Holds GitHub's words only, never the request with its headers. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  constructor(
    readonly trouble: GitHubTrouble,
    readonly failure: ApiFailure,
  ) {
    super(describe(failure));
  }
}

const TRIES = 4;
const ANSWER_MS = 30_000;
export const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Makes a request that may be repeated: a read, or the writing of an object that nothing points to yet.
 * Server errors and cut connections are tried again; rate limits are waited for, as long as `patience` says.
 * @throws RequestFailed for every other answer, Cancelled when the signal is aborted
 */
export async function request<T>(
  work: (request: { signal: AbortSignal }) => Promise<T>,
  clockwork: Clockwork,
  { signal, patience = LONGEST_WAIT_MS }: { signal?: AbortSignal; patience?: number } = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const result = await attempt(work, signal);
    if (!(result instanceof RequestFailed)) return result;
    const wait = result.trouble === 'later' ? waitOf(result.failure) : 0;
    const again = result.trouble === 'transient' || result.trouble === 'later';
    if (!again || wait > patience || tries >= TRIES) throw result;
    await clockwork.sleep(backoffMs(tries, clockwork.random, wait), signal);
  }
}

/** Makes a request once. An answer that says no is a result; anything that isn't an answer is thrown. */
export async function attempt<T>(
  work: (request: { signal: AbortSignal }) => Promise<T>,
  signal?: AbortSignal,
): Promise<T | RequestFailed> {
  if (signal?.aborted) throw new Cancelled('talking to GitHub');
  try {
    return await work({ signal: timeLimit(ANSWER_MS, signal) });
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('talking to GitHub');
    const failure = readApiFailure(error);
    if (!failure) throw error;
    return new RequestFailed(troubleOf(failure), failure);
  }
}

function describe({ status, message, headers }: ApiFailure): string {
  const id = headers['x-github-request-id'];
  const answer = status === 0 ? 'no answer' : `HTTP ${status}`;
  const words = message
    .replace(/^Request failed due to following response errors:\n/, '')
    .replace(/\s*- https:\/\/docs\.github\.com\S*/g, '')
    .trim();
  return `${answer}${words ? `: ${words}` : ''}${id ? ` (request ${id})` : ''}`;
}
