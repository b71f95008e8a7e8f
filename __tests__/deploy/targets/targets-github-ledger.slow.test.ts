import type { FaultRule } from '../../../testing/fake-github/faults.js';
import { deploy } from '../../../src/deploy/deploy.js';
import { createGitHubTarget } from '../../../src/deploy/targets/github/github.js';
import { connectOctokit } from '../../../src/github/octokit.js';
import { Secret } from '../../../src/lib/secret.js';
import {
  ledgerText,
  onGitHub,
  OWN,
  PROPOSAL,
  READ_REFS,
  readAndCommit,
  readChange,
  refsOf,
  requestsOf,
  stage,
} from './fixtures.js';
import { problemsOf, request, rollOut } from '../requests.js';
import { READ_TOKEN } from '../stage.js';

onGitHub();

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
    expect(ledgerText(stage, OWN)).toBe('after (after ())');
    expect(stage.git('log', '--format=%B', OWN).match(/\b[0-9a-f]{40}\b/g)).toEqual([
      stage.head(),
      first['refs/heads/main'],
    ]);
    expect(stage.git('rev-list', '--parents', '-1', OWN)).toBe(`${refsOf(stage)[OWN]} ${first[OWN]}`);
    expect(stage.git('ls-tree', '--name-only', OWN)).toBe('ledger.json');
    expect(Object.keys(refsOf(stage))).toEqual(['refs/heads/main', OWN]);
  });
});

describe('an answer that is lost', () => {
  test('after a ledger moved alone: unknown, and the ledger shows that it landed', async () => {
    stage.github.faults.push(mutation({ type: '5xx-after-landing' }));
    const target = stage.openTarget();
    expect(await readAndCommit(target, { files: [] })).toMatchObject({ status: 'unknown' });
    expect(await target.readLedgers(['main'])).toMatchObject([
      { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: 'after ()' },
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
      const [problem, ...others] = await problemsOf(rollOut(stage));
      expect(refsOf(stage)).toEqual(before);
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ code: 'deploy/rules-refuse' });
      expect(problem?.detail).toContain('Changes must be made through a pull request.');
      expect(stage.waits).toEqual([]);
      if (namespaces === 'any') expect(requestsOf(stage).filter((made) => made === 'updateRefs')).toHaveLength(1);
      expect(problem?.message).toContain('pull_request ("Require a pull request before merging"');
      expect(problem?.fix).toMatch(/mode: pull-request.*bypass list/);
    },
  );

  test('of all branches leave a ledger of our own namespace alone', async () => {
    served().rules.push({ branch: '*', type: 'creation' });
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'committed' });
  });

  test("of the pull request's branch are distinguished from those of the target's", async () => {
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

test('a ledger longer than GraphQL shows is read whole', async () => {
  const long = JSON.stringify({ entries: 'é'.repeat(400_000) });
  const ledgers = [{ channel: 'main', ref: OWN, text: long, message: () => 'Long' }];
  await readAndCommit(stage.openTarget(), { files: [], ledgers });
  const [reading] = await stage.openTarget().readLedgers(['main']);
  expect(reading?.text).toBe(long);
});

test('a reading of the ledger that lags behind loses the race; the next one wins it', async () => {
  const target = stage.openTarget();
  await readAndCommit(target);
  await readAndCommit(target);
  stage.github.faults.push({
    match: READ_REFS,
    fault: { type: 'stale-read' },
  });
  expect(await readAndCommit(target)).toEqual({ status: 'stale' });
  expect(await readAndCommit(target)).toMatchObject({ status: 'committed' });
});

test('a repository out of reach: what GITHUB_TOKEN reaches, and which input helps', async () => {
  const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(READ_TOKEN));
  const { clockwork } = stage;
  const target = createGitHubTarget({ octokit, owner: 'acme', repo: 'gitops', branch: 'main', clockwork });
  expect(await target.readLedgers(['main'])).toEqual([{ channel: 'main' }]);
  const [problem] = await problemsOf(target.snapshot());
  expect(problem).toMatchObject({ code: 'deploy/target-missing' });
  expect(problem?.message).toContain('acme/gitops');
  expect(problem?.fix).toMatch(/GITHUB_TOKEN reaches the repository of the workflow only.*deploy-token/);
});
