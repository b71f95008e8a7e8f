import { setTimeout as wait } from 'node:timers/promises';
import { Cancelled } from './errors.js';

/** Waits; rejects with Cancelled when the signal is aborted meanwhile. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('waiting to try again');
    throw error;
  }
};
