import { jest } from '@jest/globals';
import { isDeployCommit } from '../../src/deploy/commit-message.js';
import type { DeployRequest } from '../../src/deploy/deploy.js';
import type { Deployment } from '../../src/deploy/deployment.js';
import { API, FRONTEND, problemsOf, rollOut } from './requests.js';
import { createStage, type Kind, type Stage } from './stage.js';

jest.setTimeout(60_000);

/*
 * The golden cases of the deploy step, each under its own name. "PR open from an older run → updated; from a newer →
 * left" and "auto-merge on clean status" are in pull-requests.test.ts.
 */

const FILE = 'k8s/kustomization.yml';
const KINDS = ['git over a path', 'the GitHub API'] as const;

/** A release of a commit of the source: both images, tagged with it. */
interface Release {
  commit: string;
  run: number;
  tag: string;
}

describe.each<Kind>([...KINDS])('golden cases through %s', (kind) => {
  let stage: Stage;
  const start = async (...args: [files?: Record<string, string> | null, executable?: string[]]) => {
    stage = await createStage(kind, ...args);
  };
  afterEach(async () => {
    expect(stage.github.faults.pending()).toEqual([]);
    await stage.close();
  });

  /** The next commit of the source, or one beside it. */
  function source(run: number, parent?: string): Release {
    const tip = stage.git('for-each-ref', '--format=%(objectname)', 'refs/heads/source');
    const parents = parent === undefined ? (tip === '' ? [] : [tip]) : [parent];
    const branch = parent === undefined ? 'source' : `beside-${run}`;
    const commit = stage.commit({ branch, parents, files: { 'main.ts': `${run}\n` } });
    return { commit, run, tag: `main-${commit.slice(0, 10)}` };
  }

  /** What releasing it comes to, in the one Kustomization. */
  async function release(
    { commit, run, tag }: Release,
    images: readonly (typeof API)[] = [API, FRONTEND],
    more: Partial<DeployRequest> = {},
  ): Promise<Deployment | undefined> {
    const rollouts = images.map((image) => ({ ...image, releaseTag: tag }));
    const [deployment] = await rollOut(stage, {
      rollouts,
      source: { commit, run },
      newId: () => `run-${run}`,
      ...more,
    });
    return deployment;
  }

  const tags = (path = FILE) =>
    [...stage.git('show', `main:${path}`).matchAll(/newTag: '?([\w.-]+)/g)].map((match) => match[1]);
  const deployCommits = () =>
    stage
      .git('log', '-z', '--format=%B', 'main')
      .split('\0')
      .filter((message) => isDeployCommit(message)).length;

  test('STALE, winner newer → superseded', async () => {
    await start();
    const [older, newer] = [source(1), source(2)];
    stage.beforeNextCommit(() => release(newer));
    expect(await release(older)).toMatchObject({
      status: 'superseded',
      images: [],
      superseded: [
        {
          key: 'api',
          tag: older.tag,
          by: { tag: newer.tag, source: { commit: newer.commit }, reason: 'release' },
        },
        { key: 'frontend', tag: older.tag },
      ],
    });
    expect(tags()).toEqual([newer.tag, newer.tag]);
    expect(deployCommits()).toBe(1);
  });

  test('older run last → superseded', async () => {
    await start();
    const [older, newer] = [source(1), source(2)];
    await release(newer);
    const head = stage.head();
    expect(await release(older)).toMatchObject({ status: 'superseded' });
    expect(stage.head()).toBe(head);
  });

  test('newer no-op run then older run → superseded', async () => {
    await start();
    const [first, older, newer] = [source(1), source(2), source(3)];
    await release(first);
    const head = stage.head();
    // The newer commit has taken back what the older one changed: the images of the first are its images too.
    expect(await release({ ...newer, tag: first.tag })).toMatchObject({ status: 'unchanged' });
    expect(stage.head()).toBe(head);
    expect(stage.ledger()?.message).toMatch(/^Confirm api, frontend main-/);
    expect(await release(older)).toMatchObject({ status: 'superseded' });
    expect(stage.head()).toBe(head);
    expect(tags()).toEqual([first.tag, first.tag]);
  });

  test('revert applies', async () => {
    await start();
    const [first, second, revert] = [source(1), source(2), source(3)];
    await release(first);
    await release(second);
    expect(await release({ ...revert, tag: first.tag })).toMatchObject({ status: 'committed' });
    expect(tags()).toEqual([first.tag, first.tag]);
  });

  test('re-run of an old run skipped', async () => {
    await start();
    const [old, later] = [source(1), source(2)];
    await release(old);
    await release(later);
    expect(await release(old)).toMatchObject({ status: 'superseded' });
    expect(await release({ ...later, run: 1 })).toMatchObject({ status: 'superseded' });
    expect(tags()).toEqual([later.tag, later.tag]);
  });

  test('diverged refused', async () => {
    await start();
    const [base, deployed] = [source(1), source(2)];
    const beside = source(3, base.commit);
    await release(deployed);
    const [head, ledger] = [stage.head(), stage.ledger()?.oid];
    const problems = await problemsOf(release(beside));
    expect(problems.map(({ code, image }) => [code, image])).toEqual([
      ['deploy/order-unknown', 'api'],
      ['deploy/order-unknown', 'frontend'],
    ]);
    expect(problems[0]?.message).toContain(beside.commit.slice(0, 12));
    expect(problems[0]?.message).toContain(deployed.commit.slice(0, 12));
    expect(problems[0]?.fix).toContain('--allow-rollback');
    expect([stage.head(), stage.ledger()?.oid]).toEqual([head, ledger]);

    const intent = { type: 'release', order: 'allow-rollback' } as const;
    expect(await release(beside, undefined, { intent })).toMatchObject({ status: 'committed' });
    expect(await release({ ...beside, run: 4 })).toMatchObject({ status: 'unchanged' });
  });

  test('unresolvable refused', async () => {
    await start();
    await release(source(1));
    const head = stage.head();
    const problems = await problemsOf(release({ commit: 'f00d'.repeat(10), run: 9, tag: 'main-f00df00' }));
    expect(problems.map(({ code }) => code)).toEqual(['deploy/order-unknown', 'deploy/order-unknown']);
    expect(problems[0]?.fix).toContain('--allow-rollback');
    expect(stage.head()).toBe(head);
  });

  test('two images, one stale → the other still deploys', async () => {
    await start();
    const [older, newer] = [source(1), source(2)];
    await release(newer, [API]);
    expect(await release(older)).toMatchObject({
      status: 'committed',
      images: ['frontend'],
      changes: [{ key: 'frontend' }],
      superseded: [{ key: 'api', by: { reason: 'release' } }],
    });
    expect(tags()).toEqual([newer.tag, older.tag]);
  });
});

describe('golden cases of the GitHub API alone', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await createStage('the GitHub API');
  });
  afterEach(() => stage.close());

  test('rules → no retry, named rule', async () => {
    stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'pull_request' });
    const [problem, ...others] = await problemsOf(rollOut(stage));
    expect(problem?.code).toBe('deploy/rules-refuse');
    expect(`${problem?.message} ${problem?.fix}`).toMatch(/pull_request|pull request/);
    expect(`${problem?.message} ${problem?.fix}`).toContain('pull-request');
    expect(others).toEqual([]);
    expect(stage.waits).toEqual([]);
    expect(stage.ledger()).toBeUndefined();
  });

  test.each([
    ['429', { status: 429, retryAfter: 7 }, 7_000],
    ['403', { status: 403, retryAfter: 90 }, 90_000],
  ] as const)('%s → waits', async (_name, limited, ms) => {
    stage.github.faults.push({
      match: { operation: 'updateRefs' },
      fault: { type: 'rate-limited', ...limited },
    });
    expect(await rollOut(stage)).toMatchObject([{ status: 'committed' }]);
    expect(stage.waits).toEqual([ms]);
    expect(stage.github.faults.pending()).toEqual([]);
  });
});
