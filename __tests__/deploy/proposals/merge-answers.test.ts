import { mergeVerdict } from '../../../src/deploy/targets/github/proposals-answers.js';

describe('what GitHub says to a merge', () => {
  test.each([
    ['Pull request Pull request is in clean status', 'merge-now'],
    ['["Pull request Pull request is in clean status"]', 'merge-now'],
    ['Pull request is in unstable status', 'merge-now'],
    ['Pull request is in has_hooks status', 'merge-now'],
    ['Pull request Protected branch rules not configured for this branch', 'merge-now'],
    ['Pull request is in unknown status', 'look-again'],
    ['Base branch was modified. Review and try the merge again.', 'look-again'],
    ['Head branch was modified. Review and try the merge again.', 'look-again'],
    ['Merge already in progress', 'look-again'],
    ['Auto merge is already enabled', 'wait'],
    ['Pull request Auto merge is not allowed for this repository', 'give-up'],
    ['Pull request is in dirty status', 'give-up'],
    ['Merge method squash merging is not allowed on this repository', 'give-up'],
    ['Resource not accessible by integration', 'give-up'],
    ['something that nobody has seen', 'give-up'],
  ])('%s: %s', (words, verdict) => {
    expect(mergeVerdict(words, []).do).toBe(verdict);
  });

  test.each([
    'Merge method squash merging is not allowed on this repository',
    'Merge method merge commits are not allowed on this repository.',
    'Merge commits are not allowed on this repository.',
    'Squash merges are not allowed on this repository.',
    'Rebase merges are not allowed on this repository.',
  ])('%s names the methods that are', (words) => {
    expect(mergeVerdict(words, ['merge', 'rebase'])).toMatchObject({
      do: 'give-up',
      fix: expect.stringContaining('merge, rebase'),
    });
  });
});
