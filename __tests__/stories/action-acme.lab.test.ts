/** @programs docker kustomize */
import { startFakeActionsCache, type FakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import type { JobResult } from '../../testing/runner.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { actionInputs } from '../repository/called-workflow.js';
import { viewRepository } from './registry-view.js';
import { imagesOf, openAcme, tagOf, type Shop } from './shop.js';

const IMAGES = [
  { key: 'api', name: 'acme-api' },
  { key: 'frontend', name: 'acme-frontend' },
];
const KUSTOMIZATION = 'k8s/kustomization.yml';

let cache: FakeActionsCache;
let shop: Shop;
let commit: string;
let result: JobResult;
let tag: string;
let images: Record<string, ImageOutput>;
let parentOfDeploy: string;

beforeAll(async () => {
  cache = await startFakeActionsCache();
  shop = await openAcme();
  commit = await shop.git('rev-parse', 'HEAD');
  tag = tagOf(commit);
  result = await shop.job({
    env: cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
    // As the reusable workflow passes them by default: equivalent to none.
    inputs: actionInputs({}),
    withoutPost: false,
  });
  if (result.main.exitCode !== 0) throw new Error(result.main.log);
  images = imagesOf(result);
  parentOfDeploy = await shop.origin('rev-parse', 'main^');
});
afterAll(async () => {
  await shop?.close();
  await cache?.stop();
});

test('a push to main publishes, deploys and reports both images, without annotations', () => {
  const { outputs, summary, annotations } = result.main;
  expect(outputs).toMatchObject({
    released: 'true',
    'deploy-commit': expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  expect(Object.keys(images)).toEqual(['api', 'frontend']);
  for (const { key, name } of IMAGES) {
    const image = `${shop.prefix}/${name}`;
    expect(images[key]).toMatchObject({
      image,
      tags: [tag, 'latest'],
      releaseTag: tag,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      ref: `${image}:${tag}@${images[key]?.digest}`,
      status: 'built',
      platforms: ['linux/amd64'],
    });
    expect(outputs[`${key}-digest`]).toBe(images[key]?.digest);
    expect(outputs[`${key}-ref`]).toBe(images[key]?.ref);
    expect(summary).toContain(`<code>sha256:<wbr>${images[key]?.digest?.slice(7, 13)}<wbr>`);
  }
  expect(JSON.parse(outputs['plan'] ?? '')).toMatchObject({
    source: { commit, ref: { type: 'branch', name: 'main' } },
    publish: { mode: 'push' },
    images: { api: { releaseTag: tag }, frontend: { releaseTag: tag } },
    deploy: [{ status: 'deploy', branch: 'main', images: ['api', 'frontend'] }],
  });
  expect(summary).toContain('## Published and deployed api and frontend.');
  expect(summary).toContain(`+    newTag: ${tag} # set by the release`);
  expect(annotations).toEqual([]);
});

test('the run leaves no files or processes on the runner, and the post step logs nothing', () => {
  expect(result.leftovers).toEqual([]);
  expect(result.main.orphans).toEqual([]);
  expect(result.post).toMatchObject({ exitCode: 0, log: '', orphans: [] });
});

describe.each(IMAGES)('$name in the registry', ({ key, name }) => {
  test('has exactly the reported tags, each with the reported digest', async () => {
    expect(await shop.tags(name)).toEqual(['latest', tag]);
    for (const each of [tag, 'latest']) expect(await shop.digest(name, each)).toBe(images[key]?.digest);
  });

  test('has provenance with source and commit, and an SBOM (api: with express), for its only platform', async () => {
    const view = viewRepository(`${shop.prefix}/${name}`);
    const index = await view.manifest(tag);
    const platforms = (index?.manifests ?? []).filter(({ platform }) => platform?.os !== 'unknown');
    expect(platforms).toHaveLength(1);
    const statements = await view.statements(tag);
    const predicates = Object.fromEntries(
      statements.map(({ of, statement }) => {
        expect(of).toBe(platforms[0]?.digest);
        expect(statement.subject.map(({ digest }) => `sha256:${digest.sha256}`)).toEqual([of]);
        return [statement.predicateType, statement.predicate];
      }),
    );
    expect(Object.keys(predicates).sort()).toEqual(['https://slsa.dev/provenance/v0.2', 'https://spdx.dev/Document']);
    const { metadata } = predicates['https://slsa.dev/provenance/v0.2'];
    expect(metadata['https://mobyproject.org/buildkit@v1#metadata'].vcs).toMatchObject({
      source: `${shop.github.url}/acme/app`,
      revision: commit,
    });
    if (key === 'api')
      expect(predicates['https://spdx.dev/Document'].packages).toContainEqual(
        expect.objectContaining({ name: 'express', versionInfo: expect.stringMatching(/^5\.\d+\.\d+$/) }),
      );
  });

  test('can be pulled by the output `ref`, and has labels with its title, source, commit and release tag', async () => {
    const ref = images[key]?.ref ?? '';
    await shop.docker('pull', '--quiet', ref);
    const labels = await shop.docker('image', 'inspect', '--format', '{{json .Config.Labels}}', ref);
    await shop.docker('rmi', ref);
    expect(JSON.parse(labels)).toMatchObject({
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.source': `${shop.github.url}/acme/app`,
      'org.opencontainers.image.revision': commit,
      'org.opencontainers.image.version': tag,
    });
  });
});

describe('the deploy commit', () => {
  test('is the child of the pushed commit, and the output `deploy-commit` names it', async () => {
    expect(parentOfDeploy).toBe(commit);
    expect(await shop.origin('rev-parse', 'main')).toBe(result.main.outputs['deploy-commit']);
  });

  test('changes exactly the two `newTag` lines, to the published release tag', async () => {
    const diff = await shop.origin('diff', '--unified=0', 'main^', 'main');
    const changed = diff.split('\n').filter((line) => /^[-+]/.test(line));
    expect(changed).toEqual([
      `--- a/${KUSTOMIZATION}`,
      `+++ b/${KUSTOMIZATION}`,
      '-    newTag: main-0000000 # set by the release',
      `+    newTag: ${tag} # set by the release`,
      '-    newTag: main-0000000 # set by the release',
      `+    newTag: ${tag} # set by the release`,
    ]);
  });

  test('is verified, authored by github-actions[bot], and names images, tags, source commit and run', async () => {
    const response = await fetch(`${shop.github.apiUrl}/repos/acme/app/commits/main`);
    const { commit: shown } = (await response.json()) as {
      commit: { message: string; verification: { verified: boolean }; author: { name: string } };
    };
    expect(shown.verification.verified).toBe(true);
    expect(shown.author.name).toBe('github-actions[bot]');
    expect(shown.message).toMatch(
      new RegExp(`^Deploy api, frontend ${tag}\n\n(api|frontend): .*main-0000000 → ${tag}\n`),
    );
    const trailers = await shop.origin('log', '-1', '--format=%(trailers:only,unfold)', 'main');
    expect(trailers.trim().split('\n')).toEqual([
      `Image-Release-Source: ${commit}`,
      'Image-Release-Run: 7000000001',
      expect.stringMatching(/^Image-Release-Id: \S+$/),
      `Argocd-reference-commit-repourl: ${shop.github.url}/acme/app`,
      `Argocd-reference-commit-sha: ${commit}`,
      'Argocd-reference-commit-author: Acme developer <developer@acme.example>',
      expect.stringMatching(/^Argocd-reference-commit-date: \d{4}-\d\d-\d\dT/),
      'Argocd-reference-commit-subject: Start Acme',
    ]);
  });
});

test('a second run of the same commit reports both images as unchanged and commits nothing', async () => {
  const before = await shop.origin('rev-parse', 'main');
  const again = await shop.job({ runId: '7000000002' });
  expect(again.main.exitCode).toBe(0);
  expect(await shop.origin('rev-parse', 'main')).toBe(before);
  expect(again.main.outputs['deploy-commit']).toBe('');
  const unchanged = { status: 'unchanged', releaseTag: tag, builtFrom: commit };
  expect(imagesOf(again)).toMatchObject({
    api: { ...unchanged, digest: images['api']?.digest },
    frontend: { ...unchanged, digest: images['frontend']?.digest },
  });
  expect(again.main.summary).toContain('## Nothing to do: api and frontend did not change.');
});
