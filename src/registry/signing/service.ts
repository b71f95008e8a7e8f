import { failure, type Problem, type ReleaseError } from '../../lib/errors.js';
import { HttpFailure, type HttpClient, type HttpRequest, type HttpResponse } from '../../lib/http.js';
import { withRetries, type Sleep } from '../../lib/http-retry.js';

/** How the services that sign are asked. */
export interface Asking {
  http: HttpClient;
  sleep: Sleep;
  signal?: AbortSignal;
  redact(text: string): string;
}

/** One of the services that sign, as people know it. */
export interface Service {
  /** Such as `Fulcio`. */
  name: string;
  url: string;
}

const MAX_ANSWER = 4 * 1024 * 1024;

/**
 * Asks, in several tries where the answer is one that passes by itself.
 * @returns any answer but 429 and 5xx
 * @throws ReleaseError `signing/unavailable`; Cancelled
 */
export async function ask(
  service: Service,
  request: Omit<HttpRequest, 'url' | 'maxBytes' | 'signal'> & { path: string },
  { http, sleep, signal, redact }: Asking,
): Promise<HttpResponse> {
  const { path, ...rest } = request;
  const url = new URL(`${service.url.replace(/\/$/, '')}${path}`);
  try {
    const answer = await withRetries(() => http.exchange({ ...rest, url, maxBytes: MAX_ANSWER, signal }), {
      sleep,
      signal,
      waitingFor: url.host,
    });
    if (answer.status !== 429 && answer.status < 500) return answer;
    throw unavailable(service, `it answered ${answer.status} in several tries: ${said(answer, redact)}`);
  } catch (error) {
    throw error instanceof HttpFailure ? unavailable(service, error.message, error) : error;
  }
}

/** What a service says, short: the JSON's message, or the first line. */
export function said({ status, body }: HttpResponse, redact: (text: string) => string): string {
  const text = body.toString().trim();
  const message = /^</.test(text) ? undefined : (messageIn(text) ?? text.split('\n')[0]);
  return redact((message || `status ${status}`).slice(0, 300).replace(/[.\s]+$/, ''));
}

function messageIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

function unavailable({ name, url }: Service, why: string, cause?: unknown): ReleaseError {
  const { host } = new URL(url);
  return failure(
    {
      code: 'signing/unavailable',
      message: `${name} (${host}) can't be asked: ${why}.`,
      fix: `Run again later; https://status.sigstore.dev and https://www.githubstatus.com say more. Behind a proxy set HTTPS_PROXY and let ${host} through.`,
    },
    { cause },
  );
}

/** A service that was asked and said no, or something that makes no sense. */
export function declined(
  problem: Omit<Problem, 'severity' | 'code'> & { code?: Problem['code'] },
): ReleaseError {
  return failure({ ...problem, code: problem.code ?? 'signing/refused' });
}
