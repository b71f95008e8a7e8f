import { API, problemsOf } from './requests.js';
import { createWorld, FILE } from './rollout-world.js';
import { KUSTOMIZATION } from './stage.js';

describe('order of releases', () => {
  const single = (world: ReturnType<typeof createWorld>) => {
    return async (...args: Parameters<typeof world.release>) => (await world.release(...args)).deployments[0];
  };

  test('an older release that loses the race to a newer one is superseded', async () => {
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

  test('an older run is superseded by a newer run that changed nothing', async () => {
    const world = createWorld();
    const [first, older, newer] = [world.source(), world.source(), world.source()];
    await world.release(first);
    const head = world.head();
    // The newer commit reverts the older one, so its images are those of the first release.
    expect(await single(world)({ ...newer, tag: first.tag })).toMatchObject({ status: 'unchanged' });
    expect(await single(world)(older)).toMatchObject({ status: 'superseded' });
    expect(world.head()).toBe(head);
    expect(world.tags()).toEqual([first.tag, first.tag]);
  });

  test('a newer commit may deploy an earlier tag again, as a revert does', async () => {
    const world = createWorld();
    const [first, second, revert] = [world.source(), world.source(), world.source()];
    await world.release(first);
    await world.release(second);
    expect(await single(world)({ ...revert, tag: first.tag })).toMatchObject({ status: 'committed' });
    expect(world.tags()).toEqual([first.tag, first.tag]);
  });

  test('a re-run of an older commit, or an earlier run of the same commit, is superseded', async () => {
    const world = createWorld();
    const [old, later] = [world.source(), world.source()];
    await world.release(old);
    await world.release(later);
    const head = world.head();
    expect(await single(world)(old)).toMatchObject({ status: 'superseded' });
    expect(await single(world)({ ...later, run: 1 })).toMatchObject({ status: 'superseded' });
    expect(world.head()).toBe(head);
  });

  test('refuses a commit that diverged from the deployed one, unless rollbacks are allowed', async () => {
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

  test('refuses a commit that the source history lacks, and suggests --allow-rollback', async () => {
    const world = createWorld();
    await world.release(world.source());
    const refs = world.remote.refs();
    const problems = await problemsOf(world.release({ commit: 'f00d'.repeat(10), run: 9, tag: 'main-f00df00' }));
    expect(problems.map(({ code }) => code)).toEqual(['deploy/order-unknown', 'deploy/order-unknown']);
    expect(problems[0]?.fix).toContain('--allow-rollback');
    expect(world.remote.refs()).toBe(refs);
  });

  test('if only one image is superseded, the other is still deployed', async () => {
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

describe('without a ledger', () => {
  test('an older release is superseded by the tag in the file, and the refused ledger is a warning', async () => {
    const world = createWorld({ ledgers: 'nowhere' });
    const [a, b] = [world.source(), world.source()];
    const first = await world.release(b);
    expect(first.deployments).toMatchObject([{ status: 'committed' }]);
    expect(first.warnings.map(({ code }) => code)).toContain('deploy/ledger-refused');
    expect((await world.release(a)).deployments).toMatchObject([
      {
        status: 'superseded',
        superseded: [{ key: 'api', by: { tag: b.tag, reason: 'file' } }, { key: 'frontend' }],
      },
    ]);
    expect(world.tags()).toEqual([b.tag, b.tag]);
    expect(world.deployCommits()).toBe(1);
  });

  test('refuses to replace a tag from a diverged commit, and names file and line', async () => {
    const world = createWorld();
    const beside = world.source('beside');
    world.remote.land('main', {
      [FILE]: KUSTOMIZATION.replace('newTag: main-0000000', `newTag: ${beside.tag}`),
    });
    const head = world.head();
    const problems = await problemsOf(world.release(world.source()));
    expect(problems).toMatchObject([{ code: 'deploy/order-unknown', image: 'api', place: { file: FILE, line: 7 } }]);
    expect(problems[0]?.message).toContain(`${FILE}:7`);
    expect(world.head()).toBe(head);
  });

  test('replaces a tag that names no known commit', async () => {
    const world = createWorld();
    expect((await world.release(world.source())).deployments).toMatchObject([{ status: 'committed' }]);
  });
});
