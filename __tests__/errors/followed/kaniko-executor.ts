import { readFlags, UsageError } from '../../../lab/kaniko-executor/flags.js';
import { executorArguments } from '../../../src/builders/kaniko/arguments.js';
import type { FollowedFix, Told } from '../followed-fix.js';
import { ended } from './kaniko.js';

const ORDER = {
  target: { args: {}, labels: {}, noCache: false },
  destination: { image: 'ghcr.io/acme/api', tag: 'main-1a2b3c4' },
  platform: '',
  annotations: { 'org.opencontainers.image.title': 'api' },
  cacheRepository: 'ghcr.io/acme/api/cache',
  cache: 'write' as const,
  sourceDateEpoch: 0,
  secrets: [],
  reads: [],
};

/** Passes our flags and `more` to a parser of the executor's flags. */
function run(more: readonly string[]): Told {
  try {
    readFlags([...executorArguments(ORDER), ...more]);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return ended(`Error: ${error.message}`);
    throw error;
  }
}

export const executorFixes: FollowedFix[] = [
  {
    code: 'kaniko/executor',
    provoke: () => run(['--a-flag-of-another-version']),
    follow({ fix }) {
      expect(fix).toContain('Kaniko 1.28 or newer');
      return run([]);
    },
  },
];
