import { deploy } from '../../../src/deploy/deploy.js';
import { API, DIGEST, NOW, planned, problemsOf } from '../requests.js';
import { createWorld, FILE } from '../rollout-world.js';
import { BASE, KUSTOMIZATION } from '../stage.js';

const allow = { intent: { type: 'release', order: 'allow-rollback' } } as const;

describe('what the ledger says', () => {
  test('is what stands in the file, by which commit of which source and run', async () => {
    const world = createWorld();
    const a = world.source();
    await world.release(a);
    expect(world.entry()).toEqual({
      key: 'api',
      image: 'ghcr.io/acme/api',
      current: {
        tag: a.tag,
        digest: DIGEST,
        source: { commit: a.commit, run: 1 },
        at: NOW,
        commit: world.head(),
      },
      newest: { commit: a.commit, run: 1 },
      status: 'deployed',
      history: [],
    });
    const b = world.source();
    await world.release(b);
    expect(world.entry()).toMatchObject({ current: { tag: b.tag }, history: [{ tag: a.tag }] });
    expect(world.remote.objects.read(world.ledger().oid as string)).toMatchObject({
      parents: [expect.any(String)],
      message: expect.stringMatching(
        new RegExp(
          `^Deploy api, frontend ${b.tag}\n\napi: ${a.tag} → ${b.tag}\n[^]*\nImage-Release-Id: run-2.1\n$`,
        ),
      ),
    });
  });

  test('does not move for a run that is repeated', async () => {
    const world = createWorld();
    const a = world.source();
    await world.release(a);
    const before = world.remote.refs();
    expect((await world.release(a)).deployments).toMatchObject([
      { status: 'unchanged', images: ['api', 'frontend'], channel: 'main' },
    ]);
    expect(world.remote.refs()).toBe(before);
  });

  test('moves alone, with a message that says so, for a run that finds its values in place', async () => {
    const world = createWorld();
    const [a, b] = [world.source(), world.source()];
    await world.release(a);
    const head = world.head();
    expect((await world.release({ ...b, tag: a.tag })).deployments).toMatchObject([{ status: 'unchanged' }]);
    expect(world.head()).toBe(head);
    expect(world.entry()).toMatchObject({
      current: { tag: a.tag, source: { commit: a.commit }, commit: head },
      newest: { commit: b.commit, run: 2 },
      status: 'unchanged',
    });
    expect(world.remote.objects.read(world.ledger().oid as string).message).toMatch(
      /^Confirm api, frontend main-/,
    );
  });

  test('is kept apart for every channel of one branch, in one commit', async () => {
    const world = createWorld(
      {},
      { 'dev/kustomization.yml': KUSTOMIZATION, 'prod/kustomization.yml': KUSTOMIZATION, ...BASE },
    );
    const deploys = [
      { ...planned('dev'), channel: 'dev' },
      { ...planned('prod'), channel: 'prod' },
    ];
    const [a, b] = [world.source(), world.source()];
    await world.release(b, { deploys: [deploys[1]!] });
    const { deployments } = await world.release(a, { deploys });
    expect(deployments).toMatchObject([
      { status: 'committed', channel: 'dev' },
      { status: 'superseded', channel: 'prod' },
    ]);
    expect(world.entry(undefined, 'dev').newest.commit).toBe(a.commit);
    expect(world.entry(undefined, 'prod').newest.commit).toBe(b.commit);
  });

  test.each([
    ['damaged', '{"version": 1, "images": 3}', 'damaged'],
    ['of a newer version', '{"version": 9, "channel": "main", "images": {}}', 'newer image-release'],
  ])('stops everything when it is %s', async (_what, text, words) => {
    const world = createWorld();
    const { objects } = world.remote;
    const files = new Map([['ledger.json', { bytes: Buffer.from(text), mode: '100644' }]]);
    const oid = objects.write({ parents: [], files, message: 'Broken\n' });
    world.remote.move(new Map(world.remote.refs()).set('refs/image-release/main', oid));
    const before = world.remote.refs();
    const problems = await problemsOf(world.release(world.source()));
    expect(problems).toMatchObject([{ code: 'deploy/ledger-unreadable' }]);
    expect(problems[0]?.message).toContain(words);
    expect(world.head()).toBe(before.get('refs/heads/main'));
    expect(world.ledger().oid).toBe(oid);
  });
});

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

  test('writes the earlier release, says so, and pins it against what was released before', async () => {
    const { world, a, b, rollback } = await rolledBack();
    const { deployments } = await deploy(rollback(a));
    expect(deployments).toMatchObject([{ status: 'committed', images: ['api'] }]);
    expect(world.tags()).toEqual([a.tag, b.tag]);
    expect(world.entry()).toMatchObject({
      current: { tag: a.tag },
      newest: { commit: b.commit },
      status: 'rolled-back',
    });
    expect(world.remote.objects.read(world.head()).message).toMatch(
      new RegExp(`^Roll back api to ${a.tag}\n`),
    );

    const again = await world.release({ ...b, run: 9 });
    expect(again.deployments).toMatchObject([
      {
        status: 'unchanged',
        images: ['frontend'],
        superseded: [
          { key: 'api', tag: b.tag, by: { tag: a.tag, source: { commit: a.commit }, reason: 'rollback' } },
        ],
      },
    ]);
    expect(world.tags()).toEqual([a.tag, b.tag]);
  });

  test('is ended by a newer commit', async () => {
    const { world, a, rollback } = await rolledBack();
    await deploy(rollback(a));
    const c = world.source();
    await world.release(c);
    expect(world.tags()).toEqual([c.tag, c.tag]);
    expect(world.entry()).toMatchObject({ status: 'deployed', newest: { commit: c.commit } });
  });

  test('that is taken back leaves no pin', async () => {
    const { world, a, b, rollback } = await rolledBack();
    await deploy(rollback(a));
    await deploy(rollback(b));
    expect(world.entry()).toMatchObject({ current: { tag: b.tag }, status: 'deployed' });
    expect((await world.release({ ...b, run: 9 })).deployments).toMatchObject([
      { images: ['api', 'frontend'] },
    ]);
  });

  test('gives way to a release that landed while the person decided', async () => {
    const { world, a, rollback } = await rolledBack();
    const request = rollback(a);
    const c = world.source();
    await world.release(c);
    expect((await deploy(request)).deployments).toMatchObject([
      { status: 'superseded', superseded: [{ key: 'api', by: { tag: c.tag, reason: 'release' } }] },
    ]);
    expect(world.tags()).toEqual([c.tag, c.tag]);
  });

  test('by allow-rollback pins as well', async () => {
    const { world, a, b } = await rolledBack();
    await world.release(a, allow);
    expect(world.tags()).toEqual([a.tag, a.tag]);
    expect(world.entry()).toMatchObject({ status: 'rolled-back', newest: { commit: b.commit } });
    expect((await world.release({ ...b, run: 9 })).deployments).toMatchObject([{ status: 'superseded' }]);
  });
});

describe('without a ledger', () => {
  test('the tag in the file tells which release is newer, with a warning', async () => {
    const world = createWorld({ ledgers: 'refused' });
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

  test('a tag of another line of history is refused, with file and line', async () => {
    const world = createWorld();
    const beside = world.source('beside');
    world.remote.land('main', {
      [FILE]: KUSTOMIZATION.replace('newTag: main-0000000', `newTag: ${beside.tag}`),
    });
    const head = world.head();
    const problems = await problemsOf(world.release(world.source()));
    expect(problems).toMatchObject([
      { code: 'deploy/order-diverged', image: 'api', place: { file: FILE, line: 7 } },
    ]);
    expect(problems[0]?.message).toContain(`${FILE}:7`);
    expect(world.head()).toBe(head);
  });

  test('a tag that names no commit of the source stands in no way', async () => {
    const world = createWorld();
    expect((await world.release(world.source())).deployments).toMatchObject([{ status: 'committed' }]);
  });
});
