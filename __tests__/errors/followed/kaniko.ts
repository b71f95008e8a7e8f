import { explainPod } from '../../../src/builders/kaniko/failure.js';
import type { Kitchen } from '../../../src/builders/kaniko/kitchen.js';
import { confirm } from '../../../src/builders/kaniko/pushed.js';
import { restrictionsOf, type KanikoCandidate } from '../../../src/builders/kaniko/restrictions.js';
import { DOCKERFILE_READER } from '../../../src/app/kaniko.js';
import { plannedImage } from '../../builders/samples.js';
import { told, type FollowedFix, type OutOfReach, type ProvenElsewhere, type Told } from '../followed-fix.js';

const DIGEST = `sha256:${'4'.repeat(64)}`;
const CUT =
  '__tests__/builders/kaniko/faults.lab.test.ts › a context that is cut off is sent again to another pod, and is never built by half';

export const kanikoProven: ProvenElsewhere[] = [
  {
    code: 'kaniko/build-again',
    provenBy: CUT,
    outOfReach: 'A warning: the other pod has built the image, and there is nothing to do.',
  },
];

const check = (text: string, over: Partial<KanikoCandidate> = {}, limits?: { memory: string }): Told =>
  restrictionsOf({
    image: plannedImage('api', over as object),
    text,
    settings: { ...(limits && { limits }) },
    reader: DOCKERFILE_READER,
  });

/** What comes of a pod that ended well. */
const confirmed = (digest: string | undefined, served: string | undefined): Promise<Told> =>
  told(() =>
    confirm({ key: 'api' } as Parameters<typeof confirm>[0], 'ghcr.io/acme/api', digest, {
      ports: { resolve: async () => served },
      signal: new AbortController().signal,
    } as unknown as Kitchen),
  );

/** What an executor says that ended with this line. */
export const ended = (error: string): Told => [
  explainPod({
    image: { key: 'api', dockerfile: 'api/Dockerfile' },
    exitCode: 1,
    record: { steps: [], counts: { total: 0, cached: 0 }, warnings: [], tail: [], error, pushing: false },
    redact: (text) => text,
  }),
];

const HEAP = 'FROM node:24\nENV NODE_OPTIONS=--max-old-space-size=4096\nRUN npm run build\n';

export const kanikoFixes: (FollowedFix | OutOfReach)[] = [
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
    code: 'kaniko/cache-mount',
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
    code: 'kaniko/no-digest',
    provoke: () => confirmed(undefined, DIGEST),
    follow: ({ fix }) => {
      expect(fix).toContain('`builder.image`');
      return confirmed(DIGEST, DIGEST);
    },
  },
  {
    code: 'kaniko/not-pushed',
    provoke: () => confirmed(DIGEST, undefined),
    follow: ({ fix }) => {
      expect(fix).toMatch(/^Run again/);
      return confirmed(DIGEST, DIGEST);
    },
  },
  {
    code: 'kaniko/context-cut',
    provoke: () => ended('Error: error resolving source context: unexpected EOF'),
    outOfReach:
      'What cuts the stream lies in the network. That another try gets through is shown in faults.test.ts.',
  },
];
