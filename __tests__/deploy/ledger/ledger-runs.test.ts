import { DIGEST, NOW, planned, problemsOf } from '../requests.js';
import { createWorld } from '../rollout-world.js';
import { BASE, KUSTOMIZATION } from '../stage.js';

describe('the ledger', () => {
  test('records the deployed release with its source, run, and deploy commit', async () => {
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

  test("isn't changed by a repeated run", async () => {
    const world = createWorld();
    const a = world.source();
    await world.release(a);
    const before = world.remote.refs();
    expect((await world.release(a)).deployments).toMatchObject([
      { status: 'unchanged', images: ['api', 'frontend'], channel: 'main' },
    ]);
    expect(world.remote.refs()).toBe(before);
  });

  test('confirms a run without a deploy commit if its tag is already deployed', async () => {
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

  test('is separate for each channel of a branch', async () => {
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
    ['from a newer version', '{"version": 9, "channel": "main", "images": {}}', 'newer image-release'],
  ])('stops the release if it is %s', async (_what, text, words) => {
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
