import Sequencer from '@jest/test-sequencer';

/**
 * Kinds of test files, the longest first: one that starts last keeps everything waiting while the other cores
 * are idle. Jest by itself looks at sizes, and the longest stories are short files.
 */
const LONGEST_FIRST = [
  /\/stories\/races|\/mutations\//,
  /\/stories\//,
  /\/repository\/package|\/history\/|\/deploy\/(targets|standing|model)\/|\/build\/|\/lab\//,
];

function rank(path) {
  const found = LONGEST_FIRST.findIndex((pattern) => pattern.test(path));
  return found < 0 ? LONGEST_FIRST.length : found;
}

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a.path) - rank(b.path));
  }
}
