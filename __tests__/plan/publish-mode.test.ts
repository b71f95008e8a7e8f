import { planned, TWO } from './planned-release.js';

describe('whether images are pushed', () => {
  const pullRequest = (fork: boolean) => ({
    ref: { type: 'pull-request', number: 7, head: 'change', base: 'main', fork },
    event: { name: 'pull_request' },
  });
  test.each<[string, object, object, object]>([
    ['a push', {}, {}, { mode: 'push' }],
    ['a tag', { ref: { type: 'tag', name: 'v1.0.0' } }, {}, { mode: 'push' }],
    ['push: false', {}, { push: 'false' }, { mode: 'build-only', reason: 'push is off for this run' }],
    [
      'a pull request',
      pullRequest(false),
      {},
      { mode: 'build-only', reason: expect.stringContaining('push: true') },
    ],
    ['a pull request with push: true', pullRequest(false), { push: 'true' }, { mode: 'push' }],
    [
      'a fork, even with push: true',
      pullRequest(true),
      { push: 'true' },
      { mode: 'build-only', reason: expect.stringContaining('fork') },
    ],
    [
      'a commit that is not known to be part of the branch, even with push: true',
      { unconfirmed: 'commit 3370e228f220 is not part of branch main' },
      { push: 'true' },
      { mode: 'build-only', reason: 'commit 3370e228f220 is not part of branch main' },
    ],
    [
      "a merge queue's trial merge",
      { ref: { type: 'branch', name: 'gh-readonly-queue/main/pr-7-0123' } },
      {},
      { mode: 'build-only' },
    ],
  ])('%s', (_, source, request, expected) => {
    expect(planned(TWO, { source, request }).plan.publish).toMatchObject(expected);
  });

  test.each<[string, object, string[]]>([
    ['of a run that would have published', {}, ['source/unconfirmed-commit']],
    ['not of one that only builds', { push: 'false' }, []],
  ])('that a commit is not known to be part of the branch is a warning %s', (_, request, expected) => {
    const source = { unconfirmed: 'commit 3370e228f220 is not part of branch main' };
    expect(planned(TWO, { source, request }).problems.map(({ code }) => code)).toEqual(expected);
  });

  test('what is not pushed collides with nothing', () => {
    const twins = 'registry: ghcr.io/acme\nimages: { api: { image: one }, web: { image: one } }';
    expect(planned(twins, { request: { push: 'false' } }).problems).toEqual([]);
  });
});
