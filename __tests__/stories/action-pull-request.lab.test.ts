/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { succeedCheck } from '../../testing/fake-github/merging.js';
import { viewRepository } from './registry-view.js';
import { openShop, REPOSITORY, type Shop } from './shop.js';
import { withoutLinks } from './summary-text.js';

jest.setTimeout(120_000);

const BRANCH = 'image-release-pr/main';
const tagOf = (commit: string) => `main-${commit.slice(0, 7)}`;

let shop: Shop;

async function tagsOn(branch: string): Promise<string[]> {
  const text = await shop.origin('show', `${branch}:k8s/kustomization.yaml`);
  return [...text.matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag = '']) => tag);
}
const pulls = () => shop.github.repository(REPOSITORY).pulls;
const head = (branch: string) => shop.origin('rev-parse', branch);

test('a pull request is opened, brought up to date by the next run, and merges when its checks turn green', async () => {
  const deploy = {
    kustomization: 'k8s',
    mode: 'pull-request',
    labels: ['deploy', 'shop'],
    'auto-merge': 'squash',
  };
  shop = await openShop({ settings: { deploy } });
  const repository = shop.github.repository(REPOSITORY);
  repository.rules.push({ branch: 'main', type: 'pull_request' }, { branch: 'main', type: 'required_status_checks' });
  const first = await shop.git('rev-parse', 'HEAD');

  const one = (await shop.job({ runId: '7000000001' })).main;
  expect({ exitCode: one.exitCode, annotations: one.annotations }).toEqual({ exitCode: 0, annotations: [] });
  expect(pulls()).toMatchObject([
    {
      number: 1,
      state: 'open',
      head: BRANCH,
      base: 'main',
      title: `Deploy api, web ${tagOf(first)}`,
      labels: ['deploy', 'shop'],
      autoMerge: { method: 'squash' },
    },
  ]);
  expect(one.outputs).toMatchObject({
    released: 'true',
    'pull-request-number': '1',
    'deploy-commit': await head(BRANCH),
  });
  expect(one.summary).toContain('## Published api and web. A pull request proposes the deployment.');
  expect(one.summary).toContain(`by [#1](${shop.github.url}/acme/app/pull/1)`);
  expect(withoutLinks(one.summary)).toContain(
    '### Merges when the rules allow: `k8s/kustomization.yaml` on `main` by #1',
  );
  expect(await head('main')).toBe(first);

  const second = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
  const two = (await shop.job({ runId: '7000000002' })).main;
  expect({ exitCode: two.exitCode, outputs: two.outputs }).toMatchObject({
    exitCode: 0,
    outputs: { 'pull-request-number': '1', 'deploy-commit': await head(BRANCH) },
  });
  expect(pulls()).toMatchObject([
    { number: 1, state: 'open', title: `Deploy api ${tagOf(first)}, web ${tagOf(second)}` },
  ]);
  expect(pulls()[0]?.body).toContain(tagOf(second));
  const change = `- ${second.slice(0, 7)} Change the shop (Acme developer)`;
  expect(pulls()[0]?.body).toContain(`\n\nSource of api, web, 1 commit since ${first.slice(0, 7)}:\n\n${change}\n`);
  expect(await tagsOn(BRANCH)).toEqual([tagOf(first), tagOf(second)]);
  expect(await head(`${BRANCH}^`)).toBe(second);

  const late = (await shop.job({ runId: '7000000001', workspace: await shop.checkOut(first) })).main;
  expect({ exitCode: late.exitCode, pullRequest: late.outputs['pull-request-number'] }).toEqual({
    exitCode: 0,
    pullRequest: '',
  });
  expect(late.summary).toContain('a newer release is deployed');
  expect(await tagsOn(BRANCH)).toEqual([tagOf(first), tagOf(second)]);

  expect(await head('main')).toBe(second);
  await succeedCheck(repository, await head(BRANCH));
  expect(pulls()).toMatchObject([{ number: 1, state: 'merged' }]);
  expect(await tagsOn('main')).toEqual([tagOf(first), tagOf(second)]);
  expect(await head('main^')).toBe(second);

  // The push of the merged pull request starts a run, which has nothing to do.
  await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
  const merged = (await shop.job({ runId: '7000000003' })).main;
  expect({ exitCode: merged.exitCode, released: merged.outputs['released'] }).toEqual({
    exitCode: 0,
    released: 'false',
  });
  expect(pulls()).toHaveLength(1);
  await shop.close();
});

describe('rules that refuse a direct commit', () => {
  beforeAll(async () => {
    shop = await openShop();
    shop.github.repository(REPOSITORY).rules.push({ branch: 'main', type: 'pull_request' });
  });
  afterAll(() => shop.close());

  test('stop a release before it builds, named with the mode that they allow', async () => {
    const before = await shop.origin('for-each-ref');
    const { main } = await shop.job();
    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([{ level: 'error', title: 'deploy/rules-refuse' }]);
    const [{ message } = { message: '' }] = main.annotations;
    expect(message).toContain('pull_request');
    expect(message).toContain('mode: pull-request');
    expect(main.summary).toContain('## Stopped by an error. Nothing was built, pushed, or deployed.');
    expect(await viewRepository(`${shop.prefix}/api`).tags()).toEqual([]);
    expect(writes()).toEqual([]);
    expect(await shop.origin('for-each-ref')).toBe(before);
  });

  test('where nobody says whether the token may pass them, the refusal is named after a single try', async () => {
    const before = await shop.origin('for-each-ref');
    shop.github.faults.push({
      match: { path: '/rulesets/' },
      fault: { type: '5xx-before', status: 500 },
      times: 4,
    });
    const { main } = await shop.job();
    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([
      { level: 'error', title: 'deploy/rules-refuse' },
      { level: 'warning', title: 'deploy/rules-refuse' },
    ]);
    expect(main.summary).toContain('## The images are published, but not deployed.');
    expect(main.outputs).toMatchObject({ 'deploy-commit': '', 'pull-request-number': '' });
    expect(writes().length).toBeLessThanOrEqual(1);
    expect(await shop.origin('for-each-ref')).toBe(before);
  });
});

/** What was asked of GitHub that moves a branch. */
function writes() {
  return shop.github.requests.filter(
    ({ operations }) => operations.includes('updateRefs') || operations.includes('createCommitOnBranch'),
  );
}
