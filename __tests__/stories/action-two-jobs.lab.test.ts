/** @programs docker kustomize */
import { openShop, READ_TOKEN, tagOf, TOKEN, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

let shop: Shop;
beforeAll(async () => (shop = await openShop()));
afterAll(() => shop.close());

const main = () => shop.origin('rev-parse', 'main');

test('a token without `contents: write` stops the release before it builds', async () => {
  const before = await main();
  const { main: stage } = await shop.job({ token: READ_TOKEN });
  expect(stage.exitCode).toBe(1);
  expect(stage.annotations).toMatchObject([{ level: 'error', title: 'deploy/permission-denied' }]);
  expect(stage.annotations[0]?.message).toContain('contents: write');
  expect(stage.log).not.toMatch(/COPY (?:greeting|page) /);
  expect(await shop.tags('api')).toEqual([]);
  expect(await main()).toBe(before);
});

describe('build and deploy in two jobs with different permissions', () => {
  let published: string;

  test('the first job publishes without `contents: write`, the second deploys without Docker', async () => {
    shop.github.requests.length = 0;
    const commit = await shop.git('rev-parse', 'HEAD');
    const build = await shop.job({ token: READ_TOKEN, inputs: { deploy: 'false' } });
    expect(build.main.exitCode).toBe(0);
    expect(build.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
    expect(await main()).toBe(commit);
    expect(shop.github.requests).toEqual([]);
    published = build.main.outputs['images'] ?? '';

    const deploy = await withoutDocker((env) => shop.job({ token: TOKEN, env, inputs: { published } }));
    expect(deploy.main.log).not.toContain('##[error]');
    expect(deploy.main.exitCode).toBe(0);
    expect(deploy.main.outputs['deploy-commit']).toBe(await main());
    expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('1');
    expect(await shop.deployed()).toEqual([tagOf(commit), tagOf(commit)]);
    expect(await shop.origin('log', '-1', '--format=%B', 'main')).toContain(`Image-Release-Source: ${commit}`);
    expect(deploy.leftovers).toEqual([]);
  });

  test('the second job refuses to deploy if a tag no longer has the digest that the first job reported', async () => {
    const images = JSON.parse(published) as Record<string, { digest: string }>;
    if (images['api']) images['api'].digest = `sha256:${'0'.repeat(64)}`;
    const before = await main();
    const deploy = await shop.job({ inputs: { published: JSON.stringify(images) } });
    expect(deploy.main.exitCode).toBe(1);
    expect(deploy.main.annotations).toMatchObject([{ level: 'error', title: 'deploy/not-pullable' }]);
    expect(await main()).toBe(before);
  });
});
