import { chooseRollback, readDestination, readRelations } from '../../../src/deploy/status/rollback.js';
import type { Ancestry } from '../../../src/deploy/order.js';
import { sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { API, tagOf } from './fixtures.js';

const rolledBack = (order: readonly number[]) =>
  sampleEntry('api', order, { status: 'rolled-back', newest: sampleRelease(5).source });

describe('after a rollback', () => {
  test.each<[string, readonly number[], readonly [back: number, expected: number][]]>([
    [
      'by one',
      [4, 5, 3, 2],
      [
        [1, 3],
        [2, 2],
      ],
    ],
    [
      'by one, twice',
      [3, 4, 5, 2, 1],
      [
        [1, 2],
        [2, 1],
      ],
    ],
    ['by several', [2, 5, 4, 3, 1], [[1, 1]]],
  ])('%s, another goes further back, not to what was undone', (_, order, steps) => {
    for (const [back, expected] of steps) {
      const destination = { type: 'steps' as const, back };
      const { choices } = chooseRollback(sampleLedger(rolledBack(order)), [API], destination);
      expect(choices[0]?.to.tag).toBe(tagOf(expected));
    }
  });

  test('where runs have no numbers, the history of the source says what was undone', async () => {
    const entry = rolledBack([2, 5, 4, 3, 1]);
    const without = {
      ...entry,
      history: entry.history.map((release) => ({ ...release, source: { commit: release.source.commit } })),
    };
    const ancestry: Ancestry = { compare: async (base, head) => (head > base ? 'ahead' : 'behind') };
    const [ledger, oneBack] = [sampleLedger(without), readDestination('-1')];
    const relations = await readRelations(ledger, [API], oneBack, ancestry, {});
    const { choices } = chooseRollback(ledger, [API], oneBack, relations);
    expect(choices[0]?.to.tag).toBe(tagOf(1));
  });

  test('the newest is reached by its name, and is no longer pinned then', () => {
    const { choices } = chooseRollback(sampleLedger(rolledBack([4, 5, 3])), [API], readDestination(tagOf(5)));
    expect(choices[0]).toMatchObject({ to: sampleRelease(5), effect: 'unpinned' });
  });
});
