import type { FaultRule } from '../../../testing/fake-github/faults.js';
import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import { API, planned, problemsOf, request } from '../requests.js';
import { createStage, TOKEN, type Stage } from '../stage.js';
import { BRANCH, FILE, onPullRequests, pullRequests, served, stage } from './pull-requests-runs.js';

onPullRequests();

const pulls = () => served().pulls;

describe('a run that fails after it pushes the branch and before it opens the pull request', () => {
  const breakOff = async () => {
    const [first] = stage.runs;
    stage.github.faults.push({
      match: { method: 'POST', path: '/pulls' },
      times: 6,
      fault: { type: '5xx-before' },
    });
    expect(await problemsOf(stage.release(first, ['api']))).toMatchObject([{ code: 'deploy/gave-up' }]);
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} main-0000000`);
    expect(await stage.pulls()).toEqual([]);
  };

  test('is completed by its re-run, with the same commit', async () => {
    await breakOff();
    const head = stage.head(BRANCH);
    expect(await stage.proposed(stage.runs[0], ['api'])).toMatchObject({
      status: 'proposed',
      pullRequest: { number: 1 },
      commit: head,
    });
    expect(stage.head(BRANCH)).toBe(head);
    expect(await stage.pulls()).toEqual([`1 open: Deploy api ${stage.runs[0].api.releaseTag}`]);
  });

  test('is completed by the next run, which keeps the first proposal', async () => {
    await breakOff();
    const [first, second] = stage.runs;
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
  });
});

test.each<[string, FaultRule['fault'], number[]]>([
  ['a lost answer', { type: '5xx-after-landing', end: 'cut' }, [300]],
  ['a rate limit', { type: 'rate-limited', status: 403, retryAfter: 61 }, [61_000]],
])('opens exactly one pull request despite %s', async (_, fault, waits) => {
  stage.github.faults.push({ match: { method: 'POST', path: '/pulls' }, fault });
  expect(await stage.proposed(stage.runs[0], ['api'])).toMatchObject({ pullRequest: { number: 1 }, state: 'open' });
  expect(pulls()).toMatchObject([{ number: 1, labels: ['deploy'] }]);
  expect(stage.waits).toEqual(waits);
});

test('a cancelled run opens no pull request', async () => {
  const controller = new AbortController();
  stage.beforeNextCommit(() => controller.abort());
  const released = stage.release(stage.runs[0], ['api'], { signal: controller.signal });
  await expect(released).rejects.toThrow(/Cancelled/);
  expect(pulls()).toEqual([]);
});

test('warns if GitHub refuses a label, and keeps the pull request open', async () => {
  const deploys = pullRequests(undefined, ['x'.repeat(51)]);
  const { deployments, warnings } = await stage.release(stage.runs[0], ['api'], { deploys });
  expect(deployments).toMatchObject([{ status: 'proposed', state: 'open' }]);
  expect(warnings).toContainEqual(
    expect.objectContaining({ code: 'deploy/pull-request-incomplete', severity: 'warning' }),
  );
});

test('two concurrent runs produce one pull request with the newest tag of each image', async () => {
  const [first, second] = stage.runs;
  await Promise.all([stage.release(second, ['api']), stage.release(first, ['api', 'frontend'])]);
  expect(stage.tags(BRANCH)).toBe(`${second.api.releaseTag} ${first.frontend.releaseTag}`);
  expect(stage.above()).toBe(1);
  expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open/)]);
  // The description may lag behind the branch until the next run.
  await stage.release(second, ['api']);
  expect(pulls()[0]?.body).toContain(second.api.releaseTag);
});

describe('a pull request whose base branch has moved', () => {
  const conflict = async () => {
    const [first] = stage.runs;
    await stage.proposed(first, ['api']);
    const text = stage.git('show', `main:${FILE}`);
    stage.land({ [FILE]: `${text.replace('    newTag: main', '    # by hand\n    newTag: main')}\n` });
    return stage.head(BRANCH);
  };

  test('is updated onto the new base by a re-run if it conflicts', async () => {
    const before = await conflict();
    expect(await stage.proposed(stage.runs[0], ['api'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(stage.head(BRANCH)).not.toBe(before);
    expect(stage.git('rev-parse', `${BRANCH}^`)).toBe(stage.head());
    expect(stage.git('show', `${BRANCH}:${FILE}`)).toContain('# by hand');
    expect(stage.tags(BRANCH)).toBe(`${stage.runs[0].api.releaseTag} main-0000000`);
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open/)]);
  });

  test('is updated even while GitHub is still computing the conflict', async () => {
    const before = await conflict();
    served().mergeability = 'computed later';
    await stage.proposed(stage.runs[0], ['api']);
    expect(stage.head(BRANCH)).not.toBe(before);
  });

  test("isn't updated if the base branch changed only other files", async () => {
    await stage.proposed(stage.runs[0], ['api']);
    const before = stage.head(BRANCH);
    stage.land({ 'README.md': 'Acme, Inc.\n' });
    await stage.proposed(stage.runs[0], ['api']);
    expect(stage.head(BRANCH)).toBe(before);
  });
});

test('the error for a refused direct commit suggests `mode: pull-request`, which then succeeds', async () => {
  const [first] = stage.runs;
  const direct = await problemsOf(stage.release(first, ['api'], { deploys: [planned()] }));
  expect(direct).toMatchObject([
    {
      code: 'deploy/rules-refuse',
      message: expect.stringContaining('pull_request'),
      fix: expect.stringContaining('mode: pull-request'),
    },
  ]);
  expect(stage.results).toHaveLength(0);
  expect(await stage.proposed(first, ['api'])).toMatchObject({ status: 'proposed' });
});

test.each<[string, () => unknown, RegExp, number]>([
  [
    'names the setting and the App token if Actions may not create pull requests',
    () => (served().actionsPullRequests = 'forbidden'),
    /Allow GitHub Actions to create and approve pull requests.*GitHub App token/,
    0,
  ],
  [
    'names the permission that the job lacks',
    () =>
      (served().tokens = {
        ...served().tokens,
        [TOKEN]: { permissions: { contents: 'write', pull_requests: 'read' } },
      }),
    /pull-requests: write/,
    0,
  ],
  [
    'quotes GitHub after retries if nothing is left to merge',
    () =>
      stage.github.faults.push({
        match: { method: 'POST', path: '/pulls' },
        fault: { type: 'stale', land: async () => void stage.git('update-ref', 'refs/heads/main', BRANCH) },
      }),
    /No commits between/,
    2,
  ],
])('the error for a refused pull request %s', async (_, prepare, text, looks) => {
  const tokens = served().tokens;
  prepare();
  const [problem] = await problemsOf(stage.release(stage.runs[0], ['api']));
  expect(problem?.code).toBe('deploy/pull-request-refused');
  expect(`${problem?.fix} ${problem?.detail}`).toMatch(text);
  expect(stage.waits.length).toBeGreaterThanOrEqual(looks);
  expect(pulls()).toEqual([]);
  Object.assign(served(), { tokens, actionsPullRequests: 'allowed' });
  if (looks === 0)
    expect(await stage.proposed(stage.runs[0], ['api'])).toMatchObject({
      status: 'proposed',
      pullRequest: { number: 1 },
    });
});

test('a check reports missing rights to open pull requests before the build, and writes nothing', async () => {
  const [{ api, commit, run }] = stage.runs;
  const check = () =>
    checkDeploy(request(stage, { deploys: pullRequests(), rollouts: [api], source: { commit, run } }));
  const { tokens } = served();
  const refused = [{ code: 'deploy/pull-request-refused', severity: 'error' }];
  const errors = async () => (await check()).filter(({ severity }) => severity === 'error');
  expect(await errors()).toEqual([]);

  served().actionsPullRequests = 'forbidden';
  expect(await errors()).toMatchObject(refused);
  served().actionsPullRequests = 'allowed';
  served().tokens = { [TOKEN]: { permissions: { contents: 'write', pull_requests: 'read' } } };
  const [problem] = await errors();
  expect(problem).toMatchObject(refused[0]!);
  expect(problem?.fix).toContain('`pull-requests: write`');

  served().tokens = tokens;
  expect(await stage.pulls()).toEqual([]);
  expect(stage.results).toEqual([]);
});

describe('without a token', () => {
  let plain: Stage;
  beforeEach(async () => {
    plain = await createStage('git over a path');
  });
  afterEach(() => plain.close());

  test('both deploy and check refuse pull requests and write nothing', async () => {
    const wish = request(plain, { deploys: pullRequests(), rollouts: [API] });
    const expected = [{ code: 'deploy/pull-request-refused', fix: expect.stringContaining('GITHUB_TOKEN') }];
    const base = plain.git('for-each-ref');
    expect(await problemsOf(deploy(wish))).toMatchObject(expected);
    expect((await checkDeploy(wish)).filter(({ severity }) => severity === 'error')).toMatchObject(expected);
    expect(plain.git('for-each-ref')).toBe(base);
  });
});
