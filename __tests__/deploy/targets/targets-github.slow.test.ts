import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import type { DeployPlace } from '../../../src/deploy/target.js';
import { createGitHubTarget } from '../../../src/deploy/targets/github/github.js';
import { Secret } from '../../../src/lib/secret.js';
import { connectOctokit } from '../../../src/github/octokit.js';
import { planned, problemsOf, request, rollOut } from '../requests.js';
import { READ_TOKEN, TOKEN } from '../stage.js';
import { onGitHub, stage } from './fixtures.js';

onGitHub();

describe('a deploy through the GitHub API', () => {
  const commitsAfter = (base: string) => Number(stage.git('rev-list', '--count', `${base}..main`));

  test('makes a commit that GitHub signs, in the name of the token', async () => {
    await rollOut(stage);
    const raw = stage.git('cat-file', 'commit', 'main');
    expect(raw).toMatch(/^gpgsig /m);
    expect(raw).toMatch(/^author github-actions\[bot\] /m);
  });

  describe('a rule that refuses direct commits, before anything is built,', () => {
    const RULE = { branch: 'main', type: 'pull_request' } as const;
    const foreseen = async (more = {}) =>
      (await checkDeploy(request(stage, more))).filter(({ code }) => code.startsWith('deploy/rules'));

    test('is an error where the token may not bypass it', async () => {
      stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'non_fast_forward' }, RULE);
      const [problem, ...more] = await foreseen();
      expect(more).toEqual([]);
      expect(problem).toMatchObject({ code: 'deploy/rules-refuse', severity: 'error' });
      expect(problem?.message).toContain('pull_request');
      expect(problem?.message).not.toContain('non_fast_forward');
      expect(problem?.fix).toContain('mode: pull-request');
    });

    test('is nothing to tell of where the token may bypass it, or a pull request is made anyway', async () => {
      const { rules } = stage.github.repository('acme/app');
      rules.push({ ...RULE, bypass: ['github-actions[bot]'] });
      expect(await foreseen()).toEqual([]);
      rules[0] = RULE;
      expect(await foreseen({ deploys: [planned(undefined, undefined, { mode: { labels: [] } })] })).toEqual([]);
    });

    test('is a warning where nobody says whether it may', async () => {
      stage.github.repository('acme/app').rules.push(RULE);
      const fault = { type: '5xx-before', status: 500 } as const;
      stage.github.faults.push({ match: { path: '/rulesets/' }, times: 4, fault });
      expect(await foreseen()).toMatchObject([{ code: 'deploy/rules-refuse', severity: 'warning' }]);
    });
  });

  const UPDATE = { operation: 'updateRefs' };
  test.each([
    ['429 with retry-after', UPDATE, { status: 429, retryAfter: 7 }, 7_000],
    ['403 with retry-after', UPDATE, { status: 403, retryAfter: 90 }, 90_000],
    ['a secondary limit that names no time', UPDATE, { status: 403 }, 60_000],
    ['a limit on a read', { operation: 'repository' }, { status: 429, retryAfter: 5 }, 5_000],
  ] as const)('%s: waits that long and commits once', async (_, match, limited, expected) => {
    stage.github.faults.push({ match, fault: { type: 'rate-limited', ...limited } });
    const base = stage.head();
    await rollOut(stage);
    expect(stage.waits).toEqual([expected]);
    expect(commitsAfter(base)).toBe(1);
  });

  test('a wait of an hour is an error that says so, not a hanging job', async () => {
    stage.github.faults.push({
      match: UPDATE,
      fault: { type: 'rate-limited', status: 403, retryAfter: 3600 },
    });
    expect(await problemsOf(deploy(request(stage)))).toMatchObject([{ code: 'deploy/gave-up' }]);
    expect(stage.waits).toEqual([]);
  });

  test('a cancel ends the wait for a rate limit, with nothing written', async () => {
    const controller = new AbortController();
    const base = stage.head();
    stage.github.faults.push({
      match: UPDATE,
      fault: { type: 'rate-limited', status: 429, retryAfter: 60 },
    });
    stage.beforeNextCommit(() => controller.abort());
    await expect(deploy(request(stage, { signal: controller.signal }))).rejects.toThrow('Cancelled');
    expect(stage.head()).toBe(base);
  });

  test('a write that landed, with a lost answer and reads that lag behind, is not made again', async () => {
    const base = stage.head();
    await stage.loseNextAnswer();
    stage.github.faults.push({
      match: { method: 'GET', path: '/git/ref/' },
      skip: 1,
      times: 3,
      fault: { type: 'stale-read' },
    });
    const [deployment] = await rollOut(stage);
    expect(deployment).toMatchObject({ status: 'committed', commit: stage.head() });
    expect(commitsAfter(base)).toBe(1);
  });

  test('a server that stays broken ends in an error with its words, after a bounded number of tries', async () => {
    const base = stage.head();
    stage.github.faults.push({ match: { operation: 'updateRefs' }, times: 6, fault: { type: '5xx-before' } });
    const problems = await problemsOf(deploy(request(stage)));
    expect(problems).toMatchObject([{ code: 'deploy/gave-up' }]);
    expect(problems[0]?.detail).toMatch(/HTTP 502: Server Error/);
    expect(problems[0]?.detail).toContain('Image-Release-Id: test-id.1');
    expect(stage.head()).toBe(base);
  });

  test('a token that only reads is told which permission is missing', async () => {
    const openTarget = ({ branch }: DeployPlace) => stage.openTarget(branch, READ_TOKEN);
    const problems = await problemsOf(deploy(request(stage, { openTarget })));
    expect(problems).toMatchObject([{ code: 'deploy/permission-denied' }]);
    expect(problems[0]?.fix).toContain('`contents: write`');
    expect(problems[0]?.detail).toContain('Resource not accessible by integration');
  });

  test('a token that GitHub does not know is rejected', async () => {
    const openTarget = ({ branch }: DeployPlace) => stage.openTarget(branch, 'ghs_MarkerTokenUnknown');
    expect(await problemsOf(deploy(request(stage, { openTarget })))).toMatchObject([
      { code: 'deploy/permission-denied' },
    ]);
  });

  test('a repository that the token can not see is called missing', async () => {
    const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(TOKEN));
    const at = { owner: 'acme', repo: 'nowhere', branch: 'main' };
    const openTarget = () => createGitHubTarget({ octokit, ...at, clockwork: stage.clockwork });
    expect(await problemsOf(deploy(request(stage, { openTarget })))).toMatchObject([{ code: 'deploy/target-missing' }]);
  });

  test('a lost answer for a run that found nothing to change: the ledger moves once', async () => {
    await rollOut(stage);
    const source = { commit: stage.land({ other: 'x' }), run: 43 };
    stage.github.faults.push({
      match: UPDATE,
      fault: { type: '5xx-after-landing', end: 'cut' },
    });
    const before = stage.git('rev-list', '--count', 'refs/image-release/main');
    const ancestry = { compare: async () => 'ahead' as const };
    expect(await rollOut(stage, { source, ancestry })).toMatchObject([{ status: 'unchanged' }]);
    expect(Number(stage.git('rev-list', '--count', 'refs/image-release/main'))).toBe(Number(before) + 1);
  });

  test('a server without updateRefs gets nothing written, and the error says which version has it', async () => {
    stage.github.repository('acme/app').updateRefs = 'missing';
    const before = stage.git('for-each-ref');
    const [problem] = await problemsOf(deploy(request(stage)));
    expect(problem).toMatchObject({
      code: 'deploy/push-refused',
      fix: 'Update GitHub Enterprise Server to 3.13 or newer.',
    });
    expect(stage.git('for-each-ref')).toBe(before);
  });
});
