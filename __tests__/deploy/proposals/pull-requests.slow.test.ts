import { jest } from '@jest/globals';
import { succeedCheck } from '../../../testing/fake-github/merging.js';
import { BRANCH, createRunStage, FILE, pullRequests, type RunStage } from './pull-requests-runs.js';
import { problemsOf } from '../requests.js';
import { KUSTOMIZATION, TOKEN } from '../stage.js';

jest.setTimeout(60_000);

let stage: RunStage;
beforeEach(async () => {
  stage = await createRunStage();
});
afterEach(async () => {
  const faults = stage.github.faults.pending();
  await stage.close();
  expect(faults).toEqual([]);
});

const served = () => stage.github.repository('acme/app');
const pulls = () => served().pulls;
const merge = async (number: number, how: 'merge' | 'squash' = 'squash') => {
  const answer = await call('PUT', `/pulls/${number}/merge`, { merge_method: how });
  expect(answer).toBe(200);
};
const close = (number: number) => call('PATCH', `/pulls/${number}`, { state: 'closed' });
/** What a person does on the page of the pull request. */
async function call(method: string, path: string, body: object): Promise<number> {
  const headers = {
    authorization: `token ${TOKEN}`,
    'content-type': 'application/json',
  };
  const url = `${stage.github.apiUrl}/repos/acme/app${path}`;
  return (await fetch(url, { method, headers, body: JSON.stringify(body) })).status;
}
/** Commits of the pull request's branch above the base branch. */
const above = () => Number(stage.git('rev-list', '--count', `main..${BRANCH}`));

describe('a release by pull request', () => {
  test('opens it with labels; the branch itself stays, and the ledger says proposed', async () => {
    const base = stage.head();
    const [first] = stage.runs;
    expect(await stage.proposed(first, ['api', 'frontend'])).toMatchObject({
      status: 'proposed',
      kustomization: FILE,
      branch: 'main',
      pullRequest: { number: 1, url: `${stage.github.url}/acme/app/pull/1` },
      state: 'open',
      commit: stage.head(BRANCH),
      images: ['api', 'frontend'],
      superseded: [],
    });
    expect([stage.head(), above()]).toEqual([base, 1]);
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${first.api.releaseTag}`);
    expect(await stage.pulls()).toEqual([`1 open: Deploy api, frontend ${first.api.releaseTag}`]);
    expect(pulls()[0]).toMatchObject({
      labels: ['deploy'],
      body: expect.stringContaining(`+    newTag: ${first.api.releaseTag}`),
    });
    expect(await stage.status()).toEqual([
      `api proposed ${first.api.releaseTag} #1`,
      `frontend proposed ${first.api.releaseTag} #1`,
    ]);
  });

  test('PR open from an older run → updated: same number, one commit, the newer tag', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    const before = stage.head(BRANCH);
    expect(await stage.proposed(second, ['api'])).toMatchObject({
      status: 'proposed',
      pullRequest: { number: 1 },
    });
    expect(stage.git('rev-parse', `${BRANCH}^`)).toBe(stage.head());
    expect(stage.head(BRANCH)).not.toBe(before);
    expect(stage.tags(BRANCH)).toBe(`${second.api.releaseTag} main-0000000`);
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${second.api.releaseTag}`]);
  });

  test('PR open from a newer run → left', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(second, ['api']);
    const [head, ledger] = [stage.head(BRANCH), stage.ledger()?.oid];
    expect(await stage.proposed(first, ['api'])).toMatchObject({
      status: 'superseded',
      superseded: [{ key: 'api', tag: first.api.releaseTag, by: { tag: second.api.releaseTag, reason: 'release' } }],
    });
    expect([stage.head(BRANCH), stage.ledger()?.oid]).toEqual([head, ledger]);
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${second.api.releaseTag}`]);
  });

  test('keeps what an earlier run has proposed for another image: one pull request, one commit, both tags', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(above()).toBe(1);
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
    const titles = await stage.pulls();
    expect(titles).toEqual([expect.stringContaining(`api ${first.api.releaseTag}`)]);
    expect(titles).toEqual([expect.stringContaining(`frontend ${second.frontend.releaseTag}`)]);
    const body = pulls()[0]?.body ?? '';
    expect(body).toContain(first.api.releaseTag);
    expect(body).toContain(second.frontend.releaseTag);
    expect(body).toContain(first.commit.slice(0, 7));
    expect(await stage.status()).toEqual([
      `api proposed ${first.api.releaseTag} #1`,
      `frontend proposed ${second.frontend.releaseTag} #1`,
    ]);
  });

  test('of an older run for another image joins the one that is open', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(second, ['api']);
    expect(await stage.proposed(first, ['api', 'frontend'])).toMatchObject({
      status: 'proposed',
      images: ['frontend'],
      superseded: [{ key: 'api' }],
    });
    expect(stage.tags(BRANCH)).toBe(`${second.api.releaseTag} ${first.frontend.releaseTag}`);
    expect(await stage.pulls()).toHaveLength(1);
  });

  test('is made anew on top of what others have committed to the branch', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    const landed = stage.land({ 'docs/other.md': 'other\n' });
    await stage.proposed(second, ['api']);
    expect(stage.git('rev-parse', `${BRANCH}^`)).toBe(landed);
    expect(stage.git('show', `${BRANCH}:docs/other.md`)).toBe('other');
  });

  test('that finds everything in place opens none', async () => {
    const [first] = stage.runs;
    stage.land({ [FILE]: KUSTOMIZATION.replaceAll('main-0000000', first.api.releaseTag) });
    expect(await stage.proposed(first, ['api', 'frontend'])).toMatchObject({ status: 'unchanged' });
    expect(await stage.pulls()).toEqual([]);
  });
});

describe('a pull request that a person', () => {
  test.each(['merge', 'squash'] as const)(
    'merges (%s) is deployed; the next run proposes on the new base',
    async (how) => {
      const [first, second] = stage.runs;
      await stage.proposed(first, ['api']);
      await merge(1, how);
      expect(await stage.status()).toEqual([
        `api deployed ${first.api.releaseTag}`,
        expect.stringMatching(/^frontend unrecorded/),
      ]);
      expect(await stage.proposed(first, ['api'])).toMatchObject({ status: 'unchanged' });
      const base = stage.head();
      expect(await stage.proposed(second, ['frontend'])).toMatchObject({
        status: 'proposed',
        pullRequest: { number: 2 },
      });
      expect([stage.git('rev-parse', `${BRANCH}^`), above()]).toEqual([base, 1]);
      expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
      const body = pulls()[1]?.body ?? '';
      expect(body).not.toContain('ghcr.io/acme/api');
    },
  );

  test('merges while a run is about to update it is not lost, and what is new gets another one', async () => {
    served().mergedBranches = 'delete';
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    stage.beforeNextCommit(() => merge(1));
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({
      pullRequest: { number: 2 },
      state: 'open',
    });
    expect(stage.tags()).toBe(`${first.api.releaseTag} main-0000000`);
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
    expect([stage.git('rev-parse', `${BRANCH}^`), above()]).toEqual([stage.head(), 1]);
  });

  test('merges while a run is about to update the same image: the newer one can be merged after it', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    stage.beforeNextCommit(() => merge(1));
    await stage.proposed(second, ['api']);
    await merge(2);
    expect(stage.tags()).toBe(`${second.api.releaseTag} main-0000000`);
  });

  test('closes is rejected: another image does not bring it back, a newer release does', async () => {
    const [first, second, third] = stage.runs;
    await stage.proposed(first, ['api']);
    await close(1);
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 2 } });
    expect(stage.tags(BRANCH)).toBe(`main-0000000 ${second.frontend.releaseTag}`);
    expect(await stage.proposed(third, ['api'])).toMatchObject({ pullRequest: { number: 2 } });
    expect(stage.tags(BRANCH)).toBe(`${third.api.releaseTag} ${second.frontend.releaseTag}`);
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 closed/), expect.stringMatching(/^2 open/)]);
  });

  test('closes and deletes with its branch is rejected all the same', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    await close(1);
    stage.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 2 } });
    expect(stage.tags(BRANCH)).toBe(`main-0000000 ${second.frontend.releaseTag}`);
  });

  test('adds a commit to is not overwritten', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    const theirs = stage.land({ 'k8s/extra.yml': 'x\n' }, BRANCH);
    const problems = await problemsOf(stage.release(second, ['api']));
    expect(problems).toMatchObject([
      { code: 'deploy/pull-request-edited', message: expect.stringContaining('/pull/1') },
    ]);
    expect(stage.head(BRANCH)).toBe(theirs);
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${first.api.releaseTag}`]);
  });
});

test('a newest release that equals the branch withdraws the pull request', async () => {
  const [first, second] = stage.runs;
  await stage.proposed(first, ['api']);
  const revert = { ...second, api: { ...second.api, releaseTag: 'main-0000000' } };
  expect(await stage.proposed(revert, ['api'])).toMatchObject({ status: 'unchanged' });
  expect(await stage.pulls()).toEqual([`1 closed: Deploy api ${first.api.releaseTag}`]);
  expect(pulls()[0]?.comments).toHaveLength(1);
  expect(stage.git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).toBe('main\nsource');
  // What was withdrawn stays behind the revert.
  expect(await stage.proposed(first, ['api'])).toMatchObject({ status: 'superseded' });
});

describe('auto-merge', () => {
  const CHECKS = { branch: 'main', type: 'required_status_checks' } as const;

  test('is enabled, and the checks of the head that was proposed last let it merge', async () => {
    served().rules.push(CHECKS);
    const [first, second] = stage.runs;
    const deploys = pullRequests('squash');
    expect(await stage.proposed(first, ['api'], { deploys })).toMatchObject({
      status: 'proposed',
      state: 'waiting',
    });
    const older = stage.head(BRANCH);
    expect(await stage.proposed(second, ['api'], { deploys })).toMatchObject({ state: 'waiting' });
    await succeedCheck(served(), older);
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open/)]);
    await succeedCheck(served(), stage.head(BRANCH));
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 merged/)]);
    expect(stage.tags()).toBe(`${second.api.releaseTag} main-0000000`);
    expect((await stage.status())[0]).toBe(`api deployed ${second.api.releaseTag}`);
  });

  test('auto-merge on clean status: merged at once, at the head that was proposed', async () => {
    const [first] = stage.runs;
    const deployment = await stage.proposed(first, ['api', 'frontend'], { deploys: pullRequests('squash') });
    expect(deployment).toMatchObject({
      status: 'proposed',
      state: 'merged',
      commit: stage.head(),
      pullRequest: { number: 1 },
    });
    expect(stage.tags()).toBe(`${first.api.releaseTag} ${first.api.releaseTag}`);
    const put = stage.github.requests.find(({ method }) => method === 'PUT');
    expect(put?.body).toMatchObject({ sha: stage.head(BRANCH), merge_method: 'squash' });
    expect((await stage.status())[0]).toBe(`api deployed ${first.api.releaseTag}`);
  });

  test('that the repository does not allow is a warning; the pull request stands', async () => {
    served().autoMerge = 'off';
    const { deployments, warnings } = await stage.release(stage.runs[0], ['api'], {
      deploys: pullRequests('merge'),
    });
    expect(deployments).toMatchObject([{ status: 'proposed', state: 'open' }]);
    expect(warnings.map(({ code }) => code)).toContain('deploy/pull-request-incomplete');
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open/)]);
  });
});
