/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { openShop, type Shop } from './shop.js';

jest.setTimeout(120_000);

const APPLICATION = 'argo/application.yaml';

let shop: Shop;
afterEach(() => shop?.close());

test('lesson 2: an Argo CD Application that overrides both images is told before the commit, line by line', async () => {
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
  const commit = await shop.git('rev-parse', 'HEAD');
  const told = [
    ['api:latest', 12],
    ['web:latest', 13],
  ].map(([written, line]) => ({
    level: 'warning',
    title: 'deploy/overridden',
    file: APPLICATION,
    line,
    message: expect.stringContaining(`the Argo CD Application shop sets ${written} instead`),
  }));

  const dry = (await shop.job({ inputs: { 'dry-run': 'true' } })).main;
  expect(dry.exitCode).toBe(0);
  expect(dry.annotations).toMatchObject(told);
  expect(await shop.origin('rev-parse', 'main')).toBe(commit);

  const { main } = await shop.job();
  expect(main.exitCode).toBe(0);
  expect(main.annotations).toMatchObject(told);
  expect(main.annotations).toHaveLength(told.length);
  expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['deploy-commit']);
  for (const [written, line] of [
    ['api:latest', 12],
    ['web:latest', 13],
  ]) {
    expect(main.summary).toMatch(new RegExp(`sets ${written} instead.*\`${APPLICATION}:${line}:\\d+\``));
  }
  expect(main.summary).toContain('Remove api:latest from spec.source.kustomize.images');
});
