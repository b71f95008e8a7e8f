import { executorProblem } from '../../../src/builders/kaniko/failure.js';
import { verifyPushed } from '../../../src/builders/kaniko/run-executor.js';
import { targetsOf, type Target } from '../../../src/builders/kaniko/targets.js';
import { kanikoUnsupported } from '../../../src/builders/kaniko/unsupported.js';
import { plannedImage } from '../../builders/samples.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const DIGEST = `sha256:${'4'.repeat(64)}`;

function check(text: string, over: Partial<Target> = {}, limits?: { memory: string }): Told {
  const [target] = targetsOf([plannedImage('api', over as object)]);
  return kanikoUnsupported(target!, text, limits ? { limits } : {});
}

/** After a pod that ended well. */
const verified = (digest: string | undefined, present: string | undefined): Promise<Told> =>
  told(() => {
    const pushed = { image: 'ghcr.io/acme/api', digest };
    return verifyPushed('api', pushed, { resolve: async () => present }, new AbortController().signal);
  });

/** An executor that ended with this line. */
export const ended = (error: string): Told => [
  executorProblem(
    {
      target: { key: 'api', dockerfile: 'api/Dockerfile' },
      record: { counts: { total: 0, cached: 0 }, warnings: [], tail: [], error, pushing: false },
      redact: (text) => text,
    },
    1,
  ),
];

const HEAP = 'FROM node:24\nENV NODE_OPTIONS=--max-old-space-size=4096\nRUN npm run build\n';

export const kanikoFixes: FollowedFix[] = [
  {
    code: 'kaniko/unsupported',
    provoke: () => check('FROM node:24\nCOPY --exclude=*.md . /app/\n'),
    follow: ({ fix }) => {
      expect(fix).toMatch(/\.dockerignore|leave/i);
      return check('FROM node:24\nCOPY . /app/\n');
    },
  },
  {
    code: 'kaniko/memory-limit',
    provoke: () => check(HEAP, {}, { memory: '2Gi' }),
    follow: ({ fix }) => {
      const [, memory = ''] = /^Set `limits\.memory` of the builder to (\d+Gi),/.exec(fix) ?? [];
      expect(memory).toBe('5Gi');
      return check(HEAP, {}, { memory });
    },
  },
  {
    code: 'kaniko/not-pushed',
    provoke: () => verified(DIGEST, undefined),
    async follow({ fix }) {
      expect(fix).toMatch(/^Run again/);
      // Without a digest it can't be verified.
      expect(await verified(undefined, DIGEST)).toMatchObject([{ code: 'kaniko/executor' }]);
      return verified(DIGEST, DIGEST);
    },
  },
];
