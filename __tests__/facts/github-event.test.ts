import { sourceFromGithub } from '../../src/facts/github-event.js';
import { ReleaseError } from '../../src/lib/errors.js';
import {
  COMMIT,
  COMMIT_TIME,
  githubEvent,
  MERGE_COMMIT,
  NOW,
  PULL_HEAD,
  sourceOf,
  type EventName,
} from '../fixtures/github-events.js';

const times = { commitTime: COMMIT_TIME, now: NOW };

test.each<[EventName, object]>([
  ['push-branch', { type: 'branch', name: 'main' }],
  ['push-feature', { type: 'branch', name: 'feature/price#1245' }],
  ['push-tag', { type: 'tag', name: 'v1.2.3', base: 'main' }],
  ['workflow-dispatch', { type: 'branch', name: 'main' }],
  ['schedule', { type: 'branch', name: 'main' }],
  ['pull-request', { type: 'pull-request', number: 15, head: 'round-prices', base: 'main', fork: false }],
  ['pull-request-fork', { type: 'pull-request', number: 15, head: 'round-prices', base: 'main', fork: true }],
  ['release-published', { type: 'tag', name: 'v1.2.3' }],
  ['merge-group', { type: 'branch', name: 'gh-readonly-queue/main/pr-15-266574110acf203503badf966df2ea24b5d732d7' }],
])('%s is released from its ref', (event, ref) => {
  expect(sourceOf(event).ref).toEqual(ref);
});

test.each<[EventName, object]>([
  [
    'push-branch',
    {
      ...{ name: 'push', deleted: false },
      commits: [{ id: COMMIT, message: 'Round prices\n\nHalf a cent goes up.' }],
    },
  ],
  ['push-deleted', { name: 'push', deleted: true, commits: [] }],
  ['workflow-dispatch', { name: 'workflow_dispatch' }],
  ['pull-request', { name: 'pull_request' }],
  ['schedule', { name: 'schedule', cron: '30 4 * * 1' }],
  ['release-published', { name: 'other', event: 'release' }],
  ['merge-group', { name: 'other', event: 'merge_group' }],
])('reads the trigger of the release from %s', (event, expected) => {
  expect(sourceOf(event).event).toEqual(expected);
});

test.each(['created', 'forced'])('a push with `%s` lists no commits', (how) => {
  const { env, payload } = githubEvent('push-branch');
  const { event } = sourceFromGithub({ env, payload: { ...payload, [how]: true }, ...times });
  expect(event).toEqual({ name: 'push', deleted: false });
});

test('reads the details of repository and run', () => {
  expect(sourceOf('push-branch')).toMatchObject({
    repository: 'Acme-Corp/Shop',
    url: 'https://github.com/Acme-Corp/Shop',
    commit: COMMIT,
    commitTime: COMMIT_TIME,
    defaultBranch: 'main',
    visibility: 'public',
    description: 'Shop of the Acme corporation',
    license: 'Apache-2.0',
    run: {
      id: '9876543210',
      number: 42,
      attempt: 1,
      url: 'https://github.com/Acme-Corp/Shop/actions/runs/9876543210',
    },
    now: NOW,
  });
});

test('the URL of a second attempt contains the attempt', () => {
  expect(sourceOf('push-branch', { GITHUB_RUN_ATTEMPT: '2' }).run?.url).toBe(
    'https://github.com/Acme-Corp/Shop/actions/runs/9876543210/attempts/2',
  );
});

test('a schedule has a default branch and URL even if its payload names no repository', () => {
  const source = sourceOf('schedule');
  expect(source.defaultBranch).toBe('main');
  expect(source.url).toBe('https://github.com/Acme-Corp/Shop');
  expect(source.visibility).toBeUndefined();
});

test('the commit of a pull request is the merge commit that the runner checks out', () => {
  expect(sourceOf('pull-request').commit).toBe(MERGE_COMMIT);
});

test('a workflow that checks out another commit releases that commit', () => {
  const event = githubEvent('pull-request');
  expect(sourceFromGithub({ ...event, ...times, commit: PULL_HEAD }).commit).toBe(PULL_HEAD);
});

test('pull_request_target is read as a pull request, not as a push to the base branch', () => {
  const source = sourceOf('pull-request-fork', {
    GITHUB_EVENT_NAME: 'pull_request_target',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: COMMIT,
  });
  expect(source.ref).toEqual({
    type: 'pull-request',
    number: 15,
    head: 'round-prices',
    base: 'main',
    fork: true,
  });
  expect(source.event).toEqual({ name: 'other', event: 'pull_request_target' });
});

test('a pull request counts as a fork if its fork is deleted or its payload is empty', () => {
  expect(sourceOf('pull-request-deleted-fork').ref).toMatchObject({ fork: true });
  const { env } = githubEvent('pull-request');
  expect(sourceFromGithub({ env, payload: {}, ...times }).ref).toEqual({
    ...{ type: 'pull-request', number: 15, head: 'round-prices', base: 'main', fork: true },
  });
});

test('a release event without a ref is released from its tag', () => {
  expect(sourceOf('release-published', { GITHUB_REF: '' }).ref).toEqual({ type: 'tag', name: 'v1.2.3' });
});

test.each([
  [{ private: true, visibility: 'internal' }, 'internal'],
  [{ private: true, visibility: undefined }, 'private'],
  [{ private: false, visibility: undefined }, 'public'],
  [{ private: undefined, visibility: undefined }, undefined],
])('visibility of %j is %s', (change, expected) => {
  const { env, payload } = githubEvent('push-branch');
  const repository = { ...(payload.repository as object), ...change };
  expect(sourceFromGithub({ env, payload: { repository }, ...times }).visibility).toBe(expected);
});

test.each([null, { spdx_id: null }, { spdx_id: 'NOASSERTION' }])('ignores the license %j', (license) => {
  const { env } = githubEvent('push-branch');
  expect(sourceFromGithub({ env, payload: { repository: { license } }, ...times }).license).toBeUndefined();
});

test.each([undefined, null, 'text', []])('ignores a payload of %j', (payload) => {
  const { env } = githubEvent('push-branch');
  expect(sourceFromGithub({ env, payload, ...times })).toMatchObject({
    repository: 'Acme-Corp/Shop',
    ref: { type: 'branch', name: 'main' },
    event: { name: 'push', deleted: false },
  });
});

test.each(['GITHUB_SHA', 'GITHUB_REF'])('rejects a run without %s and names the variable', (name) => {
  const { env } = githubEvent('push-branch', { [name]: '' });
  expect(() => sourceFromGithub({ env, payload: {}, ...times })).toThrow(ReleaseError);
  expect(() => sourceFromGithub({ env, payload: {}, ...times })).toThrow(name);
});
