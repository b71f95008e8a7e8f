/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { git } from '../../testing/acme.js';
import { pullRequestEvent, dispatchEvent } from './events.js';
import { viewRepository } from './registry-view.js';
import { kustomization, openShop, pods, REPOSITORY, type Shop } from './shop.js';

jest.setTimeout(180_000);

const DEPLOY = 'acme/deploy';
const DEPLOY_TOKEN = 'ghs_StoryTokenOfTheDeployApp135792468';
const tagOf = (commit: string) => `main-${commit.slice(0, 7)}`;

let shop: Shop;

async function tagsIn(dir: string, path: string): Promise<string[]> {
  const text = await git(dir, ['show', `main:${path}`]);
  return [...text.matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag = '']) => tag);
}

/** A run by hand, as the job with `environment: production` starts once somebody has approved it. */
const approved = async (inputs: Record<string, string> = {}) => {
  const { main } = await shop.job({
    event: await dispatchEvent(shop.dir),
    inputs: { promote: 'staging', channel: 'production', ...inputs },
    secrets: [DEPLOY_TOKEN],
  });
  return main;
};

describe('staging first, production after an approval', () => {
  beforeAll(async () => {
    shop = await openShop({
      settings: {
        deploy: [
          { kustomization: 'k8s', channel: 'staging' },
          { kustomization: 'shop', repository: DEPLOY, branch: 'main', channel: 'production', when: 'promoted' },
        ],
      },
      tokens: { [DEPLOY_TOKEN]: 'write' },
      beside: {
        [DEPLOY]: {
          files: (prefix) => ({
            'shop/kustomization.yaml': kustomization(prefix),
            'shop/pods.yaml': pods({ api: 'api', web: 'web' }),
          }),
          tokens: { [DEPLOY_TOKEN]: 'write' },
        },
      },
    });
  });
  afterAll(() => shop.close());
  const production = () => tagsIn(shop.github.repository(DEPLOY).dir, 'shop/kustomization.yaml');
  const staging = () => tagsIn(shop.bare, 'k8s/kustomization.yaml');

  test('a push deploys to staging, and the approved run deploys the same digests to the other repository', async () => {
    const commit = await shop.git('rev-parse', 'HEAD');
    const before = await production();
    const { main } = await shop.job({ inputs: { 'deploy-token': DEPLOY_TOKEN }, secrets: [DEPLOY_TOKEN] });
    expect({ exitCode: main.exitCode, staging: await staging(), production: await production() }).toEqual({
      exitCode: 0,
      staging: [tagOf(commit), tagOf(commit)],
      production: before,
    });

    const run = await approved({ 'deploy-token': DEPLOY_TOKEN });
    expect({ exitCode: run.exitCode, annotations: run.annotations }).toEqual({ exitCode: 0, annotations: [] });
    expect(await production()).toEqual(await staging());
    expect(run.outputs).toMatchObject({ released: 'false', 'deploy-commit': expect.stringMatching(/^\w{40}$/) });
    expect(run.summary).toContain('## Promoted api and web from staging to production.');
    const ledger = async (dir: string, channel: string) => {
      const text = await git(dir, ['show', `refs/image-release/${channel}:ledger.json`]);
      const images = Object.values((JSON.parse(text) as { images: Record<string, { current: object }> }).images);
      return images.map(({ current }) => ({ ...current, at: '', commit: '' }));
    };
    expect(await ledger(shop.github.repository(DEPLOY).dir, 'production')).toEqual(await ledger(shop.bare, 'staging'));
  });

  test('one image of the next release is promoted', async () => {
    const [before] = await production();
    const commit = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
    expect((await shop.job({ inputs: { 'deploy-token': DEPLOY_TOKEN }, secrets: [DEPLOY_TOKEN] })).main.exitCode).toBe(
      0,
    );
    expect((await approved({ images: 'web', 'deploy-token': DEPLOY_TOKEN })).exitCode).toBe(0);
    expect(await production()).toEqual([before, tagOf(commit)]);
    // The checkout of a job ends at its commit: GitHub is asked for those before.
    const message = await git(shop.github.repository(DEPLOY).dir, ['log', '-1', '--format=%B', 'main']);
    expect(message).toMatch(/^Source of web, 1 commit since \w{7}:\n- \w{7} [^\n]*\n\n/m);
    expect(message).toContain(`Argocd-reference-commit-sha: ${commit}\n`);
    expect(message).toContain(`Argocd-reference-commit-repourl: ${shop.github.url}/acme/app\n`);
  });

  test('a promotion without its second channel is refused before anything is read', async () => {
    const run = await approved({ channel: '' });
    expect(run.exitCode).toBe(2);
    expect(run.annotations).toMatchObject([{ level: 'error', title: 'input/conflict' }]);
  });
});

test('a promotion can be proposed by a pull request', async () => {
  shop = await openShop({
    settings: {
      deploy: [
        { kustomization: 'k8s', channel: 'staging' },
        { kustomization: 'production', channel: 'production', when: 'promoted', mode: 'pull-request' },
      ],
    },
    files: { 'production/pods.yaml': pods({ api: 'api', web: 'web' }) },
  });
  await shop.push({ 'production/kustomization.yaml': kustomization(shop.prefix) });
  expect((await shop.job()).main.exitCode).toBe(0);
  await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
  const run = await approved();
  expect(run.exitCode).toBe(0);
  expect(run.summary).toContain('## A pull request proposes to promote api and web from staging to production.');
  const [pull] = shop.github.repository(REPOSITORY).pulls;
  expect(pull).toMatchObject({ state: 'open', base: 'main', head: 'image-release-pr/production' });
  await shop.close();
});

test('a preview: both images of a pull request get its tag, the one that did not change is not built', async () => {
  shop = await openShop();
  expect((await shop.job()).main.exitCode).toBe(0);
  await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
  await shop.git('checkout', '--quiet', '-b', 'round-prices');
  const commit = await shop.push({ 'web/page': `rounded of ${shop.prefix}\n` });
  const preview = async (inputs: Record<string, string>) => {
    const event = await pullRequestEvent(shop.dir, 'repository');
    return (await shop.job({ event, inputs: { push: 'true', ...inputs } })).main;
  };
  const part = await preview({ images: 'web' });
  expect({ exitCode: part.exitCode, complete: part.outputs['complete'] }).toEqual({ exitCode: 0, complete: 'false' });

  const whole = await preview({});
  expect({ exitCode: whole.exitCode, complete: whole.outputs['complete'] }).toEqual({ exitCode: 0, complete: 'true' });
  const images = JSON.parse(whole.outputs['images']!) as Record<string, { status: string; tags: string[] }>;
  expect(images['api']!.status).toBe('unchanged');
  const tag = `pr-15-${commit.slice(0, 7)}`;
  for (const key of ['api', 'web']) {
    expect(images[key]!.tags).toContain(tag);
    expect(await viewRepository(`${shop.prefix}/${key}`).tags()).toContain(tag);
  }
  await shop.close();
});
