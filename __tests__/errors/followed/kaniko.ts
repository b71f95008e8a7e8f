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

/** Problems of verifying the pushed digest after a successful pod. */
const verified = (digest: string | undefined, present: string | undefined): Promise<Told> =>
  told(() => {
    const pushed = { image: 'ghcr.io/acme/api', digest };
    return verifyPushed('api', pushed, { resolve: async () => present }, new AbortController().signal);
  });

/** The problem of an executor whose last line is `error`. */
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
    code: 'kaniko/unsupported',
    variant: 'a setting',
    provoke: () => check('FROM node:24\n', { contexts: { assets: '../assets' } }),
    follow: ({ fix }) => {
      expect(fix).toMatch(/^Move the files into the context, or name an image/);
      return check('FROM node:24\n', { contexts: { assets: 'docker-image://ghcr.io/acme/assets:1' } });
    },
  },
  {
    code: 'kaniko/unsupported',
    variant: 'a cache mount',
    provoke: () => check('FROM node:24\nRUN --mount=type=cache,target=/var/cache/npm npm ci\n'),
    follow: ({ severity, fix }) => {
      expect([severity, fix]).toEqual(['warning', expect.stringMatching(/^Nothing has to be done/)]);
      return check('FROM node:24\nRUN npm ci\n');
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
    code: 'kaniko/executor',
    variant: 'no digest',
    provoke: () => verified(undefined, DIGEST),
    follow: ({ fix }) => {
      expect(fix).toContain('`builder.image`');
      return verified(DIGEST, DIGEST);
    },
  },
  {
    code: 'kaniko/not-pushed',
    provoke: () => verified(DIGEST, undefined),
    follow: ({ fix }) => {
      expect(fix).toMatch(/^Run again/);
      return verified(DIGEST, DIGEST);
    },
  },
];
