import type { ExecutorOrder } from '../../../src/builders/kaniko/arguments.js';

export const PURPOSE = { run: '1a2b3c4d', key: 'api', platform: 'linux/arm64', task: 'build', attempt: 1 };

export const ORDER: ExecutorOrder = {
  target: { key: 'api', args: {}, labels: {}, noCache: false },
  destination: { image: 'ghcr.io/acme/api', tag: 'main-1234567-build-1a2b3c4d' },
  annotations: {},
  cacheRepository: 'ghcr.io/acme/api/cache',
  cache: 'write',
  sourceDateEpoch: 1_700_000_000,
  secrets: [],
  reads: ['node:24'],
};
