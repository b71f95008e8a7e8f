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

/** The two things that tests take into their own hands. */
export interface Clockwork {
  sleep: Sleep;
  /** In [0, 1), as Math.random. */
  random: () => number;
}

/**
 * How long to wait before try number `tries` + 1: exponential from 400 ms to 10 s, the upper half of it
 * random, so that runs that lost the same race don't meet again; never shorter than the server asked for.
 */
export function backoffMs(tries: number, random: () => number, atLeastMs = 0): number {
  const ceiling = Math.min(10_000, 400 * 2 ** Math.min(tries - 1, 10));
  return Math.max(atLeastMs, Math.round(ceiling * (0.5 + 0.5 * random())));
}
