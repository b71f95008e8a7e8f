import { setTimeout as delay } from 'node:timers/promises';
import { Cancelled } from './errors.js';
import { HttpFailure, type HttpResponse } from './http.js';

/** Waits; rejects when the signal is aborted. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  await delay(ms, undefined, { signal });
};

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
/** Whoever asks for a longer pause than this gets told to come back later: a release doesn't hang. */
const LONGEST_PAUSE_MS = 30_000;

const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const PASSING_CODE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'SILENT', 'UND_ERR_SOCKET']);

/** What all tries of a request may take together, without the pauses between them, milliseconds. */
const PATIENCE_MS = { read: 12_000, write: 60_000 };

/**
 * Tries an idempotent exchange up to four times while the answer is one that passes by itself: 429, 5xx, a
 * broken connection. Pauses 0.5 s, 1 s, 2 s with jitter, or as long as `retry-after` says.
 * The last answer is returned, the last failure thrown.
 */
export async function withRetries<Response extends HttpResponse>(
  attempt: (patienceMs: number) => Promise<Response>,
  options: { sleep: Sleep; signal?: AbortSignal; waitingFor: string; does?: 'read' | 'write' },
): Promise<Response> {
  let patience = PATIENCE_MS[options.does ?? 'read'];
  for (let tries = 1; ; tries++) {
    const began = performance.now();
    const outcome = await attempt(patience).catch((error: unknown) => {
      if (error instanceof HttpFailure && PASSING_CODE.has(error.code)) return error;
      throw error;
    });
    if (!(outcome instanceof HttpFailure) && !PASSING_STATUS.has(outcome.status)) return outcome;
    patience -= performance.now() - began;
    const pause = pauseMs(outcome, tries);
    if (tries < ATTEMPTS && patience > 0 && pause <= LONGEST_PAUSE_MS) {
      await pauseFor(pause, options);
      continue;
    }
    if (outcome instanceof HttpFailure) throw outcome;
    return outcome;
  }
}

async function pauseFor(ms: number, options: { sleep: Sleep; signal?: AbortSignal; waitingFor: string }) {
  try {
    await options.sleep(ms, options.signal);
  } catch (error) {
    if (options.signal?.aborted) throw new Cancelled(`talking to ${options.waitingFor}`);
    throw error;
  }
}

function pauseMs(outcome: HttpResponse | HttpFailure, tries: number): number {
  const asked = outcome instanceof HttpFailure ? undefined : retryAfterMs(outcome.headers['retry-after']);
  return asked ?? FIRST_DELAY_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
}

/** `Retry-After` as seconds or as a date (RFC 9110); undefined when absent or unreadable. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
