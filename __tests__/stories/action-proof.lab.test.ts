/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { run } from '../../src/lib/process.js';
import { viewRepository } from './registry-view.js';
import { kustomization, openShop, pods, type Shop, type ShopOptions } from './shop.js';

jest.setTimeout(120_000);

let shop: Shop;
afterEach(() => shop?.close());

const open = (files: Record<string, string>, deploy: object = { kustomization: 'overlays/*' }) =>
  openShop({ settings: { deploy }, files } satisfies ShopOptions);

/** Spoils the repository by one push, and expects a run to refuse it before anything is built. */
async function refusedFor(files: (prefix: string) => Record<string, string>) {
  await shop.push(files(shop.prefix));
  const before = await shop.origin('for-each-ref');
  const { main } = await shop.job();
  expect(main.exitCode).toBe(2);
  expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
  expect(main.log).not.toMatch(/COPY (?:greeting|page) /);
  for (const key of ['api', 'web']) expect(await viewRepository(`${shop.prefix}/${key}`).tags()).toEqual([]);
  expect(await shop.origin('for-each-ref')).toBe(before);
  return main;
}

test('of two overlays one does not build and one reaches nothing: both are told, and nothing is done', async () => {
  shop = await open({});
  const main = await refusedFor((prefix) => ({
    'overlays/eu/kustomization.yaml': kustomization(prefix, '../../k8s/pods.yaml, prices.yaml'),
    'overlays/us/kustomization.yaml': kustomization(prefix),
    'overlays/us/pods.yaml': pods({ api: 'api', web: 'webshop' }),
  }));
  expect(main.annotations).toMatchObject([
    { level: 'error', title: 'deploy/kustomize-rejects', file: 'overlays/eu/kustomization.yaml', line: 4 },
    { level: 'error', title: 'deploy/image-unmatched', file: 'overlays/us/kustomization.yaml', line: 12 },
  ]);
  expect(main.annotations[0]?.message).toContain('prices.yaml');
  for (const { file, line } of main.annotations) expect(main.summary).toContain(`${file}:${line}`);
});

test('an overlay that fails its build keeps the sound ones from being rolled out', async () => {
  shop = await open({});
  const main = await refusedFor((prefix) => ({
    'overlays/eu/kustomization.yaml': kustomization(prefix, '../../base'),
    'overlays/us/kustomization.yaml': kustomization(prefix, '../../base').replace(
      'images:',
      'patches: [{ path: replicas.yaml }]\nimages:',
    ),
    'overlays/us/replicas.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: nobody }\n',
    'base/kustomization.yaml': 'resources: [pods.yaml]\n',
    'base/pods.yaml': pods({ api: 'api', web: 'web' }),
  }));
  expect(main.annotations).toMatchObject([{ level: 'error', title: 'deploy/kustomize-rejects' }]);
  expect(main.annotations[0]?.message).toMatch(/overlays\/us\/kustomization\.yaml.*nobody/);
});

test('need 8: init containers and CronJobs get the image as well, in every overlay', async () => {
  const container = (name: string, image: string) => ({ name, image });
  const migrating = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'api' },
    spec: {
      selector: { matchLabels: { app: 'api' } },
      template: {
        metadata: { labels: { app: 'api' } },
        spec: { initContainers: [container('migrate', 'api')], containers: [container('serve', 'api')] },
      },
    },
  };
  const nightly = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly' },
    spec: {
      schedule: '0 3 * * *',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [container('report', 'web')] } } },
      },
    },
  };
  shop = await open({
    'base/kustomization.yaml': 'resources: [api.yaml, nightly.yaml]\n',
    'base/api.yaml': JSON.stringify(migrating),
    'base/nightly.yaml': JSON.stringify(nightly),
  });
  const overlay = kustomization(shop.prefix, '../../base');
  const commit = await shop.push({
    'overlays/eu/kustomization.yaml': overlay,
    'overlays/us/kustomization.yaml': overlay,
  });
  const { main } = await shop.job();
  expect({ exitCode: main.exitCode, annotations: main.annotations }).toEqual({
    exitCode: 0,
    annotations: [],
  });
  expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('1');
  expect(main.summary.match(/^### Deployed: /gm)).toHaveLength(2);

  await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
  const tag = `main-${commit.slice(0, 7)}`;
  for (const region of ['eu', 'us']) {
    const built = await run('kustomize', ['build', `overlays/${region}`], {
      cwd: shop.dir,
      env: process.env,
    });
    const images = [...built.stdout.toString().matchAll(/image: (\S+)/g)].map(([, image]) => image);
    expect(images.sort()).toEqual([
      `${shop.prefix}/api:${tag}`,
      `${shop.prefix}/api:${tag}`,
      `${shop.prefix}/web:${tag}`,
    ]);
  }
});
