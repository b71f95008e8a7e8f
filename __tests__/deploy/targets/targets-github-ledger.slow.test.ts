import { jest } from '@jest/globals';
import type { FaultRule } from '../../../testing/fake-github/faults.js';
import { deploy } from '../../../src/deploy/deploy.js';
import {
  BRANCH,
  fileOf,
  ledgerText,
  moveOf,
  OWN,
  PROPOSAL,
  readAndCommit,
  readChange,
  refsOf,
  requestsOf,
} from './fixtures.js';
import { problemsOf, request, rollOut } from '../requests.js';
import { BASE, createStage, READ_TOKEN, type Stage } from '../stage.js';

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
    expect(ledgerText(stage, OWN)).toBe(
      `with ${stage.head()} after (with ${first['refs/heads/main']} after ())`,
    );
    expect(stage.git('rev-list', '--parents', '-1', OWN)).toBe(`${refsOf(stage)[OWN]} ${first[OWN]}`);
    expect(stage.git('ls-tree', '--name-only', OWN)).toBe('ledger.json');
    expect(Object.keys(refsOf(stage))).toEqual(['refs/heads/main', OWN]);
  });

  test('a deploy of one file takes ten requests', async () => {
    const target = stage.openTarget();
    await readAndCommit(target);
    const from = stage.github.requests.length;
    await readAndCommit(target);
    expect(requestsOf(stage, from)).toEqual([
      'GET /git/ref/image-release/main',
      'repository',
      'GET /git/ref/heads/main',
      'GET /git/commits/…',
      'POST /git/blobs',
      'POST /git/trees',
      'POST /git/commits',
      'POST /git/trees',
      'POST /git/commits',
      'updateRefs',
    ]);
  });

  test.each(['the branch', 'the ledger'])('nothing moves when %s has moved meanwhile', async (which) => {
    const target = stage.openTarget();
    await readAndCommit(target);
    const change = await readChange(target);
    if (which === 'the branch') stage.land({ other: 'x' });
    else await readAndCommit(stage.openTarget(), { files: [] });
    const before = refsOf(stage);
    expect(await target.commit(change)).toEqual({ status: 'stale' });
    expect(refsOf(stage)).toEqual(before);
  });

  test('a ledger that somebody else began first is not written over', async () => {
    const target = stage.openTarget();
    const change = await readChange(target);
    await readAndCommit(stage.openTarget(), { files: [] });
    expect(await target.commit(change)).toEqual({ status: 'stale' });
    expect(await readAndCommit(target)).toMatchObject({ status: 'committed' });
  });

  test('a run that found nothing to change moves the ledger alone', async () => {
    const head = stage.head();
    expect(await readAndCommit(stage.openTarget(), { files: [] })).toEqual({ status: 'committed' });
    expect(stage.head()).toBe(head);
    expect(ledgerText(stage, OWN)).toBe('with none after ()');
  });

  test('several channels move with one update, each read beside the other', async () => {
    const target = stage.openTarget();
    await readAndCommit(target, { ledgers: [moveOf('main'), moveOf('eu/prod')] });
    const readings = await target.readLedgers(['eu/prod', 'none', 'main']);
    expect(readings).toEqual([
      {
        channel: 'eu/prod',
        ref: 'refs/image-release/eu/prod',
        oid: refsOf(stage)['refs/image-release/eu/prod'],
        text: expect.any(String),
      },
      { channel: 'none' },
      { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: expect.any(String) },
    ]);
    expect(
      await target.commit(
        await readChange(target, { ledgers: readings.map((one) => moveOf(one.channel, one)) }),
      ),
    ).toMatchObject({ status: 'committed' });
  });

  test("the branch of a pull request is set by compare-and-set on its old head, the target's branch stays", async () => {
    const target = stage.openTarget();
    const head = stage.head();
    await readAndCommit(target, { proposal: { branch: PROPOSAL } });
    const first = stage.head(PROPOSAL);
    await readAndCommit(target, {
      files: [fileOf('rebuilt')],
      proposal: { branch: PROPOSAL, before: first },
    });
    const second = stage.head(PROPOSAL);
    expect(stage.git('rev-list', '--parents', '-1', PROPOSAL)).toBe(`${second} ${head}`);
    expect(await readAndCommit(target, { proposal: { branch: PROPOSAL, before: first } })).toEqual({
      status: 'stale',
    });
    expect([stage.head(), stage.head(PROPOSAL)]).toEqual([head, second]);
  });
});

describe('an answer that is lost', () => {
  test.each([
    ['502', { type: '5xx-after-landing' }],
    ['a cut connection', { type: '5xx-after-landing', end: 'cut' }],
  ] as const)(
    '%s after a ledger moved alone: unknown, and the ledger shows that it landed',
    async (_, fault) => {
      stage.github.faults.push(mutation(fault));
      const target = stage.openTarget();
      expect(await readAndCommit(target, { files: [] })).toMatchObject({ status: 'unknown' });
      expect(await target.readLedgers(['main'])).toEqual([
        { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: 'with none after ()' },
      ]);
    },
  );

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
  test('is told which permission is missing, and nothing has moved', async () => {
    const before = refsOf(stage);
    const problems = await problemsOf(readAndCommit(stage.openTarget('main', READ_TOKEN)));
    expect(problems).toMatchObject([{ code: 'deploy/permission-denied' }]);
    expect(problems[0]?.fix).toMatch(/`contents: write`.*deploy-token/);
    expect(refsOf(stage)).toEqual(before);
  });

  test('does not fail a run that found nothing to change: its ledger is refused', async () => {
    const result = await readAndCommit(stage.openTarget('main', READ_TOKEN), { files: [] });
    expect(result).toMatchObject({ status: 'ledger-refused' });
  });
});

test.each([
  ['429', { type: 'rate-limited', status: 429, retryAfter: 7 }, 7_000],
  ['403', { type: 'rate-limited', status: 403, retryAfter: 90 }, 90_000],
] as const)(
  '%s on a ledger that moves alone: certainly not written, come back later',
  async (_, fault, ms) => {
    stage.github.faults.push(mutation(fault));
    expect(await readAndCommit(stage.openTarget(), { files: [] })).toMatchObject({
      status: 'later',
      retryAfterMs: ms,
    });
  },
);

test('an executable file stays one, and keeps its neighbours', async () => {
  await readAndCommit(stage.openTarget(), { files: [fileOf('#!/bin/sh\n', '100755')] });
  expect(stage.git('ls-tree', '-r', '--format=%(objectmode) %(path)', 'main').split('\n')).toEqual([
    '100644 README.md',
    ...Object.keys(BASE).map((path) => `100644 ${path}`),
    '100755 k8s/kustomization.yml',
  ]);
});
