import { readStatus } from '../../../src/deploy/status/read-status.js';
import { createMemoryTarget } from '../../../testing/memory-remote/target.js';
import { API, FRONTEND, planned } from '../requests.js';
import { createWorld } from '../rollout-world.js';

/** @param meanwhile run after the ledger is read and before the branch is read */
async function statusOf(world: ReturnType<typeof createWorld>, meanwhile: (() => Promise<unknown>)[] = []) {
  const target = createMemoryTarget({ remote: world.remote, branch: 'main' });
  const snapshot = async () => {
    await meanwhile.shift()?.();
    return target.snapshot();
  };
  const images = [API, FRONTEND].map(({ key, image }) => ({ key, image }));
  const channel = { channel: 'main', branch: 'main', deploys: [planned()], images };
  const status = await readStatus(channel, { ...target, snapshot }, { check: 'none' }, {});
  return status.images.flatMap(({ problems, files: [file] }) => [
    file?.entries[0]?.tag,
    ...problems.map(({ code }) => code),
  ]);
}

test("deploys that land between reading the ledger and the branch aren't reported as drifted", async () => {
  const world = createWorld();
  const [a, b, c] = [world.source(), world.source(), world.source()];
  await world.release(a);
  const landing = [() => world.release(b), () => world.release(c)];
  expect(await statusOf(world, landing)).toEqual([c.tag, c.tag]);
});

test('reports a tag that was edited into the file by hand as drifted', async () => {
  const world = createWorld();
  const a = world.source();
  await world.release(a);
  world.remote.land('main', { 'k8s/kustomization.yml': world.text().replace(a.tag, 'by-hand') });
  expect(await statusOf(world)).toEqual(['by-hand', 'deploy/drifted', a.tag]);
});
