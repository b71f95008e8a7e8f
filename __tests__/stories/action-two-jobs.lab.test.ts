/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { viewRepository } from './registry-view.js';
import { openShop, READ_TOKEN, TOKEN, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

jest.setTimeout(60_000);

let shop: Shop;
beforeAll(async () => (shop = await openShop()));
afterAll(() => shop.close());

const main = () => shop.origin('rev-parse', 'main');

test('a job whose token may not write is told so before anything is built', async () => {
  const before = await main();
  const { main: stage } = await shop.job({ token: READ_TOKEN });
  expect(stage.exitCode).toBe(1);
  expect(stage.annotations).toMatchObject([{ level: 'error', title: 'deploy/permission-denied' }]);
  expect(stage.annotations[0]?.message).toContain('contents: write');
  expect(stage.log).not.toMatch(/COPY (?:greeting|page) /);
  expect(await viewRepository(`${shop.prefix}/api`).tags()).toEqual([]);
  expect(await main()).toBe(before);
});

describe('need 11: build and deploy are two jobs with different permissions', () => {
  let published: string;

  test('the first publishes without contents: write, the second deploys without Docker what has changed', async () => {
    shop.github.requests.length = 0;
    const commit = await shop.git('rev-parse', 'HEAD');
    const build = await shop.job({ token: READ_TOKEN, inputs: { deploy: 'false' } });
    expect(build.main.exitCode).toBe(0);
    expect(build.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
    expect(await main()).toBe(commit);
    expect(shop.github.requests).toEqual([]);

    const deploy = await withoutDocker((env) =>
      shop.job({ token: TOKEN, env, inputs: { published: build.main.outputs['images'] ?? '' } }),
    );
    expect(deploy.main.log).not.toContain('##[error]');
    expect(deploy.main.exitCode).toBe(0);
    expect(deploy.main.outputs['deploy-commit']).toBe(await main());
    expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('1');
    const kustomization = await shop.origin('show', 'main:k8s/kustomization.yaml');
    const tag = `main-${commit.slice(0, 7)}`;
    expect(kustomization.match(new RegExp(tag, 'g'))).toHaveLength(2);
    expect(await shop.origin('log', '-1', '--format=%B', 'main')).toContain(`Image-Release-Source: ${commit}`);
    expect(deploy.leftovers).toEqual([]);

    const second = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
    const again = await shop.job({ token: READ_TOKEN, inputs: { deploy: 'false' } });
    published = again.main.outputs['images'] ?? '';
    expect(JSON.parse(published)).toMatchObject({ api: { status: 'unchanged' }, web: { status: 'built' } });
    const later = await withoutDocker((env) => shop.job({ token: TOKEN, env, inputs: { published } }));
    expect(later.main.exitCode).toBe(0);
    expect(await shop.origin('show', 'main:k8s/kustomization.yaml')).toBe(
      kustomization.replace(`newTag: '${tag}'`, `newTag: 'main-${second.slice(0, 7)}'`),
    );
  });

  test('what the first job published and somebody has moved since is not deployed', async () => {
    const images = JSON.parse(published) as Record<string, { digest: string }>;
    if (images['api']) images['api'].digest = `sha256:${'0'.repeat(64)}`;
    const before = await main();
    const deploy = await shop.job({ inputs: { published: JSON.stringify(images) } });
    expect(deploy.main.exitCode).toBe(1);
    expect(deploy.main.annotations).toMatchObject([{ level: 'error', title: 'deploy/not-pullable' }]);
    expect(await main()).toBe(before);
  });
});
