import type { Octokit as OctokitCore } from '@octokit/core';
import type { Api } from '@octokit/plugin-rest-endpoint-methods';
import { backoffMs, type Clockwork } from '../lib/sleep.js';
import { timeLimit } from '../lib/cancel.js';
import { Cancelled } from '../lib/errors.js';
import { classifyFailure, readApiFailure, retryAfterMs, type ApiFailure, type FailureKind } from './failures.js';

export type Octokit = OctokitCore & Api;

export interface GitHubRepository {
  octokit: Octokit;
  owner: string;
  repo: string;
  clockwork: Clockwork;
}

/** The parts of a request. */
interface Client {
  rest: Octokit['rest'];
  /** Parameters that every REST request needs. */
  at: { owner: string; repo: string; request: { signal: AbortSignal } };
  graphql<T>(query: string, variables: Record<string, unknown>): Promise<T>;
}

export type Work<T> = (client: Client) => Promise<T>;

export interface RequestOptions<T> {
  signal?: AbortSignal;
  /** The longest wait for a rate limit, milliseconds. */
  longestWaitMs?: number;
  /** Whether the answer is one to the request; by default any document is. */
  isAnswer?: (answer: T) => boolean;
}

/** A request that failed for good. Holds GitHub's message only, never the request with its headers. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  constructor(
    readonly kind: FailureKind,
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
 * @throws RequestFailed, Cancelled
 */
export async function request<T>(repository: GitHubRepository, work: Work<T>, options: RequestOptions<T> = {}) {
  const { longestWaitMs = LONGEST_WAIT_MS, signal } = options;
  const { clockwork } = repository;
  for (let tries = 1; ; tries++) {
    const result = await requestOnce(repository, work, options);
    if (!(result instanceof RequestFailed)) return result;
    const wait = result.kind === 'rate-limited' ? retryAfterMs(result.failure) : 0;
    const again = result.kind === 'transient' || result.kind === 'rate-limited';
    if (!again || wait > longestWaitMs || tries >= TRIES) throw result;
    await clockwork.sleep(backoffMs(tries, clockwork.random, wait), signal);
  }
}

/**
 * Makes a request once. An answer that can't be read (a proxy's page, half a document, `{"data":null}`) is a failure: what
 * became of a write is then as unknown as without an answer.
 * @throws Cancelled
 */
export async function requestOnce<T>(
  { octokit, owner, repo }: GitHubRepository,
  work: Work<T>,
  { signal, isAnswer = () => true }: RequestOptions<T> = {},
): Promise<T | RequestFailed> {
  if (signal?.aborted) throw new Cancelled('talking to GitHub');
  const call = { signal: timeLimit(ANSWER_MS, signal) };
  try {
    const answer = await work({
      rest: octokit.rest,
      at: { owner, repo, request: call },
      graphql: <R>(query: string, variables: Record<string, unknown>) =>
        octokit.graphql<R>(query, { ...variables, request: call }),
    });
    return isDocument(answer) && isAnswer(answer) ? answer : UNREADABLE;
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('talking to GitHub');
    const failure = readApiFailure(error);
    if (failure) return new RequestFailed(classifyFailure(failure), failure);
    // A field that octokit or `isAnswer` reads is missing.
    if (error instanceof TypeError) return UNREADABLE;
    throw error;
  }
}

/** Waits for requests, and makes something of the one that fails. */
export function onFailure<T, F>(work: Promise<T>, otherwise: (failed: RequestFailed) => F | Promise<F>) {
  return work.catch((error: unknown) => {
    if (error instanceof RequestFailed) return otherwise(error);
    throw error;
  });
}

export const PAGE_SIZE = 100;

/** The pages of a listing, up to the one that isn't full. */
export async function* pagesOf<T>(
  ask: (page: { per_page: number; page: number }) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let page = 1; ; page++) {
    const items = await ask({ per_page: PAGE_SIZE, page });
    yield items;
    if (items.length < PAGE_SIZE) return;
  }
}

const UNREADABLE_MESSAGE = "an answer that can't be read";
const UNREADABLE = new RequestFailed('transient', { status: 0, headers: {}, message: UNREADABLE_MESSAGE, types: [] });

/** Octokit returns an answer that isn't JSON as text, and an empty one as undefined. */
function isDocument(answer: unknown): boolean {
  if (answer === undefined || answer === null) return false;
  if (typeof answer !== 'object' || !('status' in answer && 'data' in answer)) return true;
  return answer.status === 204 || (typeof answer.data === 'object' && answer.data !== null);
}

function describe({ status, message, headers }: ApiFailure): string {
  if (message === UNREADABLE_MESSAGE) return message;
  const id = headers['x-github-request-id'];
  const answer = status === 0 ? 'no answer' : `HTTP ${status}`;
  const words = message
    .replace(/^Request failed due to following response errors:\n/, '')
    .replace(/\s*- https:\/\/docs\.github\.com\S*/g, '')
    .trim();
  return `${answer}${words ? `: ${words}` : ''}${id ? ` (request ${id})` : ''}`;
}
