/** @programs docker kustomize */
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../../testing/random.js';
import { soak } from '../../testing/soak.js';
import { startFront } from '../registry/fixtures/front.js';
import { isGone, processWith } from '../processes.js';
import { viewRepository } from './registry-view.js';
import { lab, newName, openShop, tagOf, type Shop } from './shop.js';

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

test('a cancel during the build ends the step and leaves no tag, commit, process, file or running build', async () => {
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

/**
 * Runs are cancelled at different moments, each followed by its post step. Moments without a fixed time are fractions
 * of the time that a run takes until its report. The message of a failed assertion contains the moment.
 */
describe('a run that is cancelled at any moment', () => {
  const HEADLINE = /Published and deployed/;
  const FIRST_MS = soak([0], [0, 30, 80, 150, 250]);
  const random = createRandom(20);
  let shop: Shop;
  beforeAll(async () => (shop = await openShop({ settings: { attest: { provenance: 'off', sbom: 'off' } } })));
  afterAll(() => shop.close());

  /** The state of repository and registry for a source commit. */
  async function stateOf(source: string) {
    const tag = tagOf(source);
    const [head, ledger] = await Promise.all(
      ['refs/heads/main', 'refs/image-release/main'].map((ref) =>
        shop.origin('for-each-ref', '--format=%(objectname)', ref),
      ),
    );
    const served = await Promise.all(
      KEYS.map(async (key) => {
        const view = viewRepository(`${shop.prefix}/${key}`);
        const [latest, own] = await Promise.all([view.manifest('latest'), view.manifest(tag)]);
        return own !== undefined && latest?.digest === own.digest;
      }),
    );
    const text = await shop.origin('show', 'main:k8s/kustomization.yaml');
    return { head, ledger, served, deployed: text.split(tag).length - 1 };
  }

  async function release(number: number, moment: number | 'report' = Infinity) {
    const files = { 'api/greeting': `api ${number}\n`, 'web/page': `web ${number}\n` };
    const source = await shop.push({ ...files, 'note.txt': `${number}\n` });
    const before = await stateOf(source);
    const cancel = new AbortController();
    const begun = Date.now();
    const isTimed = typeof moment === 'number' && moment < Infinity;
    const timer = isTimed ? setTimeout(() => cancel.abort(), moment) : undefined;
    // At the report, the log contains the result, but outputs and summary are not written yet.
    const onLog = (line: string) => void (moment === 'report' && HEADLINE.test(line) && cancel.abort());
    const inputs = { 'registry-username': 'ada', 'registry-password': 'a-password-for-nobody' };
    const { main, post, leftovers } = await shop.job({ cancel: cancel.signal, inputs, onLog });
    clearTimeout(timer);
    return { before, after: await stateOf(source), main, post, leftovers, ms: Date.now() - begun };
  }

  test('releases everything or nothing, reports which, and leaves no process, file or container', async () => {
    // The first run has no build cache, so it takes longer than the others.
    await release(0);
    let wholeMs = 0;
    const moments = [
      'report' as const,
      ...FIRST_MS,
      ...Array.from({ length: soak(2, 195) }, () => ({ part: random() })),
    ];
    for (const [index, drawn] of moments.entries()) {
      const moment = typeof drawn === 'object' ? drawn.part * wholeMs : drawn;
      const { before, after, main, post, leftovers, ms } = await release(index + 1, moment);
      if (moment === 'report') {
        expect(after).toMatchObject({ served: [true, true], deployed: 2 });
        wholeMs = ms;
      }
      const isMoved = after.head !== before.head;
      const told = {
        moment,
        exitCode: main.exitCode,
        failure: main.exitCode === 1 ? main.log : '',
        post: [post?.exitCode, post?.log],
        orphans: [...main.orphans, ...(post?.orphans ?? [])],
        leftovers,
        containers: (await shop.docker('ps', '--all', '--format', '{{.Names}}')).match(
          /buildx_buildkit_image-release\S*/g,
        ),
        isDeployed: after.deployed,
        isLedgerMoved: after.ledger !== before.ledger,
        served: new Set(after.served).size,
        headlines: [main.log, main.summary].map((text) => HEADLINE.test(text)),
        released: main.outputs['released'] ?? 'false',
      };
      expect(told).toEqual({
        moment,
        // A finished release exits with 130 if the signal arrives after Node.js has removed its handlers.
        exitCode: isMoved && main.exitCode === 0 ? 0 : 130,
        failure: '',
        post: [0, ''],
        orphans: [],
        leftovers: [],
        containers: null,
        isDeployed: isMoved ? 2 : 0,
        isLedgerMoved: isMoved,
        served: 1,
        headlines: [isMoved, isMoved],
        released: String(isMoved),
      });
    }
  });
});

test('a cancel while the registry hangs ends the run, which reports the remaining tag and deploys nothing', async () => {
  const front = await startFront(lab.registry);
  const shop = await openShop({ registry: front.host });
  try {
    const env = { BUILDX_BUILDER: newName('remote') };
    await shop.docker('buildx', 'create', '--driver', 'remote', '--name', env.BUILDX_BUILDER, lab.buildkit);
    const commit = await shop.git('rev-parse', 'HEAD');
    const cancel = new AbortController();
    let seen = 0;
    // The first tag is created; the second request cancels the run and hangs.
    front.onRequest(({ method, path }) => {
      if (method !== 'PUT' || !/\/manifests\/(?!sha256:)/.test(path) || ++seen === 1) return undefined;
      cancel.abort();
      return { after: new Promise((resolve) => setTimeout(resolve, 60_000).unref()) };
    });
    const { main, leftovers } = await shop.job({ cancel: cancel.signal, env });
    expect(main.exitCode).toBe(130);
    expect(main.endedAfterMs).toBeLessThan(10_000);
    expect(main.orphans).toEqual([]);
    expect(leftovers).toEqual([]);
    expect(await shop.origin('rev-parse', 'main')).toBe(commit);
    const [left] = Object.entries(await tagsOf(shop)).filter(([, tags]) => tags.length > 0);
    expect(left?.[1]).toEqual([tagOf(commit)]);
    expect(main.summary).toContain('Cancelled during');
    expect(main.summary).toContain(`${shop.prefix}/${left?.[0]}:${tagOf(commit)}`);
    expect(main.log).toContain('registry/tags-left');
  } finally {
    await shop.close();
    await front.stop();
  }
});

test('a cancel during the deploy commit warns that it may still land if GitHub no longer responds', async () => {
  const shop = await openShop();
  const cancel = new AbortController();
  shop.github.faults.push(
    { match: { operation: 'updateRefs' }, fault: { type: '5xx-after-landing', end: 'cut' } },
    // Only the search for the landed commit requests this path.
    { match: { path: '/git/ref/heads/main' }, times: 1000, fault: { type: 'cut' } },
  );
  const before = await shop.origin('rev-parse', 'main');
  const ended = shop.job({ cancel: cancel.signal });
  while ((await shop.origin('rev-parse', 'main')) === before) await delay(10);
  cancel.abort();
  const { main } = await ended;
  await shop.close();
  expect(main.exitCode).toBe(130);
  expect(main.endedAfterMs).toBeLessThan(10_000);
  expect(main.summary).toMatch(/A commit may still land on .*branch main; it would say "Image-Release-Id: /);
  expect(main.summary).not.toContain('has not changed');
});
