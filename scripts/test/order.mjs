import Sequencer from '@jest/test-sequencer';
import { createHash } from 'node:crypto';

/**
 * Kinds of test files, the longest first: one that starts last keeps everything waiting while the other cores are
 * idle. Jest by itself looks at sizes, and the longest stories are short files.
 */
const LONGEST_FIRST = [
  /\/stories\/(races|newer-docker|documented.*\.lab|hostile-registries)|\/mutations\//,
  /\/stories\/.*\.lab\.test/,
  /\.lab\.test/,
  /\.slow\.test/,
];

function rank(path) {
  const found = LONGEST_FIRST.findIndex((pattern) => pattern.test(path));
  return found < 0 ? LONGEST_FIRST.length : found;
}

/** The longest files first; or with TEST_ORDER=SEED in an order that the seed repeats, to find files that need others. */
export default class Order extends Sequencer {
  sort(tests) {
    const seed = process.env.TEST_ORDER;
    if (!seed) return super.sort(tests).sort((a, b) => rank(a.path) - rank(b.path));
    const key = ({ path }) =>
      createHash('sha256')
        .update(`${seed} ${path.slice(path.indexOf('__tests__'))}`)
        .digest('hex');
    return [...tests].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}
