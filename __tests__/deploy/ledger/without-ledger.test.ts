import { problemsOf } from '../requests.js';
import { createWorld, FILE } from '../rollout-world.js';
import { KUSTOMIZATION } from '../stage.js';

describe('without a ledger', () => {
  test('the tag in the file tells which release is newer, with a warning', async () => {
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

  test('a tag of another line of history is refused, with file and line', async () => {
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

  test('a tag that names no commit of the source stands in no way', async () => {
    const world = createWorld();
    expect((await world.release(world.source())).deployments).toMatchObject([{ status: 'committed' }]);
  });
});
