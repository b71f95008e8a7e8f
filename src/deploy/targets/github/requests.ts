import type { Octokit as OctokitCore } from '@octokit/core';
import type { Api } from '@octokit/plugin-rest-endpoint-methods';
import { timeLimit } from '../../../lib/cancel.js';
import { Cancelled } from '../../../lib/errors.js';
import { backoffMs, type Clockwork } from '../../backoff.js';
import { readApiFailure, troubleOf, waitOf, type ApiFailure, type GitHubTrouble } from './answers.js';

/** The client as an entry point makes it. */
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

/** The id of a git object: 40 hex digits, or 64 with SHA-256. */
export const isOid = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(value);

/** Whether the answer is a list, as far as it can be read. */
export const isList = ({ data }: { data: unknown }): boolean => Array.isArray(data);

export const isPull =
  (number: number) =>
  ({ data }: { data: { number: number; head: { sha: string } } }): boolean =>
    data.number === number && isOid(data.head.sha);

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
  {
    signal,
    patience = LONGEST_WAIT_MS,
    isAnswer,
  }: { signal?: AbortSignal; patience?: number; isAnswer?: (answer: T) => boolean } = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const result = await attempt(work, signal, isAnswer);
    if (!(result instanceof RequestFailed)) return result;
    const wait = result.trouble === 'later' ? waitOf(result.failure) : 0;
    const again = result.trouble === 'transient' || result.trouble === 'later';
    if (!again || wait > patience || tries >= TRIES) throw result;
    await clockwork.sleep(backoffMs(tries, clockwork.random, wait), signal);
  }
}

export const PAGE_SIZE = 100;

/** The pages of a listing, up to the one that isn't full. */
export async function* pagesOf<T>(
  ask: (page: number) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let page = 1; ; page++) {
    const items = await ask(page);
    yield items;
    if (items.length < PAGE_SIZE) return;
  }
}

/**
 * Makes a request once. An answer that says no is a result, and so is one that can't be read: a proxy's page, half a
 * document, `{"data":null}`. What became of a write is then as unknown as without an answer.
 * @param isAnswer whether it answers what was asked; by default any document does
 */
export async function attempt<T>(
  work: (request: { signal: AbortSignal }) => Promise<T>,
  signal?: AbortSignal,
  isAnswer: (answer: T) => boolean = () => true,
): Promise<T | RequestFailed> {
  if (signal?.aborted) throw new Cancelled('talking to GitHub');
  try {
    const answer = await work({ signal: timeLimit(ANSWER_MS, signal) });
    return isDocument(answer) && isAnswer(answer) ? answer : UNREADABLE;
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('talking to GitHub');
    const failure = readApiFailure(error);
    // What octokit and we look for in it is not there.
    if (!failure && error instanceof TypeError) return UNREADABLE;
    if (!failure) throw error;
    return new RequestFailed(troubleOf(failure), failure);
  }
}

const UNREADABLE_WORDS = "an answer that can't be read";
const UNREADABLE = new RequestFailed('transient', {
  status: 0,
  headers: {},
  message: UNREADABLE_WORDS,
  types: [],
});

/** Octokit passes on as text what is no JSON, and as nothing what is empty. */
function isDocument(answer: unknown): boolean {
  if (answer === undefined || answer === null) return false;
  if (typeof answer !== 'object' || !('status' in answer && 'data' in answer)) return true;
  return answer.status === 204 || (typeof answer.data === 'object' && answer.data !== null);
}

function describe({ status, message, headers }: ApiFailure): string {
  if (message === UNREADABLE_WORDS) return message;
  const id = headers['x-github-request-id'];
  const answer = status === 0 ? 'no answer' : `HTTP ${status}`;
  const words = message
    .replace(/^Request failed due to following response errors:\n/, '')
    .replace(/\s*- https:\/\/docs\.github\.com\S*/g, '')
    .trim();
  return `${answer}${words ? `: ${words}` : ''}${id ? ` (request ${id})` : ''}`;
}
