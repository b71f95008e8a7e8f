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

/** The next run, for a newer commit. */
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

describe('unclear answers', () => {
  test('a lost answer for a ledger-only write is unknown, and the ledger then contains the write', async () => {
    stage.github.faults.push(mutation({ type: '5xx-after-landing' }));
    const target = stage.openTarget();
    expect(await readAndCommit(target, { files: [] })).toMatchObject({ status: 'unknown' });
    expect(await target.readLedgers(['main'])).toMatchObject([
      { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: 'after ()' },
    ]);
  });

  test('an unknown error counts as a refused ledger only if it occurs twice', async () => {
    stage.github.faults.push(mutation({ type: '5xx-before', status: 400 }));
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'committed' });
    stage.github.faults.push(mutation({ type: '5xx-before', status: 400 }, 2));
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'ledger-refused' });
    stage.github.faults.push(mutation({ type: '5xx-before', status: 400 }, 2));
    expect(await readAndCommit(stage.openTarget(), { ledgers: [] })).toMatchObject({ status: 'unknown' });
  });
});

describe('a server that accepts only branches and tags', () => {
  beforeEach(() => {
    served().updateRefsNamespaces = 'heads-and-tags';
  });

  test("doesn't turn a lost race into a refused ledger", async () => {
    const target = stage.openTarget();
    const change = await readChange(target);
    stage.land({ other: 'x' });
    expect(await target.commit(change)).toEqual({ status: 'stale' });
    expect(Object.keys(refsOf(stage))).toEqual(['refs/heads/main']);
  });

  test('gets the commit with a warning, and an existing ledger outside branches stays unchanged', async () => {
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
    'of the target branch are reported with `mode: pull-request`, not as a refused ledger (accepted refs: %s)',
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

  test("of all branches don't affect a ledger outside branches", async () => {
    served().rules.push({ branch: '*', type: 'creation' });
    expect(await readAndCommit(stage.openTarget())).toMatchObject({ status: 'committed' });
  });

  test("of the pull request's branch are reported with the name of that branch", async () => {
    served().rules.push({ branch: '*', type: 'creation' });
    const problem = await refusal({ proposal: { branch: PROPOSAL } });
    expect(problem).toMatchObject({ code: 'deploy/rules-refuse' });
    expect(problem?.message).toContain('creation ("Restrict creations"');
    expect(problem?.message).toContain(PROPOSAL);
    expect(problem?.fix).toContain('image-release-pr/*');
  });
});

describe('a read-only token', () => {
  test("doesn't fail a run without changes, but its ledger is refused", async () => {
    const result = await readAndCommit(stage.openTarget('main', READ_TOKEN), { files: [] });
    expect(result).toMatchObject({ status: 'ledger-refused' });
  });
});

test('reads a long ledger completely even if GraphQL truncates it', async () => {
  const long = JSON.stringify({ entries: 'é'.repeat(400_000) });
  const ledgers = [{ channel: 'main', ref: OWN, text: long, message: () => 'Long' }];
  await readAndCommit(stage.openTarget(), { files: [], ledgers });
  const [reading] = await stage.openTarget().readLedgers(['main']);
  expect(reading?.text).toBe(long);
});

test('a stale ledger read loses the race, and the next attempt commits', async () => {
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

test('explains for an inaccessible repository what GITHUB_TOKEN can reach, and names deploy-token', async () => {
  const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(READ_TOKEN));
  const { clockwork } = stage;
  const target = createGitHubTarget({ octokit, owner: 'acme', repo: 'gitops', branch: 'main', clockwork });
  expect(await target.readLedgers(['main'])).toEqual([{ channel: 'main' }]);
  const [problem] = await problemsOf(target.snapshot());
  expect(problem).toMatchObject({ code: 'deploy/target-missing' });
  expect(problem?.message).toContain('acme/gitops');
  expect(problem?.fix).toMatch(/GITHUB_TOKEN reaches the repository of the workflow only.*deploy-token/);
});
