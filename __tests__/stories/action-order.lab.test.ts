/** @programs docker kustomize */
import { showLedger } from '../../testing/ledger-json.js';
import type { JobResult } from '../../testing/runner.js';
import { DONE, endOf, imagesOf, openShop, tagOf, type Shop, withoutLinks } from './shop.js';

const LEDGER = 'refs/image-release/main';
const statusesOf = (job: JobResult) =>
  Object.fromEntries(Object.entries(imagesOf(job)).map(([key, { status }]) => [key, status]));

async function ledgerOf(shop: Shop) {
  const { images } = await showLedger(shop.origin);
  return Object.fromEntries(
    Object.entries(images).map(([image, { status, current, newest }]) => [
      image.slice(shop.prefix.length + 1),
      { status, tag: current.tag, newest: newest.commit },
    ]),
  );
}

const both = <T>(value: T) => ({ api: value, web: value });

describe('two pushes, of which the newer one is released first', () => {
  let shop: Shop;
  let first: string;
  let second: string;
  let earlier: string;
  /** No ledger confirms superseded images, so another run rebuilds them under a new release tag. */
  const again = () => `${tagOf(first)}-r2`;
  let third: string;
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

  test('an older run that finishes last succeeds, changes no ref, and reports its images as superseded', async () => {
    const before = await shop.refs();
    const job = await late();
    const { main } = job;
    expect(endOf(job)).toEqual(DONE);
    expect(await shop.refs()).toBe(before);
    expect(await shop.deployed()).toEqual([tagOf(second), tagOf(second)]);
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

  test('allow-rollback deploys the older release, and the ledger records a rollback', async () => {
    const { main } = await late({ inputs: { 'allow-rollback': 'true' } });
    expect(main.exitCode).toBe(0);
    expect(main.outputs['deploy-commit']).toBe(await shop.origin('rev-parse', 'main'));
    expect(await shop.deployed()).toEqual([again(), again()]);
    expect(await ledgerOf(shop)).toEqual(both({ status: 'rolled-back', tag: again(), newest: second }));
  });

  test('a newer commit is deployed after the rollback, and the ledger log lists all three deployments', async () => {
    third = await shop.push({
      'api/greeting': `third of ${shop.prefix}\n`,
      'web/page': `third of ${shop.prefix}\n`,
    });
    const { main } = await shop.job({ runId: '7000000003' });
    expect(main.exitCode).toBe(0);
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
});
