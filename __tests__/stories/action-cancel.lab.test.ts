/** @programs docker kustomize */
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { FaultRule } from '../../testing/fake-github/faults.js';
import { startFront, type Fault, type Front, type SeenRequest } from '../registry/front.js';
import { deletingTags } from '../registry/release.js';
import { isGone, processWith } from '../processes.js';
import { viewRepository } from './registry-view.js';
import { lab, newName, openShop, type Shop } from './shop.js';

jest.setTimeout(60_000);

const KEYS = ['api', 'web'];

/** Tags that can be pulled, by image. */
async function tagsOf(shop: Shop): Promise<Record<string, string[]>> {
  const lists = KEYS.map(async (key) => {
    const view = viewRepository(`${shop.prefix}/${key}`);
    const served = (await view.tags()).map(async (tag) => ((await view.manifest(tag)) ? [tag] : []));
    return [key, (await Promise.all(served)).flat()] as const;
  });
  return Object.fromEntries(await Promise.all(lists));
}

describe('a cancel while images are built', () => {
  test('ends the step at once: no tag, no commit, no process, no file, no build in the daemon', async () => {
    const nap = String(50_000 + Math.floor(Math.random() * 40_000));
    const shop = await openShop({
      files: {
        'api/Dockerfile': `FROM busybox\nCOPY greeting /greeting\nRUN sleep ${nap}\n`,
        'web/Dockerfile': `FROM busybox\nCOPY page /page\nRUN sleep ${nap}\n`,
      },
    });
    const before = await shop.origin('for-each-ref');
    const cancel = new AbortController();
    const running = shop.job({ cancel: cancel.signal });
    await processWith(`sleep ${nap}`);
    cancel.abort();
    const { main, post, leftovers } = await running;

    expect(main.exitCode).toBe(130);
    expect(main.endedAfterMs).toBeLessThan(10_000);
    expect(main.summary).toContain('Cancelled during build');
    expect(main.orphans).toEqual([]);
    expect(post).toMatchObject({ exitCode: 0, orphans: [] });
    expect(leftovers).toEqual([]);
    expect(await isGone(`sleep ${nap}`)).toBe(true);
    expect(await tagsOf(shop)).toEqual({ api: [], web: [] });
    expect(await shop.origin('for-each-ref')).toBe(before);
    await shop.close();
  });
});

describe('a run that is cancelled in its first moments', () => {
  let shop: Shop;
  beforeEach(async () => (shop = await openShop()));
  afterEach(() => shop.close());

  test.each([0, 30, 80, 150, 250])(
    'releases nothing in its post step either, after %d ms',
    async (moment) => {
      const before = await shop.origin('for-each-ref');
      const cancel = new AbortController();
      setTimeout(() => cancel.abort(), moment);
      const { main, post, leftovers } = await shop.job({ cancel: cancel.signal });
      expect(main.exitCode).not.toBe(0);
      expect({ exitCode: post?.exitCode, log: post?.log }).toEqual({ exitCode: 0, log: '' });
      expect(leftovers).toEqual([]);
      expect(await tagsOf(shop)).toEqual({ api: [], web: [] });
      expect(await shop.origin('for-each-ref')).toBe(before);
    },
  );
});

describe('a cancel while tags are put', () => {
  let front: Front;
  let shop: Shop;
  let env: Record<string, string>;
  beforeEach(async () => {
    front = await startFront(lab.registry);
    shop = await openShop({ registry: front.host });
    env = { BUILDX_BUILDER: newName('remote') };
    const name = env['BUILDX_BUILDER'] ?? '';
    await shop.docker('buildx', 'create', '--driver', 'remote', '--name', name, lab.buildkit);
  });
  afterEach(async () => {
    await shop.close();
    await front.stop();
  });

  /** Cancels once the first tag is put; the later ones wait. */
  async function cancelAfterFirstTag(delayMs: number) {
    const cancel = new AbortController();
    let seen = 0;
    const decide = ({ method, path }: SeenRequest): Fault | undefined => {
      if (method !== 'PUT' || !/\/manifests\/(?!sha256:)/.test(path) || ++seen === 1) return undefined;
      cancel.abort();
      return { after: new Promise((resolve) => setTimeout(resolve, delayMs).unref()) };
    };
    return { decide, run: () => shop.job({ cancel: cancel.signal, env }) };
  }

  test.each([
    // Whether it is finished or undone depends on how slow the machine is, too.
    { registry: 'a slow registry', delayMs: 400, ends: (tag: string) => [['latest', tag], []] },
    { registry: 'a registry that hangs', delayMs: 60_000, ends: () => [[]] },
  ])('in $registry leaves the whole release or nothing, and no commit', async ({ delayMs, ends }) => {
    const commit = await shop.git('rev-parse', 'HEAD');
    const { decide, run } = await cancelAfterFirstTag(delayMs);
    front.onRequest(deletingTags(decide));
    const { main, leftovers } = await run();

    expect(main.exitCode).toBe(130);
    expect(main.endedAfterMs).toBeLessThan(10_000);
    expect(main.summary).toContain('Cancelled during');
    const { api, web } = await tagsOf(shop);
    expect(ends(`main-${commit.slice(0, 7)}`)).toContainEqual(api);
    expect(web).toEqual(api);
    expect(await shop.origin('rev-parse', 'main')).toBe(commit);
    expect(leftovers).toEqual([]);
    expect(main.orphans).toEqual([]);
  });

  test('in a registry that hangs and deletes no tags names the one that is left, which nothing follows', async () => {
    const tag = `main-${(await shop.git('rev-parse', 'HEAD')).slice(0, 7)}`;
    const { decide, run } = await cancelAfterFirstTag(60_000);
    front.onRequest(decide);
    const { main } = await run();
    expect(main.exitCode).toBe(130);
    const [left] = Object.entries(await tagsOf(shop)).filter(([, tags]) => tags.length > 0);
    expect(left?.[1]).toEqual([tag]);
    expect(main.summary).toContain(`${shop.prefix}/${left?.[0]}:${tag}`);
    expect(main.log).toContain('registry/tags-left');
  });
});

describe('a cancel while the deploy commit is made', () => {
  let shop: Shop;
  beforeEach(async () => (shop = await openShop()));
  afterEach(() => shop.close());

  /** Cancels once the commit has landed and its answer is lost; then come `faults`. */
  async function cancelAfterLanding(...faults: FaultRule[]) {
    const cancel = new AbortController();
    shop.github.faults.push(
      { match: { operation: 'updateRefs' }, fault: { type: '5xx-after-landing', end: 'cut' } },
      ...faults,
    );
    const before = await shop.origin('rev-parse', 'main');
    const ended = shop.job({ cancel: cancel.signal });
    while ((await shop.origin('rev-parse', 'main')) === before) await delay(10);
    cancel.abort();
    return (await ended).main;
  }

  test('finds the commit that has landed and tells of it', async () => {
    const main = await cancelAfterLanding();
    expect(main.exitCode).toBe(0);
    expect(main.outputs['commit']).toBe(await shop.origin('rev-parse', 'main'));
  });

  test('says that it may have landed when GitHub answers nothing more', async () => {
    // The branch is read twice before: by the check, and to plan the commit.
    const match = { path: '/git/ref/heads/main' };
    const main = await cancelAfterLanding({ match, skip: 2, times: 1000, fault: { type: 'cut' } });
    expect(main.exitCode).toBe(130);
    expect(main.endedAfterMs).toBeLessThan(10_000);
    expect(main.summary).toMatch(
      /A commit may still land on .*branch main; it would say "Image-Release-Id: /,
    );
    expect(main.summary).not.toContain('has not changed');
  });
});
