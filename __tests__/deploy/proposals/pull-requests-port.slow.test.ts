import { jest } from '@jest/globals';
import type { Problem } from '../../../src/lib/errors.js';
import { AT } from '../../testing/fake-github/fixtures.js';
import { problemsOf } from '../requests.js';
import { BRANCH, MESSAGE, setPullStage, type PullStage } from './pull-requests-stage.js';

jest.setTimeout(60_000);

let stage: PullStage;
beforeEach(async () => {
  stage = await setPullStage({ rules: [{ branch: 'main', type: 'pull_request' }] });
});
afterEach(async () => {
  const faults = stage.github.faults.pending();
  await stage.stop();
  expect(faults).toEqual([]);
});

const repository = () => stage.github.repository('acme/app');
const created = () => stage.github.requests.filter((made) => made.method === 'POST' && made.path.endsWith('/pulls'));
const SQUASH = [{ labels: [], autoMerge: 'squash' as const }];
const textsOf = (problems: readonly Problem[]) =>
  problems.map(({ code, fix, detail }) => [code, fix, detail].join(' '));

describe('a pull request', () => {
  test('is opened with the subject of the commit as its title, and with its labels', async () => {
    const head = await stage.push('newTag: 2\n');
    const proposed = await stage.propose(head, {
      modes: [{ labels: ['deploy', 'api'] }, { labels: ['deploy'] }],
    });
    expect(proposed).toEqual({
      pullRequest: { number: 1, url: `${stage.github.url}/acme/app/pull/1` },
      state: 'open',
      commit: head,
      warnings: [],
    });
    expect(await stage.pull()).toMatchObject({
      title: 'Deploy api main-1a2b3c4',
      head: BRANCH,
      base: 'main',
      draft: false,
      labels: ['deploy', 'api'],
      body: expect.stringContaining('`ghcr.io/acme/api:main-1a2b3c4`'),
    });
  });

  test('is updated in place by a newer run: same number, new head and text, one commit', async () => {
    await stage.propose(await stage.push('newTag: 2\n'));
    const head = await stage.push('newTag: 3\n');
    const message = MESSAGE.replaceAll('main-1a2b3c4', 'main-2b3c4d5');
    const proposed = await stage.propose(head, { message, modes: [{ labels: ['later'] }] });
    expect(proposed).toMatchObject({ pullRequest: { number: 1 }, state: 'open' });
    expect(await stage.pull()).toMatchObject({ title: 'Deploy api main-2b3c4d5', labels: ['later'] });
    const { data } = await stage.octokit.rest.pulls.get({ ...AT, pull_number: 1 });
    expect([data.head.sha, data.commits]).toEqual([head, 1]);
    expect(created()).toHaveLength(1);
  });

  test('that says everything already is left alone', async () => {
    const head = await stage.push('newTag: 2\n');
    await stage.propose(head);
    const before = stage.github.requests.length;
    await stage.propose(head);
    expect(stage.github.requests.slice(before).map(({ method }) => method)).toEqual(['GET']);
  });

  test('of a newer run keeps its text when an older run comes late', async () => {
    const older = await stage.push('newTag: 2\n');
    const newer = await stage.push('newTag: 3\n');
    await stage.propose(newer, { message: 'Deploy api newer\n' });
    const late = await stage.propose(older, { message: 'Deploy api older\n', modes: SQUASH });
    expect(late).toMatchObject({ pullRequest: { number: 1 }, state: 'open', warnings: [] });
    expect(await stage.pull()).toMatchObject({ title: 'Deploy api newer', state: 'open' });
    expect((await stage.pull()).autoMerge).toBeUndefined();
  });

  test('is opened once when its answer is lost', async () => {
    stage.github.faults.push({
      match: { method: 'POST', path: '/pulls' },
      fault: { type: '5xx-after-landing', end: 'cut' },
    });
    const proposed = await stage.propose(await stage.push('newTag: 2\n'), {
      modes: [{ labels: ['deploy'] }],
    });
    expect(proposed.pullRequest.number).toBe(1);
    expect((await stage.pull()).labels).toEqual(['deploy']);
    expect(repository().pulls).toHaveLength(1);
    expect(stage.waits).toHaveLength(1);
  });

  test('is opened after a rate limit, as late as the server asks', async () => {
    stage.github.faults.push({
      match: { method: 'POST', path: '/pulls' },
      fault: { type: 'rate-limited', status: 403, limit: 'secondary', retryAfter: 61 },
    });
    await stage.propose(await stage.push('newTag: 2\n'));
    expect(repository().pulls).toHaveLength(1);
    expect(stage.waits).toEqual([61_000]);
  });

  test('is opened once by two runs at the same moment', async () => {
    const head = await stage.push('newTag: 2\n');
    const both = await Promise.all([stage.propose(head), stage.propose(head)]);
    expect(both.map(({ pullRequest }) => pullRequest.number)).toEqual([1, 1]);
    expect(repository().pulls).toHaveLength(1);
  });

  test('whose very commit a person has rejected is not opened again; a newer commit is', async () => {
    const head = await stage.push('newTag: 2\n');
    await stage.propose(head);
    await stage.octokit.rest.pulls.update({ ...AT, pull_number: 1, state: 'closed' });
    expect(await stage.proposals.latest(BRANCH)).toMatchObject({ number: 1, state: 'closed', head });
    expect(await stage.proposals.find(BRANCH)).toBeUndefined();
    expect(await stage.propose(head, { modes: SQUASH })).toMatchObject({
      state: 'closed',
      pullRequest: { number: 1 },
    });
    expect(created()).toHaveLength(1);
    const next = await stage.propose(await stage.push('newTag: 3\n'));
    expect(next).toMatchObject({ state: 'open', pullRequest: { number: 2 } });
    expect(await stage.proposals.latest(BRANCH)).toMatchObject({ number: 2, state: 'open' });
  });

  test('that was merged meanwhile is reported as merged', async () => {
    const head = await stage.push('newTag: 2\n');
    await stage.propose(head);
    const { data } = await stage.octokit.rest.pulls.merge({ ...AT, pull_number: 1, merge_method: 'squash' });
    expect(await stage.propose(head, { modes: SQUASH })).toMatchObject({ state: 'merged', commit: data.sha });
    expect(await stage.proposals.latest(BRANCH)).toMatchObject({ state: 'merged', commit: data.sha });
  });

  test('of the same branch name in a fork, or into another branch, is none of ours', async () => {
    const head = await stage.push('newTag: 2\n');
    await stage.git(['branch', 'other', 'main'], 'app.git');
    await stage.octokit.rest.pulls.create({ ...AT, title: 'Not ours', head: BRANCH, base: 'other' });
    expect(await stage.proposals.latest(BRANCH)).toBeUndefined();
    expect((await stage.propose(head)).pullRequest.number).toBe(2);
  });

  test('stands without labels that GitHub refuses, with a warning', async () => {
    const label = 'x'.repeat(51);
    const { state, warnings } = await stage.propose(await stage.push('newTag: 2\n'), {
      modes: [{ labels: [label] }],
    });
    expect(state).toBe('open');
    expect(warnings).toMatchObject([{ code: 'deploy/pull-request-incomplete', severity: 'warning' }]);
  });
});

describe('a pull request that is refused', () => {
  test('because GITHUB_TOKEN may not create any names the setting and the App token', async () => {
    repository().actionsPullRequests = 'forbidden';
    const problems = await problemsOf(stage.propose(await stage.push('newTag: 2\n')));
    expect(problems).toMatchObject([{ code: 'deploy/pull-request-refused', severity: 'error' }]);
    const [text] = textsOf(problems);
    expect(text).toContain('Allow GitHub Actions to create and approve pull requests');
    expect(text).toContain('deploy-token');
    expect(created()).toHaveLength(1);
  });

  test('because the job lacks the permission names the permission', async () => {
    repository().tokens = {
      ...repository().tokens,
      'writers-token': { permissions: { contents: 'write', pull_requests: 'read' } },
    };
    const [text] = textsOf(await problemsOf(stage.propose(await stage.push('newTag: 2\n'))));
    expect(text).toMatch(/deploy\/pull-request-refused.*pull-requests: write/);
  });

  test('because it holds nothing says so in GitHub’s words, after looking again', async () => {
    await stage.git(['update-ref', `refs/heads/${BRANCH}`, stage.first], 'app.git');
    const [text] = textsOf(await problemsOf(stage.propose(stage.first)));
    expect(text).toContain('No commits between');
    expect(stage.waits.length).toBeGreaterThan(1);
  });
});

describe('a withdrawal', () => {
  const withdraw = () => stage.proposals.withdraw(BRANCH, 'main holds all of it.');

  test('closes the pull request, says why, and deletes the branch', async () => {
    await stage.propose(await stage.push('newTag: 2\n'));
    expect(await withdraw()).toMatchObject({ number: 1 });
    expect(await stage.pull()).toMatchObject({
      state: 'closed',
      comments: [{ body: 'main holds all of it.' }],
    });
    expect(await stage.git(['for-each-ref', '--format=%(refname)', 'refs/heads'], 'app.git')).toBe('refs/heads/main');
    expect(await withdraw()).toBeUndefined();
  });

  test('leaves what a newer run has put on the branch meanwhile', async () => {
    await stage.propose(await stage.push('newTag: 2\n'));
    stage.github.faults.push({
      match: { operation: 'updateRefs' },
      fault: { type: 'stale', land: async () => void (await stage.push('newTag: 3\n')) },
    });
    expect(await withdraw()).toBeUndefined();
    expect(await stage.pull()).toMatchObject({ state: 'open', comments: [] });
  });

  test('succeeds once when the answer is lost', async () => {
    await stage.propose(await stage.push('newTag: 2\n'));
    stage.github.faults.push({
      match: { operation: 'updateRefs' },
      fault: { type: '5xx-after-landing', end: 'cut' },
    });
    expect(await withdraw()).toMatchObject({ number: 1 });
    expect((await stage.pull()).comments).toHaveLength(1);
  });

  test('closes the pull request where a rule keeps its branch', async () => {
    repository().rules.push({ branch: 'image-release-pr/*', type: 'deletion' });
    await stage.propose(await stage.push('newTag: 2\n'));
    expect(await withdraw()).toMatchObject({ number: 1 });
    expect((await stage.pull()).state).toBe('closed');
  });
});

test('a cancelled run opens no pull request', async () => {
  const head = await stage.push('newTag: 2\n');
  await expect(stage.propose(head, { signal: AbortSignal.abort() })).rejects.toThrow(/Cancelled/);
  expect(repository().pulls).toEqual([]);
});
