/** @programs docker kustomize */
import { jest } from '@jest/globals';
import type { JobResult } from '../../testing/runner.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { pushEvent } from './events.js';
import { viewRepository } from './registry-view.js';
import { openShop, type Shop } from './shop.js';
import { withoutLinks } from './summary-text.js';

jest.setTimeout(120_000);

const LEDGER = 'refs/image-release/main';
const tagOf = (commit: string) => `main-${commit.slice(0, 7)}`;
const imagesOf = ({ main }: JobResult) => JSON.parse(main.outputs['images'] ?? '{}') as Record<string, ImageOutput>;
const statusesOf = (job: JobResult) =>
  Object.fromEntries(Object.entries(imagesOf(job)).map(([key, { status }]) => [key, status]));

/** What the deploy may move: branch and ledger. */
const refs = (shop: Shop) => shop.origin('for-each-ref', '--format=%(refname) %(objectname)');

async function deployedTags(shop: Shop): Promise<string[]> {
  const text = await shop.origin('show', 'main:k8s/kustomization.yaml');
  return [...text.matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag = '']) => tag);
}

async function ledgerOf(shop: Shop) {
  const { images } = JSON.parse(await shop.origin('show', `${LEDGER}:ledger.json`)) as {
    images: Record<string, { status: string; current: { tag: string }; newest: { commit: string } }>;
  };
  return Object.fromEntries(
    Object.entries(images).map(([image, { status, current, newest }]) => [
      image.slice(shop.prefix.length + 1),
      { status, tag: current.tag, newest: newest.commit },
    ]),
  );
}

const both = <T>(value: T) => ({ api: value, web: value });

describe('two pushes, of which the second is released first, and what follows', () => {
  let shop: Shop;
  let first: string;
  let second: string;
  let earlier: string;
  /** No ledger vouches for what was superseded: each run of it builds again, under a tag of its own. */
  const again = () => `${tagOf(first)}-r2`;
  let third: string;
  let published: string;
  let sixth: string;
  beforeAll(async () => {
    shop = await openShop();
    first = await shop.git('rev-parse', 'HEAD');
    second = await shop.push({
      'api/greeting': `second of ${shop.prefix}\n`,
      'web/page': `second of ${shop.prefix}\n`,
    });
    earlier = await shop.checkOut(first);
    const { main } = await shop.job({ runId: '7000000002' });
    if (main.exitCode !== 0) throw new Error(main.log);
  });
  afterAll(() => shop?.close());

  const late = (run: Parameters<Shop['job']>[0] = {}) => shop.job({ runId: '7000000001', workspace: earlier, ...run });

  test('an older run that finishes last leaves the newer tag: green, superseded, and it says what stays', async () => {
    const before = await refs(shop);
    const job = await late();
    const { main } = job;
    expect({ exitCode: main.exitCode, annotations: main.annotations }).toEqual({
      exitCode: 0,
      annotations: [],
    });
    expect(await refs(shop)).toBe(before);
    expect(await deployedTags(shop)).toEqual([tagOf(second), tagOf(second)]);
    expect(main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
    expect(statusesOf(job)).toEqual(both('superseded'));
    expect(main.summary).toContain('## Published api and web, but did not deploy: a newer release is deployed.');
    expect(withoutLinks(main.summary)).toContain(
      '### Superseded: `k8s/kustomization.yaml` on `main` keeps a newer release',
    );
    expect(main.summary).toContain(
      `api ${tagOf(first)} was not deployed: a newer release is deployed (${tagOf(second)}).`,
    );
    expect(main.summary).not.toContain('image-release rollback');
    expect(job.leftovers).toEqual([]);
  });

  test('allow-rollback deploys the older one, and says so in branch and ledger', async () => {
    const { main } = await late({ inputs: { 'allow-rollback': 'true' } });
    expect(main.exitCode).toBe(0);
    expect(main.outputs['deploy-commit']).toBe(await shop.origin('rev-parse', 'main'));
    expect(await deployedTags(shop)).toEqual([again(), again()]);
    expect(await ledgerOf(shop)).toEqual(both({ status: 'rolled-back', tag: again(), newest: second }));
  });

  test('which pins it: neither the run that was rolled back nor an older one undoes that', async () => {
    const before = await refs(shop);
    const job = await shop.job({
      runId: '7000000002',
      runAttempt: 2,
      workspace: await shop.checkOut(second),
    });
    expect({ exitCode: job.main.exitCode, statuses: statusesOf(job) }).toEqual({
      exitCode: 0,
      statuses: both('superseded'),
    });
    expect(job.main.summary).toContain(
      `was not deployed: it was rolled back, and only newer commits replace a rollback (${again()}).`,
    );
    expect(await refs(shop)).toBe(before);
  });

  test('a newer commit goes on as usual; the ledger reads as the history of releases', async () => {
    third = await shop.push({
      'api/greeting': `third of ${shop.prefix}\n`,
      'web/page': `third of ${shop.prefix}\n`,
    });
    const { main } = await shop.job({ runId: '7000000003' });
    expect(main.exitCode).toBe(0);
    published = main.outputs['images'] ?? '';
    expect(await ledgerOf(shop)).toEqual(both({ status: 'deployed', tag: tagOf(third), newest: third }));
    expect((await shop.origin('log', '--format=%s', LEDGER)).split('\n')).toEqual([
      `Deploy api, web ${tagOf(third)}`,
      `Deploy api, web ${again()}`,
      `Deploy api, web ${tagOf(second)}`,
    ]);
    const trailers = await shop.origin('log', '-1', '--format=%(trailers:only,unfold)', LEDGER);
    expect(trailers.split('\n')).toEqual(
      expect.arrayContaining([`Image-Release-Source: ${third}`, 'Image-Release-Run: 7000000003']),
    );
  });

  test('a newer run that finds nothing to change is recorded, and an older one after it is superseded', async () => {
    const mistake = await shop.push({ 'web/page': `a mistake in ${shop.prefix}\n` });
    const reverted = await shop.push({ 'web/page': `third of ${shop.prefix}\n` });
    const before = await shop.origin('rev-parse', 'main');

    // An earlier job found the images of the third commit to be those of the revert.
    const five = await shop.job({ runId: '7000000005', inputs: { published } });
    expect({ exitCode: five.main.exitCode, commit: five.main.outputs['deploy-commit'] }).toEqual({
      exitCode: 0,
      commit: '',
    });
    expect(five.main.summary).toContain('already deployed');
    expect(await ledgerOf(shop)).toEqual(both({ status: 'unchanged', tag: tagOf(third), newest: reverted }));

    const four = await shop.job({ runId: '7000000004', workspace: await shop.checkOut(mistake) });
    expect({ exitCode: four.main.exitCode, statuses: statusesOf(four) }).toEqual({
      exitCode: 0,
      statuses: both('superseded'),
    });
    expect(await shop.origin('rev-parse', 'main')).toBe(before);
    expect(await deployedTags(shop)).toEqual([tagOf(third), tagOf(third)]);
    expect((await shop.origin('log', '-2', '--format=%s', LEDGER)).split('\n')).toEqual([
      `Confirm api, web ${tagOf(third)}`,
      `Deploy api, web ${tagOf(third)}`,
    ]);
  });

  test('two images, one stale: the other still deploys', async () => {
    sixth = await shop.push({ 'api/greeting': `sixth of ${shop.prefix}\n` });
    const seventh = await shop.push({ 'web/page': `seventh of ${shop.prefix}\n` });
    const web = await shop.job({ runId: '7000000007', inputs: { images: 'web' } });
    expect(web.main.exitCode).toBe(0);

    const job = await shop.job({ runId: '7000000006', workspace: await shop.checkOut(sixth) });
    expect({ exitCode: job.main.exitCode, annotations: job.main.annotations }).toEqual({
      exitCode: 0,
      annotations: [],
    });
    expect(statusesOf(job)).toEqual({ api: 'built', web: 'superseded' });
    expect(await deployedTags(shop)).toEqual([tagOf(sixth), tagOf(seventh)]);
    expect(job.main.outputs['deploy-commit']).toBe(await shop.origin('rev-parse', 'main'));
    expect(job.main.summary).toContain(
      '## Published and deployed api. Did not deploy web: a newer release is deployed. web did not change.',
    );
    expect(await ledgerOf(shop)).toEqual({
      api: { status: 'deployed', tag: tagOf(sixth), newest: sixth },
      web: { status: 'deployed', tag: tagOf(seventh), newest: seventh },
    });
  });

  test('a commit on another line of history is refused before anything is built; allow-rollback lets it through', async () => {
    const workspace = await shop.checkOut(first);
    await shop.git(
      '-C',
      workspace,
      '-c',
      'user.name=Acme developer',
      '-c',
      'user.email=developer@acme.example',
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      'Go another way',
    );
    await shop.git('-C', workspace, 'push', '--quiet', shop.bare, 'HEAD:refs/heads/hotfix');
    const other = await shop.git('-C', workspace, 'rev-parse', 'HEAD');
    const before = await refs(shop);
    const tags = await viewRepository(`${shop.prefix}/api`).tags();
    const run = { runId: '7000000008', workspace, event: await pushEvent(workspace, 'hotfix') };

    const refused = await shop.job({ ...run, inputs: { deploy: 'true' } });
    expect(refused.main.exitCode).toBe(3);
    expect(refused.main.annotations.map(({ level, title, file }) => ({ level, title, file }))).toEqual([
      { level: 'error', title: 'deploy/order-unknown', file: 'image-release.yml' },
      { level: 'error', title: 'deploy/order-unknown', file: 'image-release.yml' },
    ]);
    const [{ message } = { message: '' }] = refused.main.annotations;
    for (const words of [other.slice(0, 12), sixth.slice(0, 12), 'neither is newer', 'allow-rollback']) {
      expect(message).toContain(words);
    }
    expect(refused.main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(await viewRepository(`${shop.prefix}/api`).tags()).toEqual(tags);
    expect(await refs(shop)).toBe(before);

    const allowed = await shop.job({ ...run, inputs: { deploy: 'true', 'allow-rollback': 'true' } });
    expect(allowed.main.exitCode).toBe(0);
    const tag = `hotfix-${other.slice(0, 7)}`;
    expect(await deployedTags(shop)).toEqual([tag, tag]);
  });
});
