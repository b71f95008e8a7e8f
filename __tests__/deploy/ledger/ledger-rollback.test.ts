import { deploy } from '../../../src/deploy/deploy.js';
import { API } from '../requests.js';
import { createWorld } from '../rollout-world.js';

const allow = { intent: { type: 'release', order: 'allow-rollback' } } as const;

describe('a rollback', () => {
  async function rolledBack() {
    const world = createWorld();
    const [a, b] = [world.source(), world.source()];
    await world.release(a);
    await world.release(b);
    const seen = new Map([['ghcr.io/acme/api', world.entry().newest]]);
    const rollback = (to: typeof a) =>
      world.request(b, {
        rollouts: [{ ...API, releaseTag: to.tag, source: { commit: to.commit, run: to.run } }],
        intent: { type: 'rollback', seen },
        newId: () => 'rollback',
      });
    return { world, a, b, rollback };
  }

  test('commits and pins the earlier release; a rerun of the newer one is superseded', async () => {
    const { world, a, b, rollback } = await rolledBack();
    const { deployments } = await deploy(rollback(a));
    expect(deployments).toMatchObject([{ status: 'committed', images: ['api'] }]);
    expect(world.tags()).toEqual([a.tag, b.tag]);
    expect(world.entry()).toMatchObject({
      current: { tag: a.tag },
      newest: { commit: b.commit },
      status: 'rolled-back',
    });
    expect(world.remote.objects.read(world.head()).message).toMatch(new RegExp(`^Roll back api to ${a.tag}\n`));

    const again = await world.release({ ...b, run: 9 });
    expect(again.deployments).toMatchObject([
      {
        status: 'unchanged',
        images: ['frontend'],
        superseded: [{ key: 'api', tag: b.tag, by: { tag: a.tag, source: { commit: a.commit }, reason: 'rollback' } }],
      },
    ]);
    expect(world.tags()).toEqual([a.tag, b.tag]);
  });

  test("isn't changed when its release is deployed again", async () => {
    const { world, a, rollback } = await rolledBack();
    await deploy(rollback(a));
    const [entry, head] = [world.entry(), world.head()];
    const { deployments } = await world.release({ ...a, run: 9 }, { rollouts: [{ ...API, releaseTag: a.tag }] });
    expect(deployments).toMatchObject([{ status: 'unchanged', images: ['api'], superseded: [] }]);
    expect([world.entry(), world.head()]).toEqual([entry, head]);
  });

  test('with allow-rollback also pins the earlier release', async () => {
    const { world, a, b } = await rolledBack();
    await world.release(a, allow);
    expect(world.tags()).toEqual([a.tag, a.tag]);
    expect(world.entry()).toMatchObject({ status: 'rolled-back', newest: { commit: b.commit } });
    expect((await world.release({ ...b, run: 9 })).deployments).toMatchObject([{ status: 'superseded' }]);
  });
});
