import type { LoggedRequest } from './delay-proxy.js';

export interface RoundTrips {
  requests: number;
  /** Sequential ones: the longest chain of requests of which each started after the previous one had ended. */
  rounds: number;
}

/** Counts what a distance costs: on a far server, a run takes at least its rounds times the distance. */
export function countRoundTrips(log: readonly Pick<LoggedRequest, 'from' | 'to'>[]): RoundTrips {
  let rounds = 0;
  let ended = -Infinity;
  // The request that ends first leaves room for the longest rest of the chain.
  for (const { from, to } of [...log].sort((one, other) => one.to - other.to)) {
    if (from < ended) continue;
    rounds++;
    ended = to;
  }
  return { requests: log.length, rounds };
}
