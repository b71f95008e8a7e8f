import { jest } from '@jest/globals';
import { succeedCheck } from '../../../testing/fake-github/merging.js';
import type { Problem } from '../../../src/lib/errors.js';
import type { ProposalWork } from '../../../src/deploy/proposals/propose.js';
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
const SQUASH = [{ labels: [], autoMerge: 'squash' as const }];
const CHECKS = { branch: 'main', type: 'required_status_checks' } as const;
const textsOf = (problems: readonly Problem[]) =>
  problems.map(({ code, fix, detail }) => [code, fix, detail].join(' '));

describe('auto-merge', () => {
  test('waits for the checks, then merges with the trailers of the deploy commit', async () => {
    repository().rules.push(CHECKS);
    const head = await stage.push('newTag: 2\n');
    expect(await stage.propose(head, { modes: SQUASH })).toMatchObject({
      state: 'waiting',
      commit: head,
      warnings: [],
    });
    expect((await stage.pull()).state).toBe('open');
    await succeedCheck(repository(), head);
    expect((await stage.pull()).state).toBe('merged');
    const message = await stage.git(['log', '-1', '--format=%B', 'main'], 'app.git');
    expect(message.split('\n')[0]).toBe('Deploy api main-1a2b3c4 (#1)');
    expect(message).toMatch(/\n\nImage-Release-Source: \w+\nImage-Release-Id: test-id\.1$/);
  });

  describe('that waits already when a newer release comes', () => {
    const newer = MESSAGE.replaceAll('main-1a2b3c4', 'main-5d6e7f8').replace('test-id.1', 'test-id.2');

    async function mergedMessage(modes: ProposalWork['modes'] = SQUASH) {
      repository().rules.push(CHECKS);
      await stage.propose(await stage.push('newTag: 2\n'), { modes: SQUASH });
      const head = await stage.push('newTag: 3\n');
      const proposed = await stage.propose(head, { modes, message: newer });
      expect(proposed).toMatchObject({ state: 'waiting', commit: head, warnings: [] });
      await succeedCheck(repository(), head);
      expect((await stage.pull()).state).toBe('merged');
      return stage.git(['log', '-1', '--format=%B', 'main'], 'app.git');
    }

    test.each(['replace', 'refuse', 'ignore'] as const)(
      'merges with the subject and the trailers of the newer one (an enabled auto-merge: %s)',
      async (again) => {
        repository().autoMergeAgain = again;
        const message = await mergedMessage();
        expect(message.split('\n')[0]).toBe('Deploy api main-5d6e7f8 (#1)');
        expect(message).toMatch(/\nImage-Release-Id: test-id\.2$/);
        expect(message).not.toContain('main-1a2b3c4');
      },
    );

    test('merges by the method that is configured now', async () => {
      const message = await mergedMessage([{ labels: [], autoMerge: 'merge' }]);
      expect(message.split('\n')[0]).toBe('Deploy api main-5d6e7f8 (#1)');
      expect(await stage.git(['rev-list', '--count', '--merges', 'main'], 'app.git')).toBe('1');
    });

    test('is enabled once for the same release', async () => {
      repository().rules.push(CHECKS);
      const head = await stage.push('newTag: 2\n');
      await stage.propose(head, { modes: SQUASH });
      const asked = stage.github.requests.length;
      expect(await stage.propose(head, { modes: SQUASH })).toMatchObject({ state: 'waiting' });
      const writes = stage.github.requests.slice(asked).filter(({ method }) => method !== 'GET');
      expect(writes).toEqual([]);
    });
  });

  test('of a pull request in clean status merges it at once, with its sha', async () => {
    const head = await stage.push('newTag: 2\n');
    const proposed = await stage.propose(head, { modes: SQUASH });
    const main = await stage.git(['rev-parse', 'main'], 'app.git');
    expect(proposed).toMatchObject({ state: 'merged', commit: main, warnings: [] });
    const merge = stage.github.requests.find(({ method, path }) => method === 'PUT' && path.endsWith('/merge'));
    expect(merge?.body).toMatchObject({ sha: head, merge_method: 'squash' });
  });

  test.each(['merge', 'squash', 'rebase'] as const)(
    'by %s puts exactly the proposal on the branch',
    async (autoMerge) => {
      const head = await stage.push('newTag: 2\n');
      const { commit } = await stage.propose(head, { modes: [{ labels: [], autoMerge }] });
      expect(commit).toBe(await stage.git(['rev-parse', 'main'], 'app.git'));
      expect(await stage.git(['rev-parse', 'main^{tree}'], 'app.git')).toBe(
        await stage.git(['rev-parse', `${head}^{tree}`], 'app.git'),
      );
    },
  );

  test('leaves a head that a newer run has put there to that run', async () => {
    repository().rules.push(CHECKS);
    const head = await stage.push('newTag: 2\n');
    await stage.propose(head);
    stage.github.faults.push({
      match: { operation: 'enablePullRequestAutoMerge' },
      fault: { type: 'stale', land: async () => void (await stage.push('newTag: 3\n')) },
    });
    expect(await stage.propose(head, { modes: SQUASH })).toMatchObject({ state: 'open', warnings: [] });
    expect((await stage.pull()).state).toBe('open');
    expect((await stage.pull()).autoMerge).toBeUndefined();
  });

  test('does not merge a head that came between the question and the merge', async () => {
    const head = await stage.push('newTag: 2\n');
    await stage.propose(head);
    stage.github.faults.push({
      match: { method: 'PUT', path: '/merge' },
      fault: { type: 'stale', land: async () => void (await stage.push('newTag: 3\n')) },
    });
    expect(await stage.propose(head, { modes: SQUASH })).toMatchObject({ state: 'open' });
    expect((await stage.pull()).state).toBe('open');
  });

  test('merges once when the answer is lost', async () => {
    stage.github.faults.push({
      match: { method: 'PUT', path: '/merge' },
      fault: { type: '5xx-after-landing', end: 'cut' },
    });
    const proposed = await stage.propose(await stage.push('newTag: 2\n'), { modes: SQUASH });
    expect(proposed).toMatchObject({
      state: 'merged',
      commit: await stage.git(['rev-parse', 'main'], 'app.git'),
    });
    expect(await stage.git(['rev-list', '--count', `${stage.first}..main`], 'app.git')).toBe('1');
  });

  test('that the repository does not allow is a warning; the pull request stands', async () => {
    repository().autoMerge = 'off';
    const { state, warnings } = await stage.propose(await stage.push('newTag: 2\n'), { modes: SQUASH });
    expect(state).toBe('open');
    expect(warnings).toMatchObject([{ code: 'deploy/pull-request-incomplete', severity: 'warning' }]);
    expect(textsOf(warnings)[0]).toMatch(/allow auto-merge.*Auto merge is not allowed for this repository/s);
    expect((await stage.pull()).state).toBe('open');
  });

  test('by a method that the settings forbid says so', async () => {
    repository().mergeMethods = ['merge', 'rebase'];
    const { state, warnings } = await stage.propose(await stage.push('newTag: 2\n'), { modes: SQUASH });
    expect(state).toBe('open');
    expect(textsOf(warnings)[0]).toMatch(/merge method.*squash merging is not allowed/);
  });

  test('of what conflicts with the branch is a warning', async () => {
    const head = await stage.push('newTag: 2\n');
    const other = await stage.push('newTag: 9\n');
    await stage.git(['update-ref', 'refs/heads/main', other], 'app.git');
    await stage.git(['update-ref', `refs/heads/${BRANCH}`, head], 'app.git');
    const { state, warnings } = await stage.propose(head, { modes: SQUASH });
    expect(state).toBe('open');
    expect(textsOf(warnings)[0]).toMatch(/dirty status/);
  });

  test('is left to people when the Kustomizations of a channel want different things', async () => {
    const head = await stage.push('newTag: 2\n');
    expect(await stage.propose(head, { modes: [...SQUASH, { labels: [] }] })).toMatchObject({
      state: 'open',
    });
  });
});
