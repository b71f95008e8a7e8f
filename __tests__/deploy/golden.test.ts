import { API, problemsOf } from './requests.js';
import { createWorld } from './rollout-world.js';

/** The golden cases of the order of releases, each under its own name. */
describe('golden cases', () => {
  const single = (world: ReturnType<typeof createWorld>) => {
    return async (...args: Parameters<typeof world.release>) => (await world.release(...args)).deployments[0];
  };

  test('STALE, winner newer → superseded', async () => {
    const world = createWorld();
    const [older, newer] = [world.source(), world.source()];
    let isFirst = true;
    const travel = async (operation: string) => {
      if (operation !== 'commit' || !isFirst) return;
      isFirst = false;
      await world.release(newer);
    };
    expect(await single(world)(older, {}, { travel })).toMatchObject({
      status: 'superseded',
      images: [],
      superseded: [
        { key: 'api', tag: older.tag, by: { tag: newer.tag, source: { commit: newer.commit }, reason: 'release' } },
        { key: 'frontend', tag: older.tag },
      ],
    });
    expect(world.tags()).toEqual([newer.tag, newer.tag]);
    expect(world.deployCommits()).toBe(1);
  });

  test('newer no-op run then older run → superseded', async () => {
    const world = createWorld();
    const [first, older, newer] = [world.source(), world.source(), world.source()];
    await world.release(first);
    const head = world.head();
    // The newer commit has taken back what the older one changed: the images of the first are its images too.
    expect(await single(world)({ ...newer, tag: first.tag })).toMatchObject({ status: 'unchanged' });
    expect(await single(world)(older)).toMatchObject({ status: 'superseded' });
    expect(world.head()).toBe(head);
    expect(world.tags()).toEqual([first.tag, first.tag]);
  });

  test('revert applies', async () => {
    const world = createWorld();
    const [first, second, revert] = [world.source(), world.source(), world.source()];
    await world.release(first);
    await world.release(second);
    expect(await single(world)({ ...revert, tag: first.tag })).toMatchObject({ status: 'committed' });
    expect(world.tags()).toEqual([first.tag, first.tag]);
  });

  test('re-run of an old run skipped', async () => {
    const world = createWorld();
    const [old, later] = [world.source(), world.source()];
    await world.release(old);
    await world.release(later);
    const head = world.head();
    expect(await single(world)(old)).toMatchObject({ status: 'superseded' });
    expect(await single(world)({ ...later, run: 1 })).toMatchObject({ status: 'superseded' });
    expect(world.head()).toBe(head);
  });

  test('diverged refused', async () => {
    const world = createWorld();
    const [deployed, aside] = [world.source(), world.source('aside')];
    await world.release(deployed);
    const refs = world.remote.refs();
    const problems = await problemsOf(world.release(aside));
    expect(problems.map(({ code, image }) => [code, image])).toEqual([
      ['deploy/order-unknown', 'api'],
      ['deploy/order-unknown', 'frontend'],
    ]);
    expect(problems[0]?.message).toContain(aside.commit.slice(0, 12));
    expect(problems[0]?.message).toContain(deployed.commit.slice(0, 12));
    expect(problems[0]?.fix).toContain('--allow-rollback');
    expect(world.remote.refs()).toBe(refs);

    const intent = { type: 'release', order: 'allow-rollback' } as const;
    expect(await single(world)(aside, { intent })).toMatchObject({ status: 'committed' });
    expect(await single(world)({ ...aside, run: 4 })).toMatchObject({ status: 'unchanged' });
  });

  test('unresolvable refused', async () => {
    const world = createWorld();
    await world.release(world.source());
    const refs = world.remote.refs();
    const problems = await problemsOf(world.release({ commit: 'f00d'.repeat(10), run: 9, tag: 'main-f00df00' }));
    expect(problems.map(({ code }) => code)).toEqual(['deploy/order-unknown', 'deploy/order-unknown']);
    expect(problems[0]?.fix).toContain('--allow-rollback');
    expect(world.remote.refs()).toBe(refs);
  });

  test('two images, one stale → the other still deploys', async () => {
    const world = createWorld();
    const [older, newer] = [world.source(), world.source()];
    await world.release(newer, { rollouts: [{ ...API, releaseTag: newer.tag }] });
    expect(await single(world)(older)).toMatchObject({
      status: 'committed',
      images: ['frontend'],
      changes: [{ key: 'frontend' }],
      superseded: [{ key: 'api', by: { reason: 'release' } }],
    });
    expect(world.tags()).toEqual([newer.tag, older.tag]);
  });
});
