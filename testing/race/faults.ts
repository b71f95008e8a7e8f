import type { FaultRule } from '../fake-github/faults.js';

/** How the runs reach the repository. */
export const WAYS = ['git over HTTP', 'the GitHub API'] as const;
export type Way = (typeof WAYS)[number];

const GIT_PUSH = { method: 'POST', path: 'git-receive-pack' };
const GIT_READ = { method: 'POST', path: 'git-upload-pack' };
const UPDATE = { operation: 'updateRefs' };
const READ_REFS = { operation: 'repository' };

const TROUBLES: Record<Way, readonly Omit<FaultRule, 'skip'>[]> = {
  'git over HTTP': [
    { match: GIT_PUSH, fault: { type: '5xx-after-landing', end: 'cut' } },
    { match: GIT_PUSH, fault: { type: '5xx-after-landing', end: 'answer' } },
    { match: GIT_PUSH, fault: { type: '5xx-before' } },
    { match: GIT_PUSH, fault: { type: 'slow', ms: 300 } },
    { match: GIT_READ, fault: { type: 'cut' } },
    { match: GIT_READ, fault: { type: '5xx-before', status: 503 } },
  ],
  'the GitHub API': [
    { match: UPDATE, fault: { type: '5xx-after-landing', end: 'cut' } },
    { match: UPDATE, fault: { type: '5xx-after-landing', end: 'answer' } },
    { match: UPDATE, fault: { type: '5xx-before' } },
    { match: UPDATE, fault: { type: 'slow', ms: 300 } },
    { match: UPDATE, fault: { type: 'rate-limited', status: 403, retryAfter: 1 } },
    { match: UPDATE, fault: { type: 'stale' } },
    { match: READ_REFS, fault: { type: 'stale-read' } },
    { match: READ_REFS, fault: { type: '5xx-before', status: 502 } },
    { match: {}, fault: { type: 'cut' } },
  ],
};

/** Draws when each kind of trouble may come during a race, all of them in turn; not every one has to happen. */
export function drawFaults(random: () => number, way: Way, count: number): FaultRule[] {
  const kinds = TROUBLES[way];
  return Array.from({ length: count }, (_, index) => ({
    ...kinds[index % kinds.length]!,
    skip: Math.floor(random() * 12),
  }));
}
