import type { FaultRule } from '../../../testing/fake-github/faults.js';
import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import { API, planned, problemsOf, request } from '../requests.js';
import { createStage, TOKEN, type Stage } from '../stage.js';
import { BRANCH, FILE, onPullRequests, pullRequests, served, stage } from './pull-requests-runs.js';

onPullRequests();

const pulls = () => served().pulls;

describe('a run that breaks off between the branch and its pull request', () => {
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

  test('is repaired by its own re-run, with the commit that stands', async () => {
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

  test('is repaired by the next run, which keeps what it had proposed', async () => {
    await breakOff();
    const [first, second] = stage.runs;
    expect(await stage.proposed(second, ['frontend'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(stage.tags(BRANCH)).toBe(`${first.api.releaseTag} ${second.frontend.releaseTag}`);
  });
});

test.each<[string, FaultRule['fault'], number[]]>([
  ['an answer that is lost', { type: '5xx-after-landing', end: 'cut' }, [300]],
  ['a rate limit', { type: 'rate-limited', status: 403, retryAfter: 61 }, [61_000]],
])('a pull request is opened once in spite of %s', async (_, fault, waits) => {
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

test('a label that GitHub refuses is a warning; the pull request stands', async () => {
  const deploys = pullRequests(undefined, ['x'.repeat(51)]);
  const { deployments, warnings } = await stage.release(stage.runs[0], ['api'], { deploys });
  expect(deployments).toMatchObject([{ status: 'proposed', state: 'open' }]);
  expect(warnings).toContainEqual(
    expect.objectContaining({ code: 'deploy/pull-request-incomplete', severity: 'warning' }),
  );
});

test('two runs at once end in one pull request with the newest of each image', async () => {
  const [first, second] = stage.runs;
  await Promise.all([stage.release(second, ['api']), stage.release(first, ['api', 'frontend'])]);
  expect(stage.tags(BRANCH)).toBe(`${second.api.releaseTag} ${first.frontend.releaseTag}`);
  expect(stage.above()).toBe(1);
  expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open/)]);
  // Whoever came last has described all of it, or its next run does.
  await stage.release(second, ['api']);
  expect(pulls()[0]?.body).toContain(second.api.releaseTag);
});

describe('a pull request that conflicts with its branch', () => {
  const conflict = async () => {
    const [first] = stage.runs;
    await stage.proposed(first, ['api']);
    const text = stage.git('show', `main:${FILE}`);
    stage.land({ [FILE]: `${text.replace('    newTag: main', '    # by hand\n    newTag: main')}\n` });
    return stage.head(BRANCH);
  };

  test('is made again by a release whose images are unchanged', async () => {
    const before = await conflict();
    expect(await stage.proposed(stage.runs[0], ['api'])).toMatchObject({ pullRequest: { number: 1 } });
    expect(stage.head(BRANCH)).not.toBe(before);
    expect(stage.git('rev-parse', `${BRANCH}^`)).toBe(stage.head());
    expect(stage.git('show', `${BRANCH}:${FILE}`)).toContain('# by hand');
    expect(stage.tags(BRANCH)).toBe(`${stage.runs[0].api.releaseTag} main-0000000`);
    expect(await stage.pulls()).toEqual([expect.stringMatching(/^1 open/)]);
  });

  test('is made again while GitHub still finds that out', async () => {
    const before = await conflict();
    served().mergeability = 'computed later';
    await stage.proposed(stage.runs[0], ['api']);
    expect(stage.head(BRANCH)).not.toBe(before);
  });

  test('stays as it is while the branch moves elsewhere', async () => {
    await stage.proposed(stage.runs[0], ['api']);
    const before = stage.head(BRANCH);
    stage.land({ 'README.md': 'Acme, Inc.\n' });
    await stage.proposed(stage.runs[0], ['api']);
    expect(stage.head(BRANCH)).toBe(before);
  });
});

test('rules that refuse a direct commit name pull_request and the mode, with which it works', async () => {
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
    'GITHUB_TOKEN that may create none: the setting and the App token are named',
    () => (served().actionsPullRequests = 'forbidden'),
    /Allow GitHub Actions to create and approve pull requests.*GitHub App token/,
    0,
  ],
  [
    'a job without the permission: it is named',
    () =>
      (served().tokens = {
        ...served().tokens,
        [TOKEN]: { permissions: { contents: 'write', pull_requests: 'read' } },
      }),
    /pull-requests: write/,
    0,
  ],
  [
    'nothing to merge any more: in GitHub’s words, after looking again',
    () =>
      stage.github.faults.push({
        match: { method: 'POST', path: '/pulls' },
        fault: { type: 'stale', land: async () => void stage.git('update-ref', 'refs/heads/main', BRANCH) },
      }),
    /No commits between/,
    2,
  ],
])('a pull request is refused to %s', async (_, prepare, text, looks) => {
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

test('whether pull requests may be opened is known before anything is published', async () => {
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

  test('pull requests are refused before anything is written, and before anything is built', async () => {
    const wish = request(plain, { deploys: pullRequests(), rollouts: [API] });
    const expected = [{ code: 'deploy/pull-request-refused', fix: expect.stringContaining('GITHUB_TOKEN') }];
    const base = plain.git('for-each-ref');
    expect(await problemsOf(deploy(wish))).toMatchObject(expected);
    expect((await checkDeploy(wish)).filter(({ severity }) => severity === 'error')).toMatchObject(expected);
    expect(plain.git('for-each-ref')).toBe(base);
  });
});
