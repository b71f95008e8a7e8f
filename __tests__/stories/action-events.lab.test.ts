/** @programs docker kustomize */
import { jest } from '@jest/globals';
import type { RunEvent } from '../../testing/runner/environment.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { dispatchEvent, pullRequestEvent, pushEvent, scheduleEvent, tagEvent } from './events.js';
import { viewRepository } from './registry-view.js';
import { openShop, type Shop } from './shop.js';

jest.setTimeout(60_000);

const KEYS = ['api', 'web'];
let shop: Shop;

/** Values of `newTag` in the Kustomization on a branch, in its order. */
async function deployedTags(branch = 'main'): Promise<string[]> {
  const text = await shop.origin('show', `${branch}:k8s/kustomization.yaml`);
  return [...text.matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag = '']) => tag);
}

const short = (commit: string) => commit.slice(0, 7);

describe('in a repository that releases', () => {
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
      happens: 'a push to main',
      event: pushEvent,
      releaseTag: (commit) => `main-${short(commit)}`,
      tags: (commit) => [`main-${short(commit)}`, 'latest'],
    },
    {
      happens: 'lesson 11: a manual run',
      event: dispatchEvent,
      releaseTag: (commit) => `main-${short(commit)}`,
      tags: (commit) => [`main-${short(commit)}`, 'latest'],
    },
    {
      happens: 'a schedule',
      event: scheduleEvent,
      releaseTag: (commit) => `main-${short(commit)}`,
      tags: (commit) => [`main-${short(commit)}`, 'latest'],
    },
    {
      happens: 'lesson 7: a version tag, on a detached head,',
      event: async (dir) => tagEvent(dir, 'v1.2.3'),
      releaseTag: () => '1.2.3',
      tags: () => ['1.2.3', '1.2', '1'],
    },
  ])('the tag that is deployed after $happens is one that the registry serves', async (given) => {
    const { event, releaseTag, tags } = given;
    const words = `after ${given.happens} in ${shop.prefix}\n`;
    const commit = await shop.push({ 'api/greeting': words, 'web/page': words });
    await shop.git('checkout', '--quiet', '--detach');
    const { main } = await shop.job({ event: await event(shop.dir), runId: String(++runs) });
    await shop.git('checkout', '--quiet', 'main');
    expect(main.exitCode).toBe(0);

    const expected = releaseTag(commit);
    expect(await deployedTags()).toEqual([expected, expected]);
    expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('1');
    expect(main.outputs['deploy-commit']).toBe(await shop.origin('rev-parse', 'main'));
    const images = JSON.parse(main.outputs['images'] ?? '') as Record<string, ImageOutput>;
    for (const key of KEYS) {
      expect(images[key]).toMatchObject({ releaseTag: expected, tags: tags(commit) });
      await shop.docker('pull', '--quiet', `${shop.prefix}/${key}:${expected}`);
      await shop.docker('rmi', `${shop.prefix}/${key}:${expected}`);
    }
  });

  test('the push of a deploy commit starts no release of its own', async () => {
    await shop.git('pull', '--quiet', '--ff-only', shop.bare, 'main');
    const deployed = await shop.git('rev-parse', 'HEAD');
    expect(await shop.git('log', '-1', '--format=%s')).toMatch(/^Deploy /);
    const { main } = await shop.job({ runId: String(++runs) });
    expect(main.exitCode).toBe(0);
    expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(await shop.origin('rev-parse', 'main')).toBe(deployed);
  });

  test('need 5: a run of one image leaves the other with the tag that it really has', async () => {
    const [before = ''] = await deployedTags();
    const commit = await shop.push({ 'web/page': `last of ${shop.prefix}\n` });
    const event = await dispatchEvent(shop.dir);
    const { main } = await shop.job({ event, inputs: { images: 'web' }, runId: String(++runs) });
    expect(main.exitCode).toBe(0);
    expect(await deployedTags()).toEqual([before, `main-${short(commit)}`]);
    expect(await viewRepository(`${shop.prefix}/api`).tags()).not.toContain(`main-${short(commit)}`);
  });
});

describe('in a repository that has not released yet', () => {
  beforeAll(async () => (shop = await openShop()));
  afterAll(() => shop.close());

  test.each([
    ['the same repository', 'repository', {}],
    ['a fork, even when the workflow asks for a push', 'fork', { push: 'true', deploy: 'true' }],
  ] as const)('lesson 6: a pull request from %s is built, and changes nothing', async (_, from, inputs) => {
    const before = await shop.origin('for-each-ref');
    const event = await pullRequestEvent(shop.dir, from);
    const { main, leftovers } = await shop.job({ event, inputs });
    expect(main.exitCode).toBe(0);
    expect(main.log).toContain('COPY greeting /greeted');
    expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(main.summary).toContain('## Built api and web without pushing.');
    for (const key of KEYS) expect(await viewRepository(`${shop.prefix}/${key}`).tags()).toEqual([]);
    expect(await shop.origin('for-each-ref')).toBe(before);
    expect(leftovers).toEqual([]);
  });

  test('the deletion of a branch releases nothing', async () => {
    const event = await pushEvent(shop.dir);
    const { main } = await shop.job({ event: { ...event, payload: { ...event.payload, deleted: true } } });
    expect(main.exitCode).toBe(0);
    expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(await viewRepository(`${shop.prefix}/api`).tags()).toEqual([]);
  });

  test('a branch that does not deploy publishes under its own name and leaves `latest` and main alone', async () => {
    await shop.git('checkout', '--quiet', '-b', 'feature/prices');
    const commit = await shop.git('rev-parse', 'HEAD');
    const event = await pushEvent(shop.dir, 'feature/prices');
    const { main } = await shop.job({ event, inputs: { images: 'api' } });
    expect(main.exitCode).toBe(0);
    expect(await viewRepository(`${shop.prefix}/api`).tags()).toEqual([`feature-prices-${short(commit)}`]);
    expect(await shop.origin('rev-parse', 'main')).toBe(commit);
    expect(main.summary).toContain('Not deployed');
  });

  test('of a fork, not even when a workflow of main checks it out', async () => {
    const event = { ...(await dispatchEvent(shop.dir)), name: 'workflow_run' };
    const main = await shop.git('rev-parse', 'HEAD');
    const author = ['-c', 'user.name=Mallory', '-c', 'user.email=mallory@example.org'];
    await shop.git(...author, 'commit', '--quiet', '--allow-empty', '--message', 'Round prices');
    const { tags } = viewRepository(`${shop.prefix}/api`);
    const before = await tags();
    const job = await shop.job({ event, inputs: { push: 'true', deploy: 'true' } });
    expect(job.main.exitCode).toBe(0);
    expect(job.main.annotations).toMatchObject([{ level: 'warning', title: 'source/unconfirmed-commit' }]);
    expect(await tags()).toEqual(before);
    expect(await shop.origin('rev-parse', 'main')).toBe(main);
  });
});
