import { failure, type ReleaseError } from '../../lib/errors.js';
import { HttpFailure, withRetries, type HttpClient, type HttpRequest, type HttpResponse } from '../../lib/http.js';
import type { Sleep } from '../../lib/sleep.js';
import { messageIn } from '../registry-problem.js';

/** Dependencies of requests to signing services. */
export interface ServiceContext {
  http: HttpClient;
  sleep: Sleep;
  signal?: AbortSignal;
  redact(text: string): string;
}

/** A signing service, as people know it. */
export interface Service {
  /** Such as `Fulcio`. */
  name: string;
  url: string;
}

const MAX_ANSWER = 4 * 1024 * 1024;

/**
 * Sends a request, several times while the answer is transient.
 * @returns any answer but 429 and 5xx
 * @throws ReleaseError `signing/unavailable`; Cancelled
 */
export async function send(
  service: Service,
  request: Omit<HttpRequest, 'url' | 'maxBytes' | 'signal'> & { path: string },
  { http, sleep, signal, redact }: ServiceContext,
): Promise<HttpResponse> {
  const { path, ...rest } = request;
  const url = new URL(`${service.url.replace(/\/$/, '')}${path}`);
  try {
    const answer = await withRetries(() => http.exchange({ ...rest, url, maxBytes: MAX_ANSWER, signal }), {
      sleep,
      signal,
    });
    if (answer.status !== 429 && answer.status < 500) return answer;
    throw unavailable(service, `it answered ${answer.status} in several tries: ${redact(messageIn(answer))}`);
  } catch (error) {
    throw error instanceof HttpFailure ? unavailable(service, error.message, error) : error;
  }
}

function unavailable({ name, url }: Service, why: string, cause?: unknown): ReleaseError {
  const message = `${name} (${new URL(url).host}) is not available: ${why}.`;
  return failure({ code: 'signing/unavailable', message }, { cause });
}
