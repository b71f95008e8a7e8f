import { planned, problemsOf } from '../requests.js';
import { KUSTOMIZATION } from '../stage.js';
import { BRANCH, FILE, onPullRequests, pullRequests, served, stage } from './pull-requests-runs.js';

onPullRequests();

const pulls = () => served().pulls;
/** The write requests for pull requests that `work` sends. */
async function writesDuring(work: () => Promise<unknown>) {
  const from = stage.github.requests.length;
  await work();
  return stage.github.requests.slice(from).filter(({ method, path }) => method !== 'GET' && /pulls|issues/.test(path));
}

describe('a release by pull request', () => {
  test('opens a labelled pull request, leaves the base branch alone and records the images as proposed', async () => {
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
    expect([stage.head(), stage.above()]).toEqual([base, 1]);
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

  test('updates the pull request of an older run: same number, one commit, the newer tag, added labels', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    const before = stage.head(BRANCH);
    const deploys = pullRequests(undefined, ['later']);
    expect(await stage.proposed(second, ['api'], { deploys })).toMatchObject({
      status: 'proposed',
      pullRequest: { number: 1 },
    });
    expect(stage.git('rev-parse', `${BRANCH}^`)).toBe(stage.head());
    expect(stage.head(BRANCH)).not.toBe(before);
    expect(stage.tags(BRANCH)).toBe(`${second.api.releaseTag} main-0000000`);
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${second.api.releaseTag}`]);
    expect(pulls()[0]?.labels).toEqual(['deploy', 'later']);
    expect(await writesDuring(() => stage.proposed(second, ['api'], { deploys }))).toEqual([]);
  });

  test('is superseded by the open pull request of a newer run and leaves it alone', async () => {
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

  test('leaves title and auto-merge alone if a newer run proposes before the pull request is updated', async () => {
    const [first, second] = stage.runs;
    const land = async () => void (await stage.proposed(second, ['api']));
    stage.github.faults.push({ match: { path: '/pulls' }, skip: 1, fault: { type: 'stale', land } });
    const deploys = pullRequests('squash');
    expect(await stage.proposed(first, ['api'], { deploys })).toMatchObject({ state: 'open' });
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${second.api.releaseTag}`]);
    expect(pulls()[0]?.autoMerge).toBeUndefined();
  });

  test('leaves a pull request from the same branch to another base alone', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    stage.git('branch', 'other', 'main');
    await stage.openFrom(BRANCH, 'other');
    expect(await stage.proposed(second, ['api'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${second.api.releaseTag}`, '2 open: Not ours']);
  });

  test('keeps the proposal of another deploy in the channel, and adds its labels', async () => {
    const other = 'web/kustomization.yml';
    stage.commit({ branch: 'main', files: { [other]: KUSTOMIZATION } });
    const of = (path: string, image: string, label: string) => ({
      ...planned(path, 'main', { mode: { labels: ['deploy', label] }, images: [image] }),
      images: [image],
    });
    const deploys = [of(FILE, 'api', 'api'), of(other, 'frontend', 'web')];
    const [first, second] = stage.runs;
    const { deployments } = await stage.release(first, ['api'], { deploys });
    expect(deployments).toMatchObject([{ status: 'proposed' }, { status: 'skipped' }]);
    expect((await stage.release(second, ['frontend'], { deploys })).deployments).toMatchObject([
      { status: 'skipped' },
      { status: 'proposed', kustomization: other, images: ['frontend'] },
    ]);
    expect(stage.git('show', `${BRANCH}:${FILE}`)).toContain(`newTag: ${first.api.releaseTag}`);
    expect(stage.git('show', `${BRANCH}:${other}`)).toContain(`newTag: '${second.frontend.releaseTag}'`);
    expect(stage.above()).toBe(1);
    expect(pulls()[0]?.labels).toEqual(['deploy', 'api', 'web']);
  });

  test("keeps an earlier run's proposal for another image: one pull request, one commit, both tags", async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(stage.above()).toBe(1);
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
});

describe('a pull request that a person merges, closes or edits:', () => {
  test.each(['merge', 'squash'] as const)(
    'the merged tag (%s) is deployed, and the next run proposes on the new base',
    async (how) => {
      const [first, second] = stage.runs;
      await stage.proposed(first, ['api']);
      await stage.merge(1, how);
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
      expect([stage.git('rev-parse', `${BRANCH}^`), stage.above()]).toEqual([base, 1]);
      expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
      const body = pulls()[1]?.body ?? '';
      expect(body).not.toContain('ghcr.io/acme/api');
    },
  );

  test('a merge just before an update is kept, and the other image gets a new pull request', async () => {
    served().mergedBranches = 'delete';
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    stage.beforeNextCommit(() => stage.merge(1));
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({
      pullRequest: { number: 2 },
      state: 'open',
    });
    expect(stage.tags()).toBe(`${first.api.releaseTag} main-0000000`);
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
    expect([stage.git('rev-parse', `${BRANCH}^`), stage.above()]).toEqual([stage.head(), 1]);
  });

  test.each([
    ['merged', 'merged', () => stage.merge(1)],
    ['closed', 'closed', () => stage.reject(1)],
  ] as const)("if it's %s right after an update, the run reports it as %s", async (_, state, land) => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    // The run reads the pull request before its commit, and once more after it.
    stage.github.faults.push({ match: { path: '/pulls' }, skip: 2, fault: { type: 'stale', land } });
    const deployment = await stage.proposed(second, ['api']);
    expect(deployment).toMatchObject({ state, pullRequest: { number: 1 } });
    expect(deployment).toHaveProperty('commit', stage.head(state === 'merged' ? 'main' : BRANCH));
    expect(pulls()).toHaveLength(1);
  });

  test('after a merge just before an update of the same image, the newer proposal can be merged too', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    stage.beforeNextCommit(() => stage.merge(1));
    await stage.proposed(second, ['api']);
    await stage.merge(2);
    expect(stage.tags()).toBe(`${second.api.releaseTag} main-0000000`);
  });

  test('a closed proposal returns with a newer release of the same image, not with another image', async () => {
    const [first, second, third] = stage.runs;
    await stage.proposed(first, ['api']);
    await stage.reject(1);
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 2 } });
    expect(stage.tags(BRANCH)).toBe(`main-0000000 ${second.frontend.releaseTag}`);
    expect(await stage.proposed(third, ['api'])).toMatchObject({ pullRequest: { number: 2 } });
    expect(stage.tags(BRANCH)).toBe(`${third.api.releaseTag} ${second.frontend.releaseTag}`);
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 closed/), expect.stringMatching(/^2 open/)]);
  });

  test("a closed proposal whose branch was deleted doesn't return with another image", async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    await stage.reject(1);
    stage.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 2 } });
    expect(stage.tags(BRANCH)).toBe(`main-0000000 ${second.frontend.releaseTag}`);
  });

  test("a commit that a person adds isn't overwritten: the next run fails", async () => {
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

describe('a newer release that equals the base branch', () => {
  const revertOf = ({ api, ...run }: (typeof stage.runs)[0]) => ({
    ...run,
    api: { ...api, releaseTag: 'main-0000000' },
  });
  const withdraw = async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api']);
    return stage.proposed(revertOf(second), ['api']);
  };
  const DELETION = { match: { operation: 'updateRefs' }, skip: 2 };

  test('closes the pull request with a comment, deletes its branch, and supersedes the withdrawn release', async () => {
    const [first] = stage.runs;
    expect(await withdraw()).toMatchObject({ status: 'unchanged' });
    expect(await stage.pulls()).toEqual([`1 closed: Deploy api ${first.api.releaseTag}`]);
    expect(pulls()[0]?.comments).toHaveLength(1);
    expect(stage.git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).toBe('main\nsource');
    // The withdrawn release is older than the revert.
    expect(await stage.proposed(first, ['api'])).toMatchObject({ status: 'superseded' });
  });

  test('keeps the pull request open if a newer run updates its branch meanwhile', async () => {
    const land = async () => void (await stage.proposed(stage.runs[2], ['frontend']));
    stage.github.faults.push({ ...DELETION, fault: { type: 'stale', land } });
    await withdraw();
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open: Deploy frontend/)]);
    expect(pulls()[0]?.comments).toEqual([]);
  });

  test('closes the pull request with only one comment if the answer is lost', async () => {
    stage.github.faults.push({ ...DELETION, fault: { type: '5xx-after-landing', end: 'cut' } });
    await withdraw();
    expect(pulls()).toMatchObject([{ state: 'closed', comments: [expect.anything()] }]);
  });

  test('closes the pull request even if a rule forbids deleting its branch', async () => {
    served().rules.push({ branch: 'image-release-pr/*', type: 'deletion' });
    await withdraw();
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 closed/)]);
  });
});
