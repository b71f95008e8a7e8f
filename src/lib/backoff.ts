import type { Sleep } from './sleep.js';

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
