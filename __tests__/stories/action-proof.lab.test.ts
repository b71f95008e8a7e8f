/** @programs docker kustomize */
import { run } from '../../src/lib/process.js';
import { DONE, endOf, kustomization, openShop, pods, tagOf, type Shop } from './shop.js';

let shop: Shop;
afterEach(() => shop?.close());

const DEPLOY = { deploy: { kustomization: 'overlays/*' } };

test('reports a broken overlay together with an unmatched image, and builds and publishes nothing', async () => {
  shop = await openShop({ settings: DEPLOY });
  await shop.push({
    'overlays/eu/kustomization.yaml': kustomization(shop.prefix, '../../k8s/pods.yaml, prices.yaml'),
    'overlays/us/kustomization.yaml': kustomization(shop.prefix),
    'overlays/us/pods.yaml': pods({ api: 'api', web: 'webshop' }),
  });
  const before = await shop.refs();
  const { main } = await shop.job();
  expect(main.exitCode).toBe(2);
  expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
  expect(main.log).not.toMatch(/COPY (?:greeting|page) /);
  for (const key of ['api', 'web']) expect(await shop.tags(key)).toEqual([]);
  expect(await shop.refs()).toBe(before);
  expect(main.annotations).toMatchObject([
    { level: 'error', title: 'deploy/kustomize-rejects', file: 'overlays/eu/kustomization.yaml', line: 4 },
    { level: 'error', title: 'deploy/image-unmatched', file: 'overlays/us/kustomization.yaml', line: 12 },
  ]);
  expect(main.annotations[0]?.message).toContain('prices.yaml');
  for (const { file, line } of main.annotations) expect(main.summary).toContain(`${file}:${line}`);
});

test('one commit updates the images of init containers and CronJobs in every overlay', async () => {
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
  shop = await openShop({
    settings: DEPLOY,
    files: {
      'base/kustomization.yaml': 'resources: [api.yaml, nightly.yaml]\n',
      'base/api.yaml': JSON.stringify(migrating),
      'base/nightly.yaml': JSON.stringify(nightly),
    },
  });
  const overlay = kustomization(shop.prefix, '../../base');
  const commit = await shop.push({
    'overlays/eu/kustomization.yaml': overlay,
    'overlays/us/kustomization.yaml': overlay,
  });
  const job = await shop.job();
  expect(endOf(job)).toEqual(DONE);
  expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('1');
  expect(job.main.summary.match(/^### Deployed: /gm)).toHaveLength(2);

  await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
  const tag = tagOf(commit);
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

const APPLICATION = 'argo/application.yaml';

test('deploys, but warns with the line of each image that an Argo CD Application overrides', async () => {
  shop = await openShop({
    files: {
      [APPLICATION]: `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  project: default
  source:
    repoURL: https://git.example.org/acme/app.git
    targetRevision: HEAD
    path: k8s
    kustomize:
      images:
        - api:latest
        - web:latest
  destination: { server: https://kubernetes.default.svc, namespace: shop }
`,
    },
  });
  const overrides = [
    ['api:latest', 12],
    ['web:latest', 13],
  ] as const;
  const told = overrides.map(([written, line]) => ({
    level: 'warning',
    title: 'deploy/overridden',
    file: APPLICATION,
    line,
    message: expect.stringContaining(`the Argo CD Application shop sets ${written} instead`),
  }));

  const { main } = await shop.job();
  expect(main.exitCode).toBe(0);
  expect(main.annotations).toMatchObject(told);
  expect(main.annotations).toHaveLength(told.length);
  expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['deploy-commit']);
  for (const [written, line] of overrides) {
    expect(main.summary).toMatch(new RegExp(`sets ${written} instead.*\`${APPLICATION}:${line}:\\d+\``));
  }
  expect(main.summary).toContain('Remove api:latest from spec.source.kustomize.images');
});
