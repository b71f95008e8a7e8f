import type { PullRequest } from '../../../testing/fake-github/pull-requests.js';
import { PROPOSAL, requestsOf, onGitHub, stage } from './fixtures.js';

onGitHub();

/** A pull request from the branch of deploys, as it was opened `number`-th. */
const pull = (number: number, state: PullRequest['state']): PullRequest => ({
  number,
  ...{
    title: `Deploy ${number}`,
    body: '',
    head: PROPOSAL,
    base: 'main',
    state,
  },
  ...{ labels: [], comments: [], lastHead: stage.head() },
});
const closed = (count: number) => Array.from({ length: count }, (_, index) => pull(index + 2, 'closed'));

describe('what GitHub lists over several pages is read to the end', () => {
  test('rules of a branch', async () => {
    const { rules } = stage.github.repository('acme/app');
    for (let count = 0; count < 100; count++) rules.push({ branch: 'main', type: 'deletion' });
    expect(await stage.openTarget().foreseeRules?.()).toEqual([]);
    rules.push({ branch: 'main', type: 'pull_request' });
    expect(await stage.openTarget().foreseeRules?.()).toMatchObject([{ code: 'deploy/rules-refuse' }]);
  });

  test('commits among which an own one is looked for', async () => {
    const first = stage.head();
    const own = stage.land({ own: '1' });
    for (let count = 0; count < 104; count++) stage.land({ other: `${count}` });
    const found = await stage.openTarget().commitsSince(first);
    expect([found.length, found[0]?.oid, found.at(-1)?.oid]).toEqual([105, stage.head(), own]);
  });

  test('pull requests: the open one counts, however many were closed after it', async () => {
    stage.commit({ branch: PROPOSAL, parents: [stage.head()] });
    const { pulls } = stage.github.repository('acme/app');
    const target = stage.openTarget();
    pulls.push(pull(1, 'open'), ...closed(100));
    expect(await target.proposals?.find(PROPOSAL)).toMatchObject({ number: 1 });
  });

  test('pull requests: one page is one request', async () => {
    stage.github.repository('acme/app').pulls.push(pull(1, 'closed'));
    const from = stage.github.requests.length;
    await stage.openTarget().proposals?.latest(PROPOSAL);
    expect(requestsOf(stage, from)).toHaveLength(1);
  });
});
