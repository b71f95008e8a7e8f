import { jest } from '@jest/globals';
import type { FaultRule } from '../../../testing/fake-github/faults.js';
import { deploy } from '../../../src/deploy/deploy.js';
import { BRANCH, ledgerText, OWN, PROPOSAL, readAndCommit, readChange, refsOf, requestsOf } from './fixtures.js';
import { problemsOf, request, rollOut } from '../requests.js';
import { createStage, READ_TOKEN, type Stage } from '../stage.js';

jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await createStage('the GitHub API');
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.close();
});

/** The next run, of a newer commit. */
const newer = () => ({
  rollouts: request(stage).rollouts.map((image) => ({ ...image, releaseTag: 'main-5d6e7f8' })),
  source: { commit: '5d6e7f8'.padEnd(40, '0'), run: 43 },
  ancestry: { compare: async () => 'ahead' as const },
});
const served = () => stage.github.repository('acme/app');
const mutation = (fault: FaultRule['fault'], times = 1): FaultRule => ({
  match: { operation: 'updateRefs' },
  times,
  fault,
});

describe('branch and ledger', () => {
  test('move together; the ledger names the deploy commit and has one parent and one file', async () => {
    const target = stage.openTarget();
    await readAndCommit(target);
    const first = refsOf(stage);
    expect(await readAndCommit(target)).toMatchObject({ status: 'committed', commit: stage.head() });
    expect(ledgerText(stage, OWN)).toBe(`with ${stage.head()} after (with ${first['refs/heads/main']} after ())`);
    expect(stage.git('rev-list', '--parents', '-1', OWN)).toBe(`${refsOf(stage)[OWN]} ${first[OWN]}`);
    expect(stage.git('ls-tree', '--name-only', OWN)).toBe('ledger.json');
    expect(Object.keys(refsOf(stage))).toEqual(['refs/heads/main', OWN]);
  });

  test('a deploy of one file takes one query, and one request for each object and for the refs', async () => {
    const target = stage.openTarget();
    await readAndCommit(target);
    const from = stage.github.requests.length;
    await readAndCommit(target);
    expect(requestsOf(stage, from)).toEqual([
      'repository',
      'repository',
      'POST /git/trees',
      'POST /git/commits',
      'POST /git/trees',
      'POST /git/commits',
      'updateRefs',
    ]);
  });
});

describe('an answer that is lost', () => {
  test.each([
    ['502', { type: '5xx-after-landing' }],
    ['a cut connection', { type: '5xx-after-landing', end: 'cut' }],
  ] as const)('%s after a ledger moved alone: unknown, and the ledger shows that it landed', async (_, fault) => {
    stage.github.faults.push(mutation(fault));
    const target = stage.openTarget();
    expect(await readAndCommit(target, { files: [] })).toMatchObject({ status: 'unknown' });
    expect(await target.readLedgers(['main'])).toEqual([
      { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: 'with none after ()' },
    ]);
  });

  test('an error of no known kind is no refusal of the ledger unless it comes a second time', async () => {
    stage.github.faults.push(mutation({ type: '5xx-before', status: 400 }));
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'committed' });
    stage.github.faults.push(mutation({ type: '5xx-before', status: 400 }, 2));
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'ledger-refused' });
    stage.github.faults.push(mutation({ type: '5xx-before', status: 400 }, 2));
    expect(await readAndCommit(stage.openTarget(), { ledgers: [] })).toMatchObject({ status: 'unknown' });
  });
});

describe('a server that accepts no ref outside of branches and tags', () => {
  beforeEach(() => {
    served().updateRefsNamespaces = 'heads-and-tags';
  });

  test('gets the ledger as a branch; later runs find it there', async () => {
    expect(await rollOut(stage)).toMatchObject([{ status: 'committed', commit: stage.head() }]);
    expect(Object.keys(refsOf(stage))).toEqual([BRANCH, 'refs/heads/main']);
    const from = stage.github.requests.length;
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'committed' });
    expect(requestsOf(stage, from).filter((made) => made === 'updateRefs')).toHaveLength(1);
    expect(Object.keys(refsOf(stage))).toEqual([BRANCH, 'refs/heads/main']);
  });

  test('a race that is lost meanwhile is a race, whatever else the server says', async () => {
    const target = stage.openTarget();
    const change = await readChange(target);
    stage.land({ other: 'x' });
    expect(await target.commit(change)).toEqual({ status: 'stale' });
    expect(Object.keys(refsOf(stage))).toEqual(['refs/heads/main']);
  });

  test('a ledger that git has created elsewhere stays there, and is left out with a warning', async () => {
    served().updateRefsNamespaces = 'any';
    await rollOut(stage);
    const ledger = refsOf(stage)[OWN];
    served().updateRefsNamespaces = 'heads-and-tags';
    const result = await deploy(request(stage, newer()));
    expect(result.deployments).toMatchObject([{ status: 'committed', commit: stage.head() }]);
    expect(result.warnings.map(({ code }) => code)).toContain('deploy/ledger-refused');
    expect(refsOf(stage)).toEqual({ 'refs/heads/main': stage.head(), [OWN]: ledger });
  });
});

describe('branch rules', () => {
  const refusal = async (more = {}) => {
    const before = refsOf(stage);
    const [problem] = await problemsOf(readAndCommit(stage.openTarget(), more));
    expect(refsOf(stage)).toEqual(before);
    return problem;
  };

  test.each(['any', 'heads-and-tags'] as const)(
    'of the branch itself are no refusal of the ledger: they are named, with the mode (names: %s)',
    async (namespaces) => {
      served().updateRefsNamespaces = namespaces;
      served().rules.push({ branch: 'main', type: 'pull_request' });
      const before = refsOf(stage);
      const [problem] = await problemsOf(rollOut(stage));
      expect(refsOf(stage)).toEqual(before);
      expect(problem).toMatchObject({ code: 'deploy/rules-refuse' });
      expect(problem?.message).toContain('pull_request ("Require a pull request before merging"');
      expect(problem?.fix).toMatch(/mode: pull-request.*bypass list/);
    },
  );

  test('of all branches leave a ledger of our own namespace alone', async () => {
    served().rules.push({ branch: '*', type: 'creation' });
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'committed' });
  });

  test("of the pull request's branch are told apart from those of the target's", async () => {
    served().rules.push({ branch: '*', type: 'creation' });
    const problem = await refusal({ proposal: { branch: PROPOSAL } });
    expect(problem).toMatchObject({ code: 'deploy/rules-refuse' });
    expect(problem?.message).toContain('creation ("Restrict creations"');
    expect(problem?.message).toContain(PROPOSAL);
    expect(problem?.fix).toContain('image-release-pr/*');
  });
});

describe('a token that may only read', () => {
  test('does not fail a run that found nothing to change: its ledger is refused', async () => {
    const result = await readAndCommit(stage.openTarget('main', READ_TOKEN), { files: [] });
    expect(result).toMatchObject({ status: 'ledger-refused' });
  });
});
