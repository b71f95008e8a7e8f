/** @programs docker kustomize */
import { succeedCheck } from '../../testing/fake-github/merging.js';
import { DONE, endOf, openShop, REPOSITORY, tagOf, type Shop, withoutLinks } from './shop.js';

const BRANCH = 'image-release-pr/main';

let shop: Shop;

const pulls = () => shop.github.repository(REPOSITORY).pulls;
const head = (branch: string) => shop.origin('rev-parse', branch);

test('`mode: pull-request` opens a pull request, the next run updates it, and passing checks merge it', async () => {
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

  const job = await shop.job({ runId: '7000000001' });
  expect(endOf(job)).toEqual(DONE);
  const one = job.main;
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
  expect(await shop.deployed(BRANCH)).toEqual([tagOf(first), tagOf(second)]);
  expect(await head(`${BRANCH}^`)).toBe(second);

  expect(await head('main')).toBe(second);
  await succeedCheck(repository, await head(BRANCH));
  expect(pulls()).toMatchObject([{ number: 1, state: 'merged' }]);
  expect(await shop.deployed()).toEqual([tagOf(first), tagOf(second)]);
  expect(await head('main^')).toBe(second);
  await shop.close();
});

test('rules against direct commits stop the release before it builds; the error suggests `mode: pull-request`', async () => {
  shop = await openShop();
  shop.github.repository(REPOSITORY).rules.push({ branch: 'main', type: 'pull_request' });
  const before = await shop.refs();
  const { main } = await shop.job();
  expect(main.exitCode).toBe(1);
  expect(main.annotations).toMatchObject([{ level: 'error', title: 'deploy/rules-refuse' }]);
  const [{ message } = { message: '' }] = main.annotations;
  expect(message).toContain('pull_request');
  expect(message).toContain('mode: pull-request');
  expect(main.summary).toContain('## Stopped by an error. Nothing was built, pushed, or deployed.');
  expect(await shop.tags('api')).toEqual([]);
  expect(shop.github.requests.flatMap(({ operations }) => operations)).not.toContain('updateRefs');
  expect(await shop.refs()).toBe(before);
  await shop.close();
});
