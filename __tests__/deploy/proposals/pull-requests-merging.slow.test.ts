import { succeedCheck } from '../../../testing/fake-github/merging.js';
import { planned } from '../requests.js';
import { BRANCH, FILE, onPullRequests, pullRequests, served, stage } from './pull-requests-runs.js';

onPullRequests();

const CHECKS = { branch: 'main', type: 'required_status_checks' } as const;
const SQUASH = { deploys: pullRequests('squash') };
const pull = async () => {
  await stage.pulls();
  return served().pulls[0];
};
const messageOf = (branch: string) => stage.git('log', '-1', '--format=%B', branch);

describe('auto-merge with required checks', () => {
  beforeEach(() => void served().rules.push(CHECKS));

  test.each(['replace', 'refuse', 'ignore'] as const)(
    'merges only the latest proposal, with its subject and trailers (reaction to enabling it again: %s)',
    async (again) => {
      served().autoMergeAgain = again;
      const [first, second] = stage.runs;
      expect(await stage.proposed(first, ['api'], SQUASH)).toMatchObject({ status: 'proposed', state: 'waiting' });
      const older = stage.head(BRANCH);
      expect(await stage.release(second, ['api'], SQUASH)).toMatchObject({
        deployments: [{ state: 'waiting', commit: stage.head(BRANCH) }],
        warnings: expect.not.arrayContaining([
          expect.objectContaining({ code: 'deploy/pull-request-incomplete' }),
        ]) as unknown,
      });
      await succeedCheck(served(), older);
      expect((await pull())?.state).toBe('open');
      await succeedCheck(served(), stage.head(BRANCH));
      expect((await pull())?.state).toBe('merged');
      expect(stage.tags()).toBe(`${second.api.releaseTag} main-0000000`);
      expect((await stage.status())[0]).toBe(`api deployed ${second.api.releaseTag}`);
      const message = messageOf('main');
      expect(message.split('\n')[0]).toBe(`Deploy api ${second.api.releaseTag} (#1)`);
      expect(message).toMatch(/\n\nImage-Release-Source: \w+\n(.*\n)*Image-Release-Id: run-102\.1$/);
      expect(message).not.toContain(first.api.releaseTag);
    },
  );

  test('merges with the method of the latest run', async () => {
    const [first, second] = stage.runs;
    await stage.proposed(first, ['api'], SQUASH);
    await stage.proposed(second, ['api'], { deploys: pullRequests('merge') });
    await succeedCheck(served(), stage.head(BRANCH));
    expect((await pull())?.state).toBe('merged');
    expect(messageOf('main').split('\n')[0]).toBe(`Deploy api ${second.api.releaseTag} (#1)`);
    expect(stage.git('rev-list', '--count', '--merges', 'main')).toBe('1');
  });

  test("isn't enabled again by a re-run of the same release", async () => {
    await stage.proposed(stage.runs[0], ['api'], SQUASH);
    const from = stage.github.requests.length;
    expect(await stage.proposed(stage.runs[0], ['api'], SQUASH)).toMatchObject({ state: 'waiting' });
    const operations = stage.github.requests.slice(from).flatMap((made) => made.operations);
    expect(operations).not.toContain('enablePullRequestAutoMerge');
  });

  test("isn't enabled if somebody else pushes to the pull request's branch meanwhile", async () => {
    const land = async () => void stage.land({ 'theirs.txt': 'x' }, BRANCH);
    const match = { operation: 'enablePullRequestAutoMerge' };
    stage.github.faults.push({ match, fault: { type: 'stale', land } });
    expect(await stage.proposed(stage.runs[0], ['api'], SQUASH)).toMatchObject({ state: 'open' });
    expect((await pull())?.state).toBe('open');
    expect((await pull())?.autoMerge).toBeUndefined();
  });
});

describe('auto-merge without required checks', () => {
  test.each(['merge', 'squash', 'rebase'] as const)(
    'by %s merges exactly the proposed head at once',
    async (method) => {
      const [first] = stage.runs;
      const deployment = await stage.proposed(first, ['api', 'frontend'], { deploys: pullRequests(method) });
      expect(deployment).toMatchObject({
        status: 'proposed',
        state: 'merged',
        commit: stage.head(),
        pullRequest: { number: 1 },
      });
      expect(stage.tags()).toBe(`${first.api.releaseTag} ${first.api.releaseTag}`);
      expect(stage.git('rev-parse', 'main^{tree}')).toBe(stage.git('rev-parse', `${BRANCH}^{tree}`));
      const put = stage.github.requests.find(({ method: made }) => made === 'PUT');
      expect(put?.body).toMatchObject({ sha: stage.head(BRANCH), merge_method: method });
      expect((await stage.status())[0]).toBe(`api deployed ${first.api.releaseTag}`);
    },
  );

  test("doesn't merge if somebody else pushes just before the merge", async () => {
    const land = async () => void stage.land({ 'theirs.txt': 'x' }, BRANCH);
    stage.github.faults.push({ match: { method: 'PUT', path: '/merge' }, fault: { type: 'stale', land } });
    expect(await stage.proposed(stage.runs[0], ['api'], SQUASH)).toMatchObject({ state: 'open' });
    expect((await pull())?.state).toBe('open');
  });

  test('merges once if the answer is lost', async () => {
    const base = stage.head();
    const fault = { type: '5xx-after-landing', end: 'cut' } as const;
    stage.github.faults.push({ match: { method: 'PUT', path: '/merge' }, fault });
    expect(await stage.proposed(stage.runs[0], ['api'], SQUASH)).toMatchObject({
      state: 'merged',
      commit: stage.head(),
    });
    expect(stage.git('rev-list', '--count', `${base}..main`)).toBe('1');
  });
});

test.each<[string, () => unknown, RegExp]>([
  [
    "the repository doesn't allow auto-merge",
    () => (served().autoMerge = 'off'),
    /allow auto-merge.*Auto merge is not allowed for this repository/s,
  ],
  [
    'the settings forbid the merge method',
    () => (served().mergeMethods = ['merge', 'rebase']),
    /merge method.*squash merging is not allowed/s,
  ],
  [
    'a conflicting commit lands meanwhile',
    () =>
      stage.github.faults.push({
        match: { operation: 'enablePullRequestAutoMerge' },
        fault: { type: 'stale', land: async () => void stage.land({ [FILE]: 'images: []\n' }) },
      }),
    /dirty status/,
  ],
])('warns about auto-merge and leaves the pull request open if %s', async (_, prepare, text) => {
  prepare();
  const { deployments, warnings } = await stage.release(stage.runs[0], ['api'], SQUASH);
  expect(deployments).toMatchObject([{ status: 'proposed', state: 'open' }]);
  const warning = warnings.find(({ code }) => code === 'deploy/pull-request-incomplete');
  expect(warning?.severity).toBe('warning');
  expect(`${warning?.fix} ${warning?.detail}`).toMatch(text);
  expect((await pull())?.state).toBe('open');
});

test('auto-merge stays off if the Kustomizations of a channel have different settings', async () => {
  stage.commit({ branch: 'main', files: { 'web/kustomization.yml': stage.fileAt(stage.head(), FILE)!.text } });
  const deploys = [...SQUASH.deploys, planned('web/kustomization.yml', 'main', { mode: { labels: [] } })];
  const { deployments } = await stage.release(stage.runs[0], ['api'], { deploys });
  expect(deployments).toMatchObject([{ state: 'open' }, { state: 'open' }]);
});
