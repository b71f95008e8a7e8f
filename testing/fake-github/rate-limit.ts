import { randomBytes } from 'node:crypto';
import { jsonAnswer } from './answer.js';
import type { Answer } from './answer.js';
import type { Fault } from './faults.js';

/** The primary limit, counted over the life of the server. */
export interface Rate {
  /** Requests per hour. */
  limit: number;
  used: number;
  /** Seconds since the epoch. */
  reset: number;
}

/** Headers of every answer. */
export function apiHeaders(rate: Rate): Record<string, string> {
  const { limit, used, reset } = rate;
  return {
    'x-github-request-id': randomBytes(16).toString('hex').toUpperCase(),
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-used': String(Math.min(used, limit)),
    'x-ratelimit-remaining': String(Math.max(limit - used, 0)),
    'x-ratelimit-reset': String(reset),
    'x-ratelimit-resource': 'core',
    'x-github-media-type': 'github.v3; format=json',
  };
}

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
export function rateLimitAnswer(rate: Rate, fault: Fault & { type: 'rate-limited' }): Answer {
  const secondary = fault.limit !== 'primary';
  const message = secondary
    ? 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
    : 'API rate limit exceeded for installation ID 1.';
  const page = 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api';
  return jsonAnswer(
    fault.status,
    {
      message,
      documentation_url: secondary ? `${page}#about-secondary-rate-limits` : page,
      status: String(fault.status),
    },
    {
      ...(fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }),
      ...(secondary ? {} : { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(rate.reset) }),
    },
  );
}
