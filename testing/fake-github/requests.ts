import { createHash } from 'node:crypto';
import { countRoundTrips } from '../round-trips.js';

/** What came in, in order, for a test to look at. Tokens appear as short hashes only. */
export interface RecordedRequest {
  method: string;
  /** Decoded, without `/api/v3`, with query string. */
  path: string;
  /** Root fields of a GraphQL request. */
  operations: readonly string[];
  /** First 12 hex digits of the token's SHA-256; undefined: no token. */
  token?: string;
  /** Parsed JSON; undefined for git's packs and empty bodies. */
  body?: unknown;
  /** Types of the faults that hit it. */
  faults: readonly string[];
  /** Undefined while it runs and when the connection was cut. */
  status?: number;
  /** When it came in and when it was answered, in milliseconds of one clock; `ended` is undefined while it runs. */
  begun: number;
  ended?: number;
}

/** The longest chain of requests of which each came in after the one before had been answered. */
export function countRounds(requests: readonly RecordedRequest[]): number {
  return countRoundTrips(requests.map(({ begun, ended = Infinity }) => ({ from: begun, to: ended }))).rounds;
}

export function tokenName(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}

/** `authorization: token X | Bearer X | Basic base64(user:X)`; the token, or undefined. */
export function tokenOf(authorization: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ');
  if (/^(token|bearer)$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const [user = '', ...password] = Buffer.from(value, 'base64').toString().split(':');
  return password.join(':') || user || undefined;
}
