import { classifyMergeFailure } from '../../../src/deploy/targets/github/auto-merge.js';
import { RequestFailed } from '../../../src/github/requests.js';

test.each([
  ['Pull request Pull request is in clean status', 'merge-now'],
  ['Pull request is in unstable status', 'merge-now'],
  ['Pull request is in has_hooks status', 'merge-now'],
  ['Pull request Protected branch rules not configured for this branch', 'merge-now'],
  ['Pull request is in unknown status', 'read again'],
  ['Base branch was modified. Review and try the merge again.', 'read again'],
  ['Head branch was modified. Review and try the merge again.', 'read again'],
  ['Merge already in progress', 'read again'],
  ['Auto merge is already enabled', 'enabled'],
  ['Pull request Auto merge is not allowed for this repository', 'refused'],
  ['Merge method squash merging is not allowed on this repository', 'refused'],
  ['something unknown', 'refused'],
])('classifies the merge failure "%s" as %s', (message, expected) => {
  const failed = new RequestFailed('other', { status: 200, headers: {}, message, types: [] });
  const result = classifyMergeFailure(failed);
  const seen = result instanceof RequestFailed ? 'read again' : result;
  expect(typeof seen === 'string' ? seen : seen.status).toBe(expected);
});
