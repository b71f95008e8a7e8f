import { DIGEST, NOW, planned, problemsOf } from '../requests.js';
import { createWorld } from '../rollout-world.js';
import { BASE, KUSTOMIZATION } from '../stage.js';

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
          `^Deploy api, frontend ${b.tag}\n\napi: ${a.tag} → ${b.tag}\n[^]*\nImage-Release-Id: run-2.1\nImage-Release-Amendments: .*"commit":"${world.head()}"}\\]\n$`,
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
    expect(world.remote.objects.read(world.ledger().oid as string).message).toMatch(/^Confirm api, frontend main-/);
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
