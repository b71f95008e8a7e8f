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

  test("makes a commit that GitHub signs, with the token's user as the author", async () => {
    await rollOut(stage);
    const raw = stage.git('cat-file', 'commit', 'main');
    expect(raw).toMatch(/^gpgsig /m);
    expect(raw).toMatch(/^author github-actions\[bot\] /m);
  });

  describe('a rule that forbids direct commits, in the check before the build,', () => {
    const RULE = { branch: 'main', type: 'pull_request' } as const;
    const foreseen = async (more = {}) =>
      (await checkDeploy(request(stage, more))).filter(({ code }) => code.startsWith('deploy/rules'));

    test("is an error if the token can't bypass it", async () => {
      stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'non_fast_forward' }, RULE);
      const [problem, ...more] = await foreseen();
      expect(more).toEqual([]);
      expect(problem).toMatchObject({ code: 'deploy/rules-refuse', severity: 'error' });
      expect(problem?.message).toContain('pull_request');
      expect(problem?.message).not.toContain('non_fast_forward');
      expect(problem?.fix).toContain('mode: pull-request');
    });

    test("isn't reported if the token can bypass it or the deploy opens a pull request", async () => {
      const { rules } = stage.github.repository('acme/app');
      rules.push({ ...RULE, bypass: ['github-actions[bot]'] });
      expect(await foreseen()).toEqual([]);
      rules[0] = RULE;
      expect(await foreseen({ deploys: [planned(undefined, undefined, { mode: { labels: [] } })] })).toEqual([]);
    });

    test("is a warning if GitHub doesn't return whether the token can bypass it", async () => {
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
    ['a secondary limit without a time', UPDATE, { status: 403 }, 60_000],
    ['a limit on a read', { operation: 'repository' }, { status: 429, retryAfter: 5 }, 5_000],
  ] as const)('%s: waits for the rate limit and commits once', async (_, match, limited, expected) => {
    stage.github.faults.push({ match, fault: { type: 'rate-limited', ...limited } });
    const base = stage.head();
    await rollOut(stage);
    expect(stage.waits).toEqual([expected]);
    expect(commitsAfter(base)).toBe(1);
  });

  test('fails at once instead of waiting an hour for a rate limit', async () => {
    stage.github.faults.push({
      match: UPDATE,
      fault: { type: 'rate-limited', status: 403, retryAfter: 3600 },
    });
    expect(await problemsOf(deploy(request(stage)))).toMatchObject([{ code: 'deploy/gave-up' }]);
    expect(stage.waits).toEqual([]);
  });

  test('a cancelled run stops waiting for a rate limit and writes nothing', async () => {
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

  test("doesn't repeat a write that landed if its answer is lost and reads lag behind", async () => {
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

  test('gives up after six server errors and quotes the server', async () => {
    const base = stage.head();
    stage.github.faults.push({ match: { operation: 'updateRefs' }, times: 6, fault: { type: '5xx-before' } });
    const problems = await problemsOf(deploy(request(stage)));
    expect(problems).toMatchObject([{ code: 'deploy/gave-up' }]);
    expect(problems[0]?.detail).toMatch(/HTTP 502: Server Error/);
    expect(problems[0]?.detail).toContain('Image-Release-Id: test-id.1');
    expect(stage.head()).toBe(base);
  });

  test('names the missing permission if the token is read-only', async () => {
    const openTarget = ({ branch }: DeployPlace) => stage.openTarget(branch, READ_TOKEN);
    const problems = await problemsOf(deploy(request(stage, { openTarget })));
    expect(problems).toMatchObject([{ code: 'deploy/permission-denied' }]);
    expect(problems[0]?.fix).toContain('`contents: write`');
    expect(problems[0]?.detail).toContain('Resource not accessible by integration');
  });

  test('reports an unknown token as lacking permission', async () => {
    const openTarget = ({ branch }: DeployPlace) => stage.openTarget(branch, 'ghs_MarkerTokenUnknown');
    expect(await problemsOf(deploy(request(stage, { openTarget })))).toMatchObject([
      { code: 'deploy/permission-denied' },
    ]);
  });

  test("reports a repository that the token can't see as missing", async () => {
    const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(TOKEN));
    const at = { owner: 'acme', repo: 'nowhere', branch: 'main' };
    const openTarget = () => createGitHubTarget({ octokit, ...at, clockwork: stage.clockwork });
    expect(await problemsOf(deploy(request(stage, { openTarget })))).toMatchObject([{ code: 'deploy/target-missing' }]);
  });

  test('moves the ledger only once if the answer is lost in a run without changes', async () => {
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

  test('writes nothing to a server without updateRefs, and names the required version', async () => {
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
