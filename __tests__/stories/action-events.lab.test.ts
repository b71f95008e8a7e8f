/** @programs docker kustomize */
import type { RunEvent } from '../../testing/runner/environment.js';
import { dispatchEvent, pullRequestEvent, tagEvent } from './events.js';
import { imagesOf, openShop, tagOf, type Shop } from './shop.js';

const KEYS = ['api', 'web'];
let shop: Shop;

describe('in a repository with releases', () => {
  let runs = 7_000_000_000;
  beforeAll(async () => (shop = await openShop()));
  afterAll(() => shop.close());

  test.each<{
    happens: string;
    event: (dir: string) => Promise<RunEvent>;
    releaseTag: (commit: string) => string;
    tags: (commit: string) => string[];
  }>([
    {
      happens: 'a manual run',
      event: dispatchEvent,
      releaseTag: (commit) => tagOf(commit),
      tags: (commit) => [tagOf(commit), 'latest'],
    },
    {
      happens: 'the push of a version tag',
      event: async (dir) => tagEvent(dir, 'v1.2.3'),
      releaseTag: () => '1.2.3',
      tags: () => ['1.2.3', '1.2', '1'],
    },
  ])('$happens on a detached HEAD publishes its tags and deploys a release tag that can be pulled', async (given) => {
    const { event, releaseTag, tags } = given;
    const words = `after ${given.happens} in ${shop.prefix}\n`;
    const commit = await shop.push({ 'api/greeting': words, 'web/page': words });
    await shop.git('checkout', '--quiet', '--detach');
    const job = await shop.job({ event: await event(shop.dir), runId: String(++runs) });
    const { main } = job;
    await shop.git('checkout', '--quiet', 'main');
    expect(main.exitCode).toBe(0);

    const expected = releaseTag(commit);
    expect(await shop.deployed()).toEqual([expected, expected]);
    expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('1');
    expect(main.outputs['deploy-commit']).toBe(await shop.origin('rev-parse', 'main'));
    const images = imagesOf(job);
    for (const key of KEYS) {
      expect(images[key]).toMatchObject({ releaseTag: expected, tags: tags(commit) });
      await shop.docker('pull', '--quiet', `${shop.prefix}/${key}:${expected}`);
      await shop.docker('rmi', `${shop.prefix}/${key}:${expected}`);
    }
  });

  test('the push of a deploy commit releases nothing and exits with code 0', async () => {
    await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
    const deployed = await shop.git('rev-parse', 'HEAD');
    expect(await shop.git('log', '-1', '--format=%s')).toMatch(/^Deploy /);
    const { main } = await shop.job({ runId: String(++runs) });
    expect(main.exitCode).toBe(0);
    expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(await shop.origin('rev-parse', 'main')).toBe(deployed);
  });

  test('`images: web` releases only web; api gets no new tag and keeps its deployed one', async () => {
    const [before = ''] = await shop.deployed();
    const commit = await shop.push({ 'web/page': `last of ${shop.prefix}\n` });
    const event = await dispatchEvent(shop.dir);
    const { main } = await shop.job({ event, inputs: { images: 'web' }, runId: String(++runs) });
    expect(main.exitCode).toBe(0);
    expect(await shop.deployed()).toEqual([before, tagOf(commit)]);
    expect(await shop.tags('api')).not.toContain(tagOf(commit));
  });
});

describe('in a repository without releases', () => {
  beforeAll(async () => (shop = await openShop()));
  afterAll(() => shop.close());

  test.each([
    ['the same repository', 'repository', {}],
    ['a fork with `push: true` and `deploy: true`', 'fork', { push: 'true', deploy: 'true' }],
  ] as const)('builds a pull request from %s, but pushes and deploys nothing', async (_, from, inputs) => {
    const before = await shop.refs();
    const event = await pullRequestEvent(shop.dir, from);
    const { main, leftovers } = await shop.job({ event, inputs });
    expect(main.exitCode).toBe(0);
    expect(main.log).toContain('COPY greeting /greeted');
    expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(main.summary).toContain('## Built api and web without pushing.');
    for (const key of KEYS) expect(await shop.tags(key)).toEqual([]);
    expect(await shop.refs()).toBe(before);
    expect(leftovers).toEqual([]);
  });

  test('a run on an unconfirmed commit warns, and pushes and deploys nothing, even with `push: true`', async () => {
    const event = { ...(await dispatchEvent(shop.dir)), name: 'workflow_run' };
    const main = await shop.git('rev-parse', 'HEAD');
    const author = ['-c', 'user.name=Mallory', '-c', 'user.email=mallory@example.org'];
    await shop.git(...author, 'commit', '--quiet', '--allow-empty', '--message', 'Round prices');
    const before = await shop.tags('api');
    const job = await shop.job({ event, inputs: { push: 'true', deploy: 'true' } });
    expect(job.main.exitCode).toBe(0);
    expect(job.main.annotations).toMatchObject([{ level: 'warning', title: 'source/unconfirmed-commit' }]);
    expect(await shop.tags('api')).toEqual(before);
    expect(await shop.origin('rev-parse', 'main')).toBe(main);
  });
});
