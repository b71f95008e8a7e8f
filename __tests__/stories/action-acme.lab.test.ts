/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { startFakeActionsCache, type FakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import type { JobResult } from '../../testing/runner.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { viewRepository } from './registry-view.js';
import { openAcme, type Shop } from './shop.js';

jest.setTimeout(120_000);

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
  tag = `main-${commit.slice(0, 7)}`;
  result = await shop.job({
    env: cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
    withoutPost: false,
  });
  if (result.main.exitCode !== 0) throw new Error(result.main.log);
  images = JSON.parse(result.main.outputs['images'] ?? '{}') as typeof images;
  parentOfDeploy = await shop.origin('rev-parse', 'main^');
});
afterAll(async () => {
  await shop?.close();
  await cache?.stop();
});

const view = (name: string) => viewRepository(`${shop.prefix}/${name}`);
const inspect = (reference: string, format: string) =>
  shop.docker('buildx', 'imagetools', 'inspect', reference, '--format', format);

test('a push to main publishes both images and says where: outputs, summary, no annotation', () => {
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

test('nothing is left on the runner, and post has nothing to say', () => {
  expect(result.leftovers).toEqual([]);
  expect(result.main.orphans).toEqual([]);
  expect(result.post).toMatchObject({ exitCode: 0, log: '', orphans: [] });
});

describe.each(IMAGES)('$name in the registry', ({ key, name }) => {
  test('has exactly the tags that were announced, all at the digest of the output', async () => {
    expect(await view(name).tags()).toEqual(['latest', tag]);
    for (const each of [tag, 'latest']) {
      expect((await view(name).manifest(each))?.digest).toBe(images[key]?.digest);
    }
  });

  test('shows platform and attestation to `docker buildx imagetools inspect`', async () => {
    for (const each of [tag, 'latest']) {
      const shown = await shop.docker('buildx', 'imagetools', 'inspect', `${shop.prefix}/${name}:${each}`);
      expect(shown).toContain(`Digest:    ${images[key]?.digest}`);
      expect(shown).toMatch(/Platform:\s+linux\/amd64/);
      expect(shown).toMatch(/vnd\.docker\.reference\.type:\s+attestation-manifest/);
    }
  });

  test('lesson 12: the output `ref` can be pulled as it is', async () => {
    await shop.docker('pull', '--quiet', images[key]?.ref ?? '');
    await shop.docker('rmi', images[key]?.ref ?? '');
  });

  test('is attested: every subject is the platform it is attached to', async () => {
    const index = await view(name).manifest(tag);
    const platforms = (index?.manifests ?? []).filter(({ platform }) => platform?.os !== 'unknown');
    const statements = await view(name).statements(tag);
    expect(platforms).toHaveLength(1);
    expect(statements.map(({ statement }) => statement.predicateType).sort()).toEqual([
      'https://slsa.dev/provenance/v0.2',
      'https://spdx.dev/Document',
    ]);
    for (const { of, statement } of statements) {
      expect(of).toBe(platforms[0]?.digest);
      expect(statement.subject.map(({ digest }) => `sha256:${digest.sha256}`)).toEqual([of]);
    }
  });

  test('has provenance that names the source repository and the commit', async () => {
    const provenance = JSON.parse(
      await inspect(`${shop.prefix}/${name}:${tag}`, '{{json .Provenance.SLSA}}'),
    ) as Record<string, Record<string, { vcs?: object }>>;
    expect(provenance['metadata']?.['https://mobyproject.org/buildkit@v1#metadata']?.vcs).toMatchObject({
      source: `${shop.github.url}/acme/app`,
      revision: commit,
    });
  });

  test('lesson 14: is labelled with its own title, the source and the commit', async () => {
    const image = JSON.parse(await inspect(`${shop.prefix}/${name}:${tag}`, '{{json .Image}}')) as {
      config: { Labels: Record<string, string> };
    };
    expect(image.config.Labels).toMatchObject({
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.source': `${shop.github.url}/acme/app`,
      'org.opencontainers.image.revision': commit,
      'org.opencontainers.image.version': tag,
    });
  });
});

test('the SBOM lists express with its version', async () => {
  const sbom = JSON.parse(await inspect(`${shop.prefix}/acme-api:${tag}`, '{{json .SBOM.SPDX}}')) as {
    packages: { name: string; versionInfo: string }[];
  };
  expect(sbom.packages.find(({ name }) => name === 'express')?.versionInfo).toMatch(/^5\.\d+\.\d+$/);
});

describe('the deploy commit', () => {
  test('follows the pushed commit and is the one of the output', async () => {
    expect(parentOfDeploy).toBe(commit);
    expect(await shop.origin('rev-parse', 'main')).toBe(result.main.outputs['deploy-commit']);
  });

  test('lesson 1: changes exactly the two tags, to the tag that the registry has', async () => {
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

  test('is verified, by the bot, and says what it rolls out and why', async () => {
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

test('a second run of the same commit builds nothing, moves nothing and commits nothing', async () => {
  const before = await shop.origin('rev-parse', 'main');
  const again = await shop.job({ runId: '7000000002' });
  expect(again.main.exitCode).toBe(0);
  expect(await shop.origin('rev-parse', 'main')).toBe(before);
  expect(again.main.outputs['deploy-commit']).toBe('');
  const { api, frontend } = images;
  expect(JSON.parse(again.main.outputs['images'] ?? '')).toMatchObject({
    api: { status: 'unchanged', releaseTag: tag, digest: api?.digest, builtFrom: commit },
    frontend: { status: 'unchanged', releaseTag: tag, digest: frontend?.digest, builtFrom: commit },
  });
  expect(again.main.summary).toContain('## Nothing to do: api and frontend did not change.');
});
