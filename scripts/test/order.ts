import { createHash } from 'node:crypto';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Kinds of test files, the longest first: one that starts last keeps everything waiting while the other cores are
 * idle. Vitest by itself looks at sizes, and the longest stories are short files.
 */
const LONGEST_FIRST = [
  /\/stories\/(races|newer-docker|documented.*\.lab|hostile-registries)|\/mutations\//,
  /\/stories\/.*\.lab\.test/,
  /\.lab\.test/,
  /\.slow\.test/,
];

function rank(path: string): number {
  const found = LONGEST_FIRST.findIndex((pattern) => pattern.test(path));
  return found < 0 ? LONGEST_FIRST.length : found;
}

/** The longest files first; or with TEST_ORDER=SEED in an order that the seed repeats, to find files that need others. */
export default class Order extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seed = process.env.TEST_ORDER;
    if (!seed) return (await super.sort(files)).sort((a, b) => rank(a.moduleId) - rank(b.moduleId));
    const key = ({ moduleId }: TestSpecification) =>
      createHash('sha256')
        .update(`${seed} ${moduleId.slice(moduleId.indexOf('__tests__'))}`)
        .digest('hex');
    return [...files].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}
