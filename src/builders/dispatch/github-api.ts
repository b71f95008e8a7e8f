import { failure, type ReleaseError } from '../../lib/errors.js';
import { HttpFailure, type HttpClient, type HttpRequest, type HttpResponse } from '../../lib/http.js';
import type { Secret } from '../../lib/secret.js';

/** Time, for tests to take into their own hands. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects with Cancelled when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The repository on GitHub, and how it is asked. */
export interface GitHubPlace {
  http: HttpClient;
  /** Like GITHUB_API_URL. */
  apiUrl: string;
  /** `owner/name` */
  repository: string;
  token: Secret;
  clock: Clock;
  signal: AbortSignal;
  say(line: string): void;
  redact(text: string): string;
}

export interface Answer {
  status: number;
  /** Parsed JSON; undefined where there is none. */
  body: unknown;
  headers: HttpResponse['headers'];
}

export interface GitHubApi {
  /**
   * Asks, over and over while the answer is one that passes by itself; what was not changed since is not sent again.
   * @param isAnswer whether the body of a 200 is what was asked for; by default any document is
   * @returns any answer but 304, 429 and 5xx
   * @throws ReleaseError `dispatch/unreachable`, `dispatch/rate-limited`; Cancelled
   */
  get(path: string, isAnswer?: (body: unknown) => boolean): Promise<Answer>;
  /**
   * One order. It is repeated only when it certainly was not carried out.
   * @throws ReleaseError as `get`; OutcomeUnknown; Cancelled
   */
  post(path: string, body?: unknown): Promise<Answer>;
  /** Login of the token's user; undefined: it is of no user. */
  login(): Promise<string | undefined>;
  /** A text that lies behind a redirect; undefined: there is none (yet). */
  text(path: string): Promise<string | undefined>;
  /** The same with another signal, such as for cleaning up after a cancel. */
  withSignal(signal: AbortSignal): GitHubApi;
}

/** An order was sent, and what became of it is not known. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** GitHub may be away for this long before a run that is followed is given up. */
const PATIENCE_MS = 5 * 60_000;
/** Whoever is asked to wait longer is told so. */
const LONGEST_WAIT_MS = 15 * 60_000;
/** GitHub's advice where a secondary limit names no time. */
const SECONDARY_WAIT_MS = 60_000;
const MAX_JSON = 16 * 1024 * 1024;
const MAX_LOG = 64 * 1024 * 1024;
/** Codes of failures before anything was sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'PROXY']);

export function createGitHubApi(place: GitHubPlace): GitHubApi {
  return connect(place, new Map());
}

type Known = Map<string, { etag: string; body: unknown }>;

function connect(place: GitHubPlace, known: Known): GitHubApi {
  const { http, apiUrl, repository, token, clock, signal } = place;
  const host = new URL(apiUrl).host;
  const base = `${apiUrl.replace(/\/$/, '')}/repos/${repository}`;

  const send = (
    request: Pick<HttpRequest, 'method' | 'body'> & { path: string; etag?: string; of?: string },
  ) =>
    http.exchange({
      method: request.method,
      url: new URL(`${request.of ?? base}${request.path}`),
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token.reveal()}`,
        'x-github-api-version': '2022-11-28',
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...(request.etag !== undefined && { 'if-none-match': request.etag }),
      },
      ...(request.body !== undefined && { body: request.body }),
      maxBytes: MAX_JSON,
      signal,
    });

  /** Waits as GitHub asks. @throws ReleaseError `dispatch/rate-limited` */
  const waitForLimit = async (limit: { ms: number; which: string }) => {
    if (limit.ms > LONGEST_WAIT_MS) throw tooLong(host, limit);
    place.say(`GitHub asks to wait ${Math.ceil(limit.ms / 1000)} s (${limit.which}).`);
    await clock.sleep(limit.ms, signal);
  };

  /** Repeats what failed in a way that passes, until the patience is at its end. */
  const withPatience = async (
    attempt: () => Promise<HttpResponse>,
    isReadable: (answer: HttpResponse) => boolean = () => true,
  ): Promise<HttpResponse> => {
    let since: number | undefined;
    for (let tries = 0; ; tries++) {
      const outcome = await attempt().catch((error: unknown) => {
        if (error instanceof HttpFailure && error.code !== 'TOO_LONG') return error;
        throw error;
      });
      if (!(outcome instanceof HttpFailure)) {
        const limit = limitOf(outcome, clock.now());
        if (limit !== undefined) {
          await waitForLimit(limit);
          continue;
        }
        if (outcome.status < 500 && isReadable(outcome)) {
          if (tries > 2 && since !== undefined) place.say('GitHub answers again.');
          return outcome;
        }
      }
      const why = outcome instanceof HttpFailure ? outcome.message : wordsOf(outcome);
      since ??= clock.now();
      if (clock.now() - since >= PATIENCE_MS) throw unreachable(host, why);
      if (tries === 2) place.say(`GitHub (${host}) can't be asked at the moment: ${why}. Trying on.`);
      await clock.sleep(Math.min(1000 * 2 ** Math.min(tries, 4), 10_000), signal);
    }
  };

  return {
    async get(path, isAnswer = isDocument) {
      const cached = known.get(path);
      const answer = await withPatience(
        () => send({ method: 'GET', path, ...(cached && { etag: cached.etag }) }),
        (response) => response.status !== 200 || isAnswer(json(response)),
      );
      const { status, headers } = answer;
      if (status === 304 && cached !== undefined) return { status: 200, body: cached.body, headers };
      const body = json(answer);
      if (status === 200 && typeof headers.etag === 'string') known.set(path, { etag: headers.etag, body });
      return { status, body, headers };
    },
    async post(path, body) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      for (let tries = 1; ; tries++) {
        try {
          const answer = await send({ method: 'POST', path, ...(text !== undefined && { body: text }) });
          const limit = limitOf(answer, clock.now());
          if (limit !== undefined && tries < 4) {
            await waitForLimit(limit);
            continue;
          }
          const { status, headers } = answer;
          if (status >= 500) throw new OutcomeUnknown(`it answered ${status}`);
          const said = json(answer);
          if (status < 300 && status !== 204 && !isDocument(said)) throw new OutcomeUnknown(UNREADABLE);
          return { status, body: said, headers };
        } catch (error) {
          if (!(error instanceof HttpFailure)) throw error;
          if (!NOT_SENT.has(error.code)) throw new OutcomeUnknown(error.message, { cause: error });
          if (tries >= 4) throw unreachable(host, error.message, error);
          await clock.sleep(1000 * 2 ** tries, signal);
        }
      }
    },
    async login() {
      const answer = await withPatience(
        () => send({ method: 'GET', path: '/user', of: apiUrl.replace(/\/$/, '') }),
        (response) => response.status !== 200 || has('login', 'string')(json(response)),
      );
      const { login } = (json(answer) ?? {}) as { login?: unknown };
      return answer.status === 200 && typeof login === 'string' ? login : undefined;
    },
    async text(path) {
      const pointer = await withPatience(() => send({ method: 'GET', path }));
      if (pointer.status === 200) return pointer.body.toString();
      const { location } = pointer.headers;
      if (pointer.status < 300 || pointer.status >= 400 || location === undefined) return undefined;
      if (!URL.canParse(location, base)) return undefined;
      // The address is signed; whoever serves it has no business with the token.
      const url = new URL(location, base);
      const found = await withPatience(() =>
        http.exchange({ method: 'GET', url, maxBytes: MAX_LOG, signal }),
      );
      return found.status === 200 ? found.body.toString() : undefined;
    },
    withSignal: (other) => connect({ ...place, signal: other }, known),
  };
}

/**
 * How long a limit asks to wait.
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
function limitOf(
  { status, headers, body }: HttpResponse,
  now: number,
): { ms: number; which: string } | undefined {
  if (status !== 429 && status !== 403) return undefined;
  const secondary = /secondary rate limit|abuse detection/i.test(body.toString());
  const after = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(after))
    return { ms: after * 1000, which: secondary ? 'secondary rate limit' : 'rate limit' };
  if (headers['x-ratelimit-remaining'] === '0') {
    const reset = Number(headers['x-ratelimit-reset'] ?? 0) * 1000;
    const clock = Date.parse(headers.date ?? '') || now;
    return { ms: Math.max(reset - clock, 0) + 1000, which: 'rate limit of this hour' };
  }
  return secondary || status === 429 ? { ms: SECONDARY_WAIT_MS, which: 'secondary rate limit' } : undefined;
}

export const UNREADABLE = "it gave an answer that can't be read";

const wordsOf = ({ status }: HttpResponse) => (status < 500 ? UNREADABLE : `it answers ${status}`);

const isDocument = (body: unknown): body is object => typeof body === 'object' && body !== null;

/** Whether a body has this key, with a value of this type. */
export const has =
  (key: string, type: 'string' | 'number') =>
  (body: unknown): boolean =>
    isDocument(body) && typeof (body as Record<string, unknown>)[key] === type;

function json({ body }: HttpResponse): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** What an answer says, short; empty: nothing. */
export function saidIn({ body }: Pick<Answer, 'body'>, redact: (text: string) => string): string {
  const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
  const more = Array.isArray(errors)
    ? errors.map((error: unknown) => (typeof error === 'string' ? error : (error as Error | null)?.message))
    : [];
  const parts = [message, ...more].filter((part): part is string => typeof part === 'string' && part !== '');
  return redact(
    parts
      .join(': ')
      .slice(0, 300)
      .replace(/[.\s]+$/, ''),
  );
}

function unreachable(host: string, why: string, cause?: unknown): ReleaseError {
  return failure(
    {
      code: 'dispatch/unreachable',
      message: `GitHub (${host}) can't be asked: ${why.replace(/[.\s]+$/, '')}.`,
      fix: 'Run again later; https://www.githubstatus.com says more. Behind a proxy set HTTPS_PROXY.',
    },
    { cause },
  );
}

function tooLong(host: string, { ms, which }: { ms: number; which: string }): ReleaseError {
  return failure({
    code: 'dispatch/rate-limited',
    message: `GitHub (${host}) asks to wait ${Math.ceil(ms / 60_000)} minutes: the ${which} of this token is used up.`,
    fix: 'Run again then, or with a token of your own: 5,000 requests an hour.',
  });
}
