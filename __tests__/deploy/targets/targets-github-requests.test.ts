import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import type { DeployTarget } from '../../../src/deploy/target.js';
import { openCheckout } from '../../../src/deploy/targets/git/checkout.js';
import { createGitHubTarget } from '../../../src/deploy/targets/github/github.js';
import { connectOctokit } from '../../../src/github/octokit.js';
import { Secret } from '../../../src/lib/secret.js';
import { fileOf, onGitHub, OWN, PATH, readAndCommit, readChange, refsOf, requestsOf, stage } from './fixtures.js';
import { request } from '../requests.js';
import { KUSTOMIZATION, TOKEN } from '../stage.js';
import { soak } from '../../../testing/soak.js';

onGitHub();

const mutation = { operation: 'updateRefs' };
const asked = async (work: () => Promise<unknown>) => {
  const from = stage.github.requests.length;
  await work();
  return requestsOf(stage, from);
};

describe('a recent read', () => {
  test('is reused by the deploy after a check, as is the tree that the check wrote', async () => {
    await deploy(request(stage));
    const target = stage.openTarget();
    const ancestry = { compare: async () => 'ahead' as const };
    const both = { openTarget: () => target, since: 0, ancestry };
    const newer = { ...both, source: { commit: '5d6e7f8'.padEnd(40, '0'), run: 43 } };
    const rollouts = request(stage).rollouts.map((image) => ({ ...image, releaseTag: 'main-5d6e7f8' }));
    const checked = await asked(() => checkDeploy(request(stage, { ...newer, rollouts })));
    expect(checked.filter((made) => made.startsWith('POST'))).toEqual(['POST /git/trees']);
    expect(await asked(() => deploy(request(stage, { ...newer, rollouts })))).toEqual([
      'POST /git/trees',
      'POST /git/commits',
      'POST /git/commits',
      'updateRefs',
    ]);
    expect(stage.git('show', `main:${PATH}`)).toBe(KUSTOMIZATION.replaceAll('main-0000000', 'main-5d6e7f8').trim());
  });

  test("isn't reused if it is older than `since`, for another channel, or after a lost race", async () => {
    const target = stage.openTarget();
    await readAndCommit(target, { files: [] });
    const now = performance.now();
    expect(await asked(() => target.readLedgers(['main'], { since: now }))).toEqual(['repository']);
    expect(await asked(() => target.readLedgers(['main'], { since: now }))).toEqual([]);
    expect(await asked(() => target.readLedgers(['main', 'eu'], { since: now }))).toContain('repository');
    expect(await asked(() => target.readLedgers(['main'], { since: performance.now() }))).toEqual(['repository']);
    const change = await readChange(target);
    stage.land({ other: 'x' });
    expect(await target.commit(change)).toEqual({ status: 'stale' });
    expect(await asked(() => target.readLedgers(['main'], { since: 0 }))).toEqual(['repository']);
  });

  test('is replaced by the ledger of a successful commit, and discarded if the outcome is unknown', async () => {
    const target = stage.openTarget();
    const before = performance.now();
    await readAndCommit(target);
    expect(
      await asked(async () => {
        expect(await target.readLedgers(['main'], { since: before })).toMatchObject([
          { oid: refsOf(stage)[OWN], text: 'after ()', message: expect.stringContaining(`with ${stage.head()}`) },
        ]);
      }),
    ).toEqual([]);
    stage.github.faults.push({ match: mutation, fault: { type: '5xx-after-landing' } });
    expect(await readAndCommit(target)).toMatchObject({ status: 'unknown' });
    expect(await asked(() => target.readLedgers(['main'], { since: before }))).toEqual(['repository']);
  });
});

test("reads a ledger that GitHub doesn't resolve as a revision expression, and commits on top of it", async () => {
  await readAndCommit(stage.openTarget());
  stage.github.repository('acme/app').revisions = 'heads-and-tags';
  const target = stage.openTarget();
  const [reading] = await target.readLedgers(['main']);
  expect(reading).toMatchObject({
    ref: OWN,
    oid: refsOf(stage)[OWN],
    text: 'after ()',
    message: expect.stringContaining(`with ${stage.head()}`),
  });
  expect(await readAndCommit(target)).toMatchObject({ status: 'committed' });
});

test("writes a file that isn't UTF-8 as a blob, and retries after server errors", async () => {
  const bytes = Buffer.from('# caf\xe9\n', 'latin1');
  const fault = { type: '5xx-before', status: 503 } as const;
  stage.github.faults.push({ match: { method: 'POST', path: '/git/blobs' }, times: 2, fault });
  await readAndCommit(stage.openTarget(), { files: [{ ...fileOf(''), bytes }] });
  expect(execFileSync('git', ['show', `main:${PATH}`], { cwd: stage.bare })).toEqual(bytes);
});

describe('with a checkout', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-release-checkout-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const clone = (...options: string[]) => {
    const path = join(folder, `clone${options.length}`);
    execFileSync('git', ['clone', '--quiet', ...options, `file://${stage.bare}`, path], { env });
    return openCheckout(path, env);
  };
  const open = async (checkout: ReturnType<typeof openCheckout>): Promise<DeployTarget> => {
    const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(TOKEN));
    const { clockwork } = stage;
    return createGitHubTarget({ octokit, owner: 'acme', repo: 'app', branch: 'main', clockwork, checkout });
  };

  test('reads its files without further requests, and newer files from GitHub', async () => {
    const target = await open(clone('--depth=1'));
    expect(
      await asked(async () => {
        const snapshot = await target.snapshot();
        expect(await snapshot.list()).toContain(PATH);
        const { bytes, mode } = (await snapshot.readAll([PATH, 'none'])).get(PATH) ?? {};
        expect([Buffer.from(bytes ?? []).toString(), mode]).toEqual([KUSTOMIZATION, '100644']);
      }),
    ).toEqual(['repository']);
    stage.land({ 'new.yml': 'a\n' });
    const snapshot = await target.snapshot();
    expect([...(await snapshot.readAll([PATH, 'new.yml'])).keys()]).toEqual([PATH, 'new.yml']);
  });

  test('compares commits with its history, and with GitHub only if that is too shallow or unreadable', async () => {
    const [first, second, third] = [stage.head(), stage.land({ a: '1' }), stage.land({ a: '2' })];
    const aside = stage.commit({ branch: 'aside', parents: [first], files: { b: '1' } });
    const whole = await open(clone());
    expect(
      await asked(async () => {
        expect(await whole.compare(first, third)).toBe('ahead');
        expect(await whole.compare(third, first)).toBe('behind');
        expect(await whole.compare(aside, third)).toBe('diverged');
      }),
    ).toEqual([]);
    const shallow = await open(clone('--depth=2', '--no-single-branch'));
    expect(await asked(async () => expect(await shallow.compare(second, third)).toBe('ahead'))).toEqual([]);
    expect(await asked(async () => expect(await shallow.compare(aside, third)).toBe('diverged'))).toHaveLength(1);
    const unknown = await open(openCheckout(folder, { ...env, PATH: '/nonexistent' }));
    expect(await asked(async () => expect(await unknown.compare(first, third)).toBe('ahead'))).toHaveLength(1);
  });
});

describe('if one request of a check and a deploy fails', () => {
  const FAULTS = [
    { type: '5xx-before', status: 502 },
    { type: 'cut' },
    { type: '5xx-after-landing' },
    { type: '5xx-after-landing', end: 'cut' },
    { type: 'rate-limited', status: 429, retryAfter: 3 },
    { type: 'unreadable', body: '<html>', landed: true },
    { type: 'stale' },
  ] as const;

  test.each(FAULTS.map((fault, index) => [fault, index] as const))(
    'with %j, the run makes one commit and the ledger names it',
    async (fault, index) => {
      const ancestry = { compare: async () => 'ahead' as const };
      // A soak run lets each request fail in turn, a usual run every third one.
      for (let skip = soak(index % 3, 0); ; skip += soak(3, 1)) {
        const source = { commit: String(skip).padStart(40, 'a'), run: 100 + skip };
        const rollouts = request(stage).rollouts.map((image) => ({ ...image, releaseTag: `v${skip}` }));
        const target = stage.openTarget();
        const both = request(stage, { source, rollouts, ancestry, openTarget: () => target, since: 0 });
        stage.github.faults.push({ match: {}, skip, fault });
        expect((await checkDeploy(both)).filter(({ severity }) => severity === 'error')).toEqual([]);
        const { deployments } = await deploy({ ...both, newId: () => `run-${skip}` });
        expect(deployments).toMatchObject([{ status: 'committed', commit: stage.head() }]);
        expect(
          stage.git('log', '--format=%B', 'main').match(new RegExp(`Image-Release-Id: run-${skip}\\.`, 'g')),
        ).toHaveLength(1);
        expect(stage.ledger()?.message).toContain(`"commit":"${stage.head()}"`);
        if (stage.github.faults.pending().length === 0) continue;
        stage.github.faults.clear();
        expect(skip).toBeGreaterThan(6);
        return;
      }
    },
  );
});
