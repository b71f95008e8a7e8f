/** @programs docker kustomize */
import { startFront, type Front, type SeenRequest } from '../registry/fixtures/front.js';
import { DONE, endOf, imagesOf, lab, openShop, tagOf, type Shop } from './shop.js';

let front: Front;
let shop: Shop;
let runs = 7_000_000_000;
beforeAll(async () => {
  front = await startFront(lab.registry);
  shop = await openShop({ registry: front.host });
});
afterAll(async () => {
  await shop.close();
  await front.stop();
});

/** Digests of `api` and `web` under a tag. */
const digestsOf = (tag: string) => Promise.all(['api', 'web'].map((key) => shop.digest(key, tag)));
const kustomization = () => shop.origin('show', 'main:k8s/kustomization.yaml');

/** Delays the first matching request until `letGo` is called. */
function hold(matches: (request: SeenRequest) => boolean) {
  let letGo = () => {};
  const after = new Promise<void>((resolve) => (letGo = resolve));
  const met = new Promise<void>((resolve) => {
    let held = false;
    front.onRequest((request) => {
      if (held || !matches(request)) return undefined;
      held = true;
      resolve();
      return { after };
    });
  });
  return { met, letGo: () => letGo() };
}

test('an older run, delayed while it moves `latest`, is superseded and changes nothing of the newer release', async () => {
  const change = () => {
    const words = `before run ${++runs} in ${shop.prefix}\n`;
    return shop.push({ 'api/greeting': words, 'web/page': words });
  };
  const first = await change();
  const run = { runId: String(runs), workspace: await shop.checkOut(first) };

  const { met, letGo } = hold(({ method, path }) => method === 'PUT' && path.endsWith('/web/manifests/latest'));
  const late = shop.job(run);
  await Promise.race([met, late]);
  const second = await change();
  const { main } = await shop.job({ runId: String(runs) });
  expect(main.exitCode).toBe(0);
  const standing = { latest: await digestsOf('latest'), refs: await shop.refs(), file: await kustomization() };
  expect(standing.file.match(new RegExp(tagOf(second), 'g'))).toHaveLength(2);

  letGo();
  const ended = await late;
  expect(endOf(ended)).toEqual(DONE);
  expect(imagesOf(ended)).toMatchObject({
    api: { status: 'superseded', tags: [tagOf(first)] },
    web: { status: 'superseded', tags: [tagOf(first)] },
  });
  expect(ended.main.summary).toContain('a newer release is deployed');
  expect({ latest: await digestsOf('latest'), refs: await shop.refs(), file: await kustomization() }).toEqual(standing);
  expect(standing.latest).toEqual(await digestsOf(tagOf(second)));
  expect(await digestsOf(tagOf(first))).not.toContain(undefined);
});
