/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countRounds } from '../../testing/fake-github/requests.js';
import { DONE, endOf, openShop, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  const first = await shop.job();
  if (first.main.exitCode !== 0) throw new Error(first.main.log);
});
afterAll(() => shop?.close());

/** Long enough for concurrent requests to overlap. */
const ANSWER_MS = 60;

async function askedBy(job: () => ReturnType<Shop['job']>) {
  const { requests, faults } = shop.github;
  requests.length = 0;
  faults.push({ match: {}, times: 1000, fault: { type: 'slow', ms: ANSWER_MS } });
  const ended = await job();
  faults.clear();
  expect(endOf(ended)).toEqual(DONE);
  const asked = requests.map(({ method, path, operations }) =>
    operations.length > 0 ? operations.join() : `${method} ${path.replace('/repos/acme/app', '')}`,
  );
  return { asked: asked.sort(), rounds: countRounds(requests) };
}

const LEDGER = ['POST /git/commits', 'repository', 'updateRefs'];

test('a push that changes no image takes three GitHub requests in three rounds', async () => {
  await shop.push({ 'README.md': 'What the shop sells.\n' });
  const asked = await askedBy(() => withoutDocker((env) => shop.job({ runId: '7000000002', env })));
  expect(asked).toEqual({ asked: LEDGER, rounds: 3 });
});

test('a push that changes one image takes seven GitHub requests in five rounds', async () => {
  await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
  const asked = await askedBy(() => shop.job({ runId: '7000000003' }));
  const deploy = ['GET /rules/branches/main?per_page=100&page=1', 'POST /git/commits', 'POST /git/trees'];
  expect(asked).toEqual({ asked: [...deploy, 'POST /git/trees', ...LEDGER].sort(), rounds: 5 });
});

test('a push from a shallow checkout takes one more GitHub request, which compares the commits', async () => {
  await shop.push({ 'README.md': 'What they cost.\n' });
  const shallow = join(await mkdtemp(join(tmpdir(), 'shallow-')), 'app');
  await shop.git('clone', '--quiet', '--depth=1', `file://${shop.bare}`, shallow);
  await shop.git('-C', shallow, 'remote', 'set-url', 'origin', `${shop.github.url}/acme/app`);
  const { asked, rounds } = await askedBy(() => shop.job({ runId: '7000000005', workspace: shallow }));
  await rm(shallow, { recursive: true });
  const isCompared = (made: string) => made.startsWith('GET /compare/');
  expect(asked.filter((made) => !isCompared(made))).toEqual(LEDGER);
  expect({ compared: asked.filter(isCompared).length, rounds }).toEqual({ compared: 1, rounds: 4 });
});
