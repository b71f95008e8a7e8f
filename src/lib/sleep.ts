import { setTimeout as wait } from 'node:timers/promises';
import { Cancelled } from './errors.js';

/** @throws Cancelled when the signal is aborted meanwhile */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('waiting to try again');
    throw error;
  }
}
