/** @programs docker kustomize */
import { git } from '../../testing/acme.js';
import { showLedger } from '../../testing/ledger-json.js';
import { dispatchEvent, pullRequestEvent } from './events.js';
import { DONE, endOf, imagesOf, kustomization, openShop, pods, REPOSITORY, tagOf, tagsIn, type Shop } from './shop.js';

const DEPLOY = 'acme/deploy';
const DEPLOY_TOKEN = 'ghs_StoryTokenOfTheDeployApp135792468';
const PODS = pods({ api: 'api', web: 'web' });

/** Releases deploy to staging. Promotions deploy to production in another repository, or to canary by pull request. */
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({
    settings: {
      deploy: [
        { kustomization: 'k8s', channel: 'staging' },
        { kustomization: 'shop', repository: DEPLOY, branch: 'main', channel: 'production', when: 'promoted' },
        { kustomization: 'canary', channel: 'canary', when: 'promoted', mode: 'pull-request' },
      ],
    },
    files: { 'canary/pods.yaml': PODS },
    tokens: { [DEPLOY_TOKEN]: 'write' },
    beside: {
      [DEPLOY]: {
        files: (prefix) => ({ 'shop/kustomization.yaml': kustomization(prefix), 'shop/pods.yaml': PODS }),
        tokens: { [DEPLOY_TOKEN]: 'write' },
      },
    },
  });
  await shop.push({ 'canary/kustomization.yaml': kustomization(shop.prefix) });
});
afterAll(() => shop.close());

const other = () => shop.github.repository(DEPLOY).dir;
const production = () => tagsIn(other(), 'shop/kustomization.yaml');
const run = { inputs: { 'deploy-token': DEPLOY_TOKEN }, secrets: [DEPLOY_TOKEN] };

/** A manual promotion, like the run of an approved job with an environment. */
const approved = async (inputs: Record<string, string>) =>
  shop.job({ ...run, event: await dispatchEvent(shop.dir), inputs: { ...run.inputs, promote: 'staging', ...inputs } });

test('a push deploys to staging, and the approved run deploys the same digests to the other repository', async () => {
  const commit = await shop.git('rev-parse', 'HEAD');
  const before = await production();
  expect(endOf(await shop.job(run))).toEqual(DONE);
  expect([await shop.deployed(), await production()]).toEqual([[tagOf(commit), tagOf(commit)], before]);

  const job = await approved({ channel: 'production' });
  expect(endOf(job)).toEqual(DONE);
  expect(await production()).toEqual(await shop.deployed());
  expect(job.main.outputs).toMatchObject({ released: 'false', 'deploy-commit': expect.stringMatching(/^\w{40}$/) });
  expect(job.main.summary).toContain('## Promoted api and web from staging to production.');
  const ledger = async (dir: string, channel: string) => {
    const { images } = await showLedger((...args) => git(dir, args), channel);
    return Object.values(images).map(({ current }) => ({ ...current, at: '', commit: '' }));
  };
  expect(await ledger(other(), 'production')).toEqual(await ledger(shop.bare, 'staging'));
});

test('promotes one image alone, and its deploy commit lists the source commits and the Argo CD trailers', async () => {
  const [before] = await production();
  const commit = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
  expect((await shop.job(run)).main.exitCode).toBe(0);
  expect((await approved({ images: 'web', channel: 'production' })).main.exitCode).toBe(0);
  expect(await production()).toEqual([before, tagOf(commit)]);
  // Checkouts of jobs are usually shallow, so the source commits come from GitHub.
  const message = await git(other(), ['log', '-1', '--format=%B', 'main']);
  expect(message).toMatch(/^Source of web, 1 commit since \w{7}:\n- \w{7} [^\n]*\n\n/m);
  expect(message).toContain(`Argocd-reference-commit-sha: ${commit}\n`);
  expect(message).toContain(`Argocd-reference-commit-repourl: ${shop.github.url}/acme/app\n`);
});

test('opens a pull request to promote to a channel with `mode: pull-request`', async () => {
  await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
  const { main } = await approved({ channel: 'canary' });
  expect(main.exitCode).toBe(0);
  expect(main.summary).toContain('## A pull request proposes to promote api and web from staging to canary.');
  const [pull] = shop.github.repository(REPOSITORY).pulls;
  expect(pull).toMatchObject({ state: 'open', base: 'main', head: 'image-release-pr/canary' });
});

test('a complete preview gives both images the pull request tag, without rebuilding the unchanged one', async () => {
  await shop.git('checkout', '--quiet', '-b', 'round-prices');
  const commit = await shop.push({ 'web/page': `rounded of ${shop.prefix}\n` });
  const preview = async (inputs: Record<string, string>) =>
    shop.job({ ...run, event: await pullRequestEvent(shop.dir, 'repository'), inputs: { push: 'true', ...inputs } });
  const part = (await preview({ images: 'web' })).main;
  expect({ exitCode: part.exitCode, complete: part.outputs['complete'] }).toEqual({ exitCode: 0, complete: 'false' });

  const whole = await preview({});
  expect(whole.main.exitCode).toBe(0);
  expect(whole.main.outputs['complete']).toBe('true');
  const images = imagesOf(whole);
  expect(images['api']!.status).toBe('unchanged');
  const tag = `pr-15-${commit.slice(0, 7)}`;
  for (const key of ['api', 'web']) {
    expect(images[key]!.tags).toContain(tag);
    expect(await shop.tags(key)).toContain(tag);
  }
});
