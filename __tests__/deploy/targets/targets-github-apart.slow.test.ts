import { jest } from '@jest/globals';
import type { DeployTarget } from '../../../src/deploy/target.js';
import {
  BRANCH,
  fileOf,
  ledgerText,
  moveOf,
  OWN,
  PROPOSAL,
  readAndSwap,
  readChange,
  refsOf,
  requestsOf,
} from './github-calls.js';
import { problemsOf } from '../requests.js';
import { createStage, READ_TOKEN, type Stage } from '../stage.js';

jest.setTimeout(60_000);

/** Servers without updateRefs, as older GitHub Enterprise: the ledger goes first, then the branch. */
let stage: Stage;
let target: DeployTarget;
beforeEach(async () => {
  stage = await createStage('the GitHub API');
  served().updateRefs = 'missing';
  target = stage.openTarget();
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.close();
});

const served = () => stage.github.repository('acme/app');
const LEDGER_CREATED = { method: 'POST', path: '/git/refs$' };
const COMMIT = { operation: 'createCommitOnBranch' };

test('the ledger is moved by compare-and-set, then the branch; the way is learnt once', async () => {
  expect(await readAndSwap(target)).toEqual({
    status: 'committed',
    commit: stage.head(),
    url: expect.stringContaining(stage.head()),
  });
  const from = stage.github.requests.length;
  expect(await readAndSwap(target)).toMatchObject({ status: 'committed', commit: stage.head() });
  expect(requestsOf(stage, from)).toEqual([
    'GET /git/ref/image-release/main',
    'repository',
    'GET /git/ref/heads/main',
    'GET /git/commits/…',
    'POST /git/trees',
    'POST /git/commits',
    'PATCH /git/refs/image-release/main',
    'createCommitOnBranch',
    'GET /git/ref/image-release/main',
  ]);
  // The deploy commit does not exist yet when the ledger is written.
  expect(ledgerText(stage, OWN)).toBe('with none after (with none after ())');
});

test.each([
  ['begun', 0],
  ['moved on', 1],
])('a ledger that another run has %s meanwhile: stale, and the branch is not touched', async (_, before) => {
  for (let times = 0; times < before; times++) await readAndSwap(target, { files: [] });
  const change = await readChange(target);
  await readAndSwap(stage.openTarget(), { files: [] });
  const refs = refsOf(stage);
  expect(await target.swap(change)).toEqual({ status: 'stale' });
  expect(refsOf(stage)).toEqual(refs);
});

test.each(['there was none', 'there was one'])(
  'a branch that has moved meanwhile: stale, and the ledger says what it said before (%s)',
  async (ledger) => {
    if (ledger === 'there was one') await readAndSwap(target, { files: [] });
    const change = await readChange(target);
    stage.land({ other: 'x' });
    expect(await target.swap(change)).toEqual({ status: 'stale' });
    if (ledger === 'there was none') expect(Object.keys(refsOf(stage))).not.toContain(OWN);
    else expect(ledgerText(stage, OWN)).toBe('with none after ()');
  },
);

test('whoever is overtaken between ledger and branch is told so', async () => {
  stage.github.faults.push({
    match: COMMIT,
    fault: {
      type: 'stale',
      // Another run reads our ledger and moves it on; it has not come to the branch yet.
      land: async () => {
        await readAndSwap(stage.openTarget(), { files: [] });
      },
    },
  });
  expect(await readAndSwap(target)).toEqual({
    status: 'committed',
    commit: stage.head(),
    url: expect.any(String),
    overtaken: true,
  });
});

test('rules of the branch are named, and the ledger is taken back', async () => {
  await readAndSwap(target, { files: [] });
  served().rules.push({ branch: 'main', type: 'pull_request' });
  const head = stage.head();
  const [problem] = await problemsOf(readAndSwap(target));
  expect(problem).toMatchObject({ code: 'deploy/rules-refuse' });
  expect(problem?.message).toContain('pull_request');
  expect(ledgerText(stage, OWN)).toBe('with none after ()');
  expect(stage.head()).toBe(head);
});

test('an answer of the branch that is lost leaves the ledger where it is: unknown', async () => {
  stage.github.faults.push({ match: COMMIT, fault: { type: '5xx-after-landing', end: 'cut' } });
  expect(await readAndSwap(target)).toMatchObject({ status: 'unknown' });
  expect(ledgerText(stage, OWN)).toBe('with none after ()');
});

test('an answer of the ledger that is lost: unknown, the branch is not touched, the next reading knows', async () => {
  const head = stage.head();
  stage.github.faults.push({ match: LEDGER_CREATED, fault: { type: '5xx-after-landing' } });
  expect(await readAndSwap(target)).toMatchObject({ status: 'unknown' });
  expect(stage.head()).toBe(head);
  expect(await readAndSwap(target)).toMatchObject({ status: 'committed' });
});

test('a ledger that creates no ref of our own goes to a branch; refused there too, it is refused', async () => {
  const refuse = { match: LEDGER_CREATED, fault: { type: '5xx-before', status: 422 } } as const;
  stage.github.faults.push(refuse);
  expect(await readAndSwap(target)).toMatchObject({ status: 'committed' });
  expect(Object.keys(refsOf(stage))).toEqual([BRANCH, 'refs/heads/main']);

  stage.git('update-ref', '-d', BRANCH);
  served().rules.push({ branch: 'image-release/*', type: 'creation' });
  stage.github.faults.push(refuse);
  const before = refsOf(stage);
  expect(await readAndSwap(stage.openTarget())).toMatchObject({ status: 'ledger-refused' });
  expect(refsOf(stage)).toEqual(before);
});

test('a token that may only read is told so where files change, and refused the ledger where none do', async () => {
  const reader = stage.openTarget('main', READ_TOKEN);
  expect(await readAndSwap(reader, { files: [] })).toMatchObject({ status: 'ledger-refused' });
  const before = refsOf(stage);
  expect(await problemsOf(readAndSwap(reader))).toMatchObject([{ code: 'deploy/permission-denied' }]);
  expect(refsOf(stage)).toEqual(before);
});

test('an executable file is refused before the ledger moves', async () => {
  const before = refsOf(stage);
  const change = { files: [fileOf('x', '100755')] };
  expect(await problemsOf(readAndSwap(target, change))).toMatchObject([{ code: 'deploy/unsafe-write' }]);
  expect(refsOf(stage)).toEqual(before);
});

describe('the branch of a pull request', () => {
  test('is created, then set by force, keeping modes; its ledger names the commit', async () => {
    const head = stage.head();
    const files = [fileOf('x', '100755')];
    await readAndSwap(target, { files, proposal: { branch: PROPOSAL } });
    const first = stage.head(PROPOSAL);
    stage.land({ other: 'x' });
    const result = await readAndSwap(target, { files, proposal: { branch: PROPOSAL, before: first } });
    expect(result).toMatchObject({ status: 'committed', commit: stage.head(PROPOSAL) });
    expect(ledgerText(stage, OWN)).toContain(`with ${stage.head(PROPOSAL)} after`);
    expect(stage.git('rev-parse', `${PROPOSAL}^`)).toBe(stage.head());
    expect(stage.git('rev-parse', 'main^')).toBe(head);
    expect(stage.git('ls-tree', '--format=%(objectmode)', PROPOSAL, 'k8s/kustomization.yml')).toBe('100755');
  });

  test('that does not stand where it was read is left alone, and the ledger is taken back', async () => {
    await readAndSwap(target, { proposal: { branch: PROPOSAL } });
    const proposed = refsOf(stage)[`refs/heads/${PROPOSAL}`];
    const said = ledgerText(stage, OWN);
    expect(await readAndSwap(target, { proposal: { branch: PROPOSAL, before: stage.head() } })).toEqual({
      status: 'stale',
    });
    expect(refsOf(stage)[`refs/heads/${PROPOSAL}`]).toBe(proposed);
    expect(ledgerText(stage, OWN)).toBe(said);
  });
});

test('an error in unknown words on the branch, which has not moved: unknown, and the ledger is taken back', async () => {
  await readAndSwap(target, { files: [] });
  stage.github.faults.push({ match: COMMIT, fault: { type: '5xx-before', status: 422 } });
  expect(await readAndSwap(target)).toMatchObject({ status: 'unknown' });
  expect(ledgerText(stage, OWN)).toBe('with none after ()');
});

test('the first of two ledgers is taken back when the second has moved meanwhile', async () => {
  const ledgers = [moveOf('main'), moveOf('eu')];
  await target.swap({ ...(await readChange(target)), files: [], ledgers: [moveOf('eu')] });
  const before = refsOf(stage);
  expect(await target.swap({ ...(await readChange(target)), ledgers })).toEqual({ status: 'stale' });
  expect(refsOf(stage)).toEqual(before);
});
