import { HttpFailure, type HttpResponse } from './http.js';
import type { Sleep } from './sleep.js';

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
/** A release doesn't wait longer than this for a server that names a pause. */
const LONGEST_PAUSE_MS = 30_000;

const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const TRANSIENT_CODE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'SILENT', 'UND_ERR_SOCKET']);

/** How long all tries of a request may take together, without the pauses, milliseconds. */
const TIMEOUT_MS = { read: 12_000, write: 60_000 };

/**
 * Tries an idempotent exchange up to four times while the answer is transient: 429, 5xx, a broken connection.
 * Pauses 0.5 s, 1 s, 2 s with jitter, or as long as `retry-after` says.
 * @returns the last answer
 * @throws the last failure; Cancelled
 */
export async function withRetries<Response extends HttpResponse>(
  attempt: (timeoutMs: number) => Promise<Response>,
  { sleep, signal, kind = 'read' }: { sleep: Sleep; signal?: AbortSignal; kind?: 'read' | 'write' },
): Promise<Response> {
  let left = TIMEOUT_MS[kind];
  for (let tries = 1; ; tries++) {
    const began = performance.now();
    const outcome = await attempt(left).catch((error: unknown) => {
      if (error instanceof HttpFailure && TRANSIENT_CODE.has(error.code)) return error;
      throw error;
    });
    if (!(outcome instanceof HttpFailure) && !TRANSIENT_STATUS.has(outcome.status)) return outcome;
    left -= performance.now() - began;
    const pause = pauseMs(outcome, tries);
    if (tries < ATTEMPTS && left > 0 && pause <= LONGEST_PAUSE_MS) {
      await sleep(pause, signal);
      continue;
    }
    if (outcome instanceof HttpFailure) throw outcome;
    return outcome;
  }
}

function pauseMs(outcome: HttpResponse | HttpFailure, tries: number): number {
  const named = outcome instanceof HttpFailure ? undefined : retryAfterMs(outcome.headers['retry-after']);
  return named ?? FIRST_DELAY_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
}

/** `Retry-After` as seconds or as a date (RFC 9110); undefined when absent or unreadable. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
