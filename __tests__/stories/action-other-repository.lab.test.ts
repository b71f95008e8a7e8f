/** @programs docker kustomize */
import { git } from '../../testing/acme.js';
import { type RecordedRequest, tokenName } from '../../testing/fake-github/requests.js';
import { showLedger } from '../../testing/ledger-json.js';
import { startFakeGithub, type FakeGithub } from '../../testing/fake-github/server.js';
import {
  DONE,
  endOf,
  kustomization,
  openShop,
  pods,
  REPOSITORY,
  tagOf,
  tagsIn,
  TOKEN,
  type Shop,
  withoutLinks,
} from './shop.js';

const DEPLOY = 'acme/deploy';
/** Token of a GitHub App with access to both repositories; the job token has no access to the second. */
const DEPLOY_TOKEN = 'ghs_StoryTokenOfTheDeployApp135792468';
const LEDGER = 'refs/image-release/main';

const OWN = { kustomization: 'k8s' };
const OTHER = { kustomization: 'shop', repository: DEPLOY, branch: 'main' };

let shop: Shop;

/** Opens the shop and a second repository whose manifests use the same image names. */
const open = (deploy: object) =>
  openShop({
    settings: { deploy },
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

const dirOf = (name: string) => shop.github.repository(name).dir;
const refsOf = (dir: string) => git(dir, ['for-each-ref']);

const sentWith = (requests: readonly RecordedRequest[], token: string) =>
  requests.filter((request) => request.token === tokenName(token));

const run = { inputs: { 'deploy-token': DEPLOY_TOKEN }, secrets: [DEPLOY_TOKEN] };

describe('a second repository on the same server, written through its API', () => {
  beforeAll(async () => (shop = await open([OWN, OTHER])));
  afterAll(() => shop?.close());

  test('one release writes commit and ledger in both repositories, the second only with `deploy-token`', async () => {
    const commit = await shop.git('rev-parse', 'HEAD');
    const tag = tagOf(commit);
    shop.github.requests.length = 0;
    const job = await shop.job(run);
    const { main, leftovers } = job;
    expect(endOf(job)).toEqual(DONE);
    const deploy = dirOf(DEPLOY);
    expect(await tagsIn(shop.bare, 'k8s/kustomization.yaml')).toEqual([tag, tag]);
    expect(await tagsIn(deploy, 'shop/kustomization.yaml')).toEqual([tag, tag]);
    for (const dir of [shop.bare, deploy]) {
      expect(await git(dir, ['rev-list', '--count', 'main'])).toBe('2');
      expect(await git(dir, ['log', '-1', '--format=%B', 'main'])).toContain(`Image-Release-Source: ${commit}`);
      const ledger = await showLedger((...args) => git(dir, args));
      expect(ledger.images).toMatchObject({
        [`${shop.prefix}/api`]: {
          status: 'deployed',
          newest: { repository: REPOSITORY, commit },
          current: { tag, commit: await git(dir, ['rev-parse', 'main']) },
        },
      });
    }
    expect(withoutLinks(main.summary)).toContain('### Deployed: `k8s/kustomization.yaml` on `main` by');
    expect(withoutLinks(main.summary)).toContain(
      `### Deployed: \`shop/kustomization.yaml\` on \`main of ${DEPLOY}\` by`,
    );
    expect(leftovers).toEqual([]);

    const { requests } = shop.github;
    expect(sentWith(requests, DEPLOY_TOKEN).some(({ path }) => path.includes('/repos/acme/deploy'))).toBe(true);
    const own = sentWith(requests, TOKEN);
    expect(JSON.stringify(own)).not.toMatch(/acme\/deploy|"deploy"/);
    for (const token of [TOKEN, DEPLOY_TOKEN]) {
      expect(main.log + main.summary + JSON.stringify(main.outputs)).not.toContain(token);
    }
  });
});

describe('a second repository on another server, written with git', () => {
  let foreign: FakeGithub;
  /** Serves the bare directory of the second repository from another server. */
  beforeAll(async () => {
    shop = await open(OWN);
    const repository = { owner: 'platform', name: 'gitops', dir: dirOf(DEPLOY), defaultBranch: 'main' };
    foreign = await startFakeGithub({
      repositories: [{ ...repository, tokens: { [DEPLOY_TOKEN]: 'write' } }],
    });
    const config = JSON.parse(await shop.origin('show', 'main:image-release.yml')) as object;
    const deploy = [OWN, { ...OTHER, repository: foreign.cloneUrl('platform/gitops') }];
    await shop.push({ 'image-release.yml': JSON.stringify({ ...config, deploy }) });
    // Same configuration as after actions/checkout with `persist-credentials`.
    const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    await shop.git('config', `http.${shop.github.url}/.extraheader`, `AUTHORIZATION: basic ${basic}`);
  });
  afterAll(async () => {
    await foreign?.stop();
    await shop?.close();
  });

  test('receives no credentials without `deploy-token`; the release fails and pushes nothing', async () => {
    const before = [await refsOf(shop.bare), await refsOf(dirOf(DEPLOY))];
    const { main } = await shop.job();
    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([{ level: 'error', title: 'deploy/permission-denied' }]);
    expect(new Set(foreign.requests.map(({ token }) => token))).toEqual(new Set([undefined]));
    expect(await shop.tags('api')).toEqual([]);
    expect([await refsOf(shop.bare), await refsOf(dirOf(DEPLOY))]).toEqual(before);
  });

  test('receives the deployment with `deploy-token`, and never the job token', async () => {
    foreign.requests.length = 0;
    const job = await shop.job(run);
    const { main } = job;
    expect(endOf(job)).toEqual(DONE);
    const tag = tagOf(await shop.git('rev-parse', 'HEAD'));
    expect(await tagsIn(dirOf(DEPLOY), 'shop/kustomization.yaml')).toEqual([tag, tag]);
    expect(await git(dirOf(DEPLOY), ['log', '--format=%s', LEDGER])).toBe(`Deploy api, web ${tag}`);
    const tokens = new Set(foreign.requests.map(({ token }) => token));
    expect(tokens).toContain(tokenName(DEPLOY_TOKEN));
    expect(tokens).not.toContain(tokenName(TOKEN));
    expect(main.log + main.summary).not.toContain(DEPLOY_TOKEN);
  });
});
