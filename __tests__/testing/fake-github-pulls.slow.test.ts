import { jest } from '@jest/globals';
import { succeedCheck } from '../../testing/fake-github/merging.js';
import { AT, commitOn, graphqlRefusal, refusal, setStage } from './fake-github/fixtures.js';
import type { Stage } from './fake-github/fixtures.js';

// Real git processes on a machine that may be busy.
jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await setStage({ rules: [{ branch: 'main', type: 'pull_request' }] });
});
afterEach(() => stage.stop());

async function openPull(path = 'new.txt') {
  const sha = await commitOn(stage.octokit, stage.first, path, 'proposed\n');
  await stage.octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/work', sha });
  const wish = { ...AT, title: 'Roll out', head: 'work', base: 'main' };
  return (await stage.octokit.rest.pulls.create(wish)).data;
}

const pullOf = async (pull_number: number) => (await stage.octokit.rest.pulls.get({ ...AT, pull_number })).data;

const ENABLE = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;
const CHECKS = { branch: 'main', type: 'required_status_checks' } as const;

test('a pull request merges where a direct commit is refused, with the head that was reviewed', async () => {
  const pull = await openPull();
  expect([pull.mergeable_state, pull.commits, pull.changed_files]).toEqual(['clean', 1, 1]);
  const { pulls } = stage.octokit.rest;
  const merge = { ...AT, pull_number: pull.number };
  expect(await refusal(pulls.merge({ ...merge, sha: stage.first }))).toEqual({
    status: 409,
    message: 'Head branch was modified. Review and try the merge again.',
  });
  const { data } = await pulls.merge({ ...merge, sha: pull.head.sha, merge_method: 'squash' });
  expect(await stage.git(['log', '-1', '--format=%H %P %s', 'main'], 'app.git')).toBe(
    `${data.sha} ${stage.first} Write new.txt (#1)`,
  );
  expect(await pullOf(1)).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: data.sha });
  expect((await refusal(pulls.merge(merge))).status).toBe(405);
});

test('a second pull request for the same branch, one without commits, one without a branch: 422', async () => {
  await openPull();
  const create = (head: string) =>
    stage.octokit.rest.pulls
      .create({ ...AT, title: 'x', head, base: 'main' })
      .catch((error: { status: number; response: { data: { errors: unknown[] } } }) => [
        error.status,
        error.response.data.errors[0],
      ]);
  await stage.octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/same', sha: stage.first });
  const custom = { resource: 'PullRequest', code: 'custom' };
  expect(await create('acme:work')).toEqual([
    422,
    { ...custom, message: 'A pull request already exists for acme:work.' },
  ]);
  expect(await create('same')).toEqual([422, { ...custom, message: 'No commits between main and same' }]);
  expect(await create('nothing')).toEqual([422, { resource: 'PullRequest', field: 'head', code: 'invalid' }]);
});

test('lists filter by head, base and state, newest first', async () => {
  await openPull();
  const list = async (query: { head?: string; base?: string; state?: 'open' | 'closed' | 'all' }) =>
    (await stage.octokit.rest.pulls.list({ ...AT, ...query })).data.map(({ number }) => number);
  expect(await list({ head: 'acme:work', base: 'main' })).toEqual([1]);
  expect(await list({ head: 'acme:other' })).toEqual([]);
  expect(await list({ head: 'somebody:work' })).toEqual([]);
  // GitHub takes a head without its owner for no filter at all.
  expect(await list({ head: 'other' })).toEqual([1]);
  await stage.octokit.rest.pulls.update({ ...AT, pull_number: 1, state: 'closed' });
  expect([await list({}), await list({ state: 'closed' })]).toEqual([[], [1]]);
});

test('a pull request follows its branch: new commits, a merge by push, a deleted branch', async () => {
  const pull = await openPull();
  const next = await commitOn(stage.octokit, pull.head.sha, 'more.txt', 'more\n');
  await stage.octokit.rest.git.updateRef({ ...AT, ref: 'heads/work', sha: next });
  expect((await pullOf(1)).head.sha).toBe(next);
  expect(await stage.git(['ls-remote', stage.clone(), 'refs/pull/1/head'])).toMatch(new RegExp(`^${next}`));
  await stage.git(['update-ref', '-d', 'refs/heads/work'], 'app.git');
  expect(await pullOf(1)).toMatchObject({ state: 'closed', merged: false });
  await stage.octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/again', sha: next });
  await stage.octokit.rest.pulls.create({ ...AT, title: 'x', head: 'again', base: 'main' });
  await stage.git(['update-ref', 'refs/heads/main', next], 'app.git');
  expect(await pullOf(2)).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: next });
});

test('a rewritten branch keeps its pull request open, at the new head', async () => {
  const pull = await openPull();
  const other = await commitOn(stage.octokit, stage.first, 'other.txt', 'otherwise\n');
  await stage.octokit.rest.git.updateRef({ ...AT, ref: 'heads/work', sha: other, force: true });
  expect(await pullOf(pull.number)).toMatchObject({ state: 'open', head: { sha: other }, commits: 1 });
});

test.each(['merge', 'squash', 'rebase'] as const)('%s is refused where the settings forbid it', async (method) => {
  const repository = stage.github.repository('acme/app');
  const pull = await openPull();
  const merge = () => stage.octokit.rest.pulls.merge({ ...AT, pull_number: 1, merge_method: method });
  repository.mergeMethods = (['merge', 'squash', 'rebase'] as const).filter((other) => other !== method);
  const refused = await refusal(merge());
  expect(refused.status).toBe(405);
  expect(refused.message).toMatch(/(commits|merges) are not allowed on this repository/);
  const setting = {
    squash: 'allow_squash_merge',
    merge: 'allow_merge_commit',
    rebase: 'allow_rebase_merge',
  } as const;
  expect((await pullOf(1)).base.repo[setting[method]]).toBe(false);
  repository.mergeMethods = [method];
  await merge();
  const [parents, subject] = (await stage.git(['log', '-1', '--format=%P|%s', 'main'], 'app.git')).split('|');
  const expected = {
    merge: [`${stage.first} ${pull.head.sha}`, 'Merge pull request #1 from acme/work'],
    squash: [stage.first, 'Write new.txt (#1)'],
    rebase: [stage.first, 'Write new.txt'],
  };
  expect([parents, subject]).toEqual(expected[method]);
});

test('the branch goes with the merge where the settings say so', async () => {
  stage.github.repository('acme/app').mergedBranches = 'delete';
  const pull = await openPull();
  await stage.octokit.rest.pulls.merge({ ...AT, pull_number: 1 });
  expect((await refusal(stage.octokit.rest.git.getRef({ ...AT, ref: 'heads/work' }))).status).toBe(404);
  expect(await pullOf(1)).toMatchObject({ merged: true, head: { sha: pull.head.sha } });
});

test('a label that is too long is refused, and the others with it', async () => {
  await openPull();
  const { issues } = stage.octokit.rest;
  const add = (...labels: string[]) => issues.addLabels({ ...AT, issue_number: 1, labels });
  expect((await refusal(add('deploy', 'x'.repeat(51)))).status).toBe(422);
  expect((await pullOf(1)).labels).toEqual([]);
});

test('conflicting changes are dirty, and not merged', async () => {
  await openPull('README.md');
  const other = await commitOn(stage.octokit, stage.first, 'README.md', 'otherwise\n');
  await stage.git(['update-ref', 'refs/heads/main', other], 'app.git');
  expect(await pullOf(1)).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
  expect(await refusal(stage.octokit.rest.pulls.merge({ ...AT, pull_number: 1 }))).toEqual({
    status: 405,
    message: 'Pull Request is not mergeable',
  });
});

describe('auto-merge', () => {
  const enable = (pullRequestId: string) =>
    stage.octokit.graphql(ENABLE, { input: { pullRequestId, mergeMethod: 'SQUASH' } });

  test('of what could be merged at once is refused: clean status', async () => {
    const pull = await openPull();
    expect((await graphqlRefusal(enable(pull.node_id))).message).toMatch(/Pull request is in clean status/);
  });

  test('waits while checks are missing and merges once they are not', async () => {
    const repository = stage.github.repository('acme/app');
    repository.rules.push(CHECKS);
    const pull = await openPull();
    expect(pull.mergeable_state).toBe('blocked');
    expect(await refusal(stage.octokit.rest.pulls.merge({ ...AT, pull_number: 1 }))).toMatchObject({
      status: 405,
      message: expect.stringContaining('Required status check "ci" is expected.'),
    });
    expect(await enable(pull.node_id)).toEqual({
      enablePullRequestAutoMerge: { pullRequest: { number: 1 } },
    });
    expect((await pullOf(1)).auto_merge?.merge_method).toBe('squash');
    await succeedCheck(repository, stage.first);
    expect((await pullOf(1)).merged).toBe(false);
    await succeedCheck(repository, pull.head.sha);
    expect((await pullOf(1)).merged).toBe(true);
  });

  test('waits for as many approvals as the rule demands', async () => {
    const repository = stage.github.repository('acme/app');
    const parameters = { required_approving_review_count: 1 };
    repository.rules.push({ branch: 'main', type: 'pull_request', parameters });
    await enable((await openPull()).node_id);
    expect((await pullOf(1)).merged).toBe(false);
    repository.pulls[0]?.approvals.push('ada');
    expect((await pullOf(1)).merged).toBe(true);
  });

  test('is refused where the repository does not allow it', async () => {
    const repository = stage.github.repository('acme/app');
    repository.rules.push(CHECKS);
    repository.autoMerge = 'off';
    const pull = await openPull();
    expect((await graphqlRefusal(enable(pull.node_id))).message).toMatch(/Auto merge is not allowed/);
  });
});

test('the setting that forbids Actions to create pull requests answers 403', async () => {
  stage.github.repository('acme/app').actionsPullRequests = 'forbidden';
  expect(await refusal(openPull())).toEqual({
    status: 403,
    message: 'GitHub Actions is not permitted to create or approve pull requests.',
  });
});
