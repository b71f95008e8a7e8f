import { createGitHubTarget } from '../../../src/deploy/targets/github/github.js';
import { Secret } from '../../../src/lib/secret.js';
import { connectOctokit } from '../../../src/github/octokit.js';
import { OWN, READ_REFS, readAndCommit, refsOf, onGitHub, stage } from './fixtures.js';
import { problemsOf } from '../requests.js';
import { READ_TOKEN } from '../stage.js';

onGitHub();

test('a ledger longer than GraphQL shows is read whole', async () => {
  const long = JSON.stringify({ entries: 'é'.repeat(400_000) });
  const ledgers = [{ channel: 'main', ref: OWN, text: () => long, message: 'Long' }];
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

test.each([
  ['429', { type: 'rate-limited', status: 429, retryAfter: 7 }],
  ['503', { type: '5xx-before', status: 503 }],
  ['a cut connection', { type: 'cut' }],
] as const)('%s while the ledger is read: waited for, then read', async (_, fault) => {
  await readAndCommit(stage.openTarget(), { files: [] });
  stage.github.faults.push({ match: READ_REFS, fault });
  const [reading] = await stage.openTarget().readLedgers(['main']);
  expect(reading?.oid).toBe(refsOf(stage)[OWN]);
  expect(stage.waits).toHaveLength(1);
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
