import { chooseRollback, readRelations, readDestination } from '../../../src/deploy/status/rollback.js';
import { commitOf, digestOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { API, tagOf, WEB } from './fixtures.js';

test.each<[string, readonly number[], string, number]>([
  ['the release before, by default', [3, 2, 1], '-1', 2],
  ['two releases back', [3, 2, 1], '-2', 1],
  ['a tag', [3, 2, 1], tagOf(1), 1],
  ['a whole source commit', [3, 2, 1], commitOf(2), 2],
  ['the first seven digits of one', [3, 2, 1], commitOf(2).slice(0, 7), 2],
  ['what stands there already', [3, 2, 1], tagOf(3), 3],
])('a rollback goes to %s', (_, order, to, expected) => {
  const { choices, problems } = chooseRollback(sampleLedger(sampleEntry('api', order)), [API], readDestination(to));
  expect(problems).toEqual([]);
  expect(choices).toEqual([
    {
      ...API,
      from: sampleRelease(order[0]!),
      to: sampleRelease(expected),
      newest: sampleRelease(3).source,
      effect: expected === 3 ? 'unpinned' : 'pinned',
    },
  ]);
});

test('each image goes back to its own release before', () => {
  const ledger = sampleLedger(sampleEntry('api', [4, 2]), sampleEntry('web', [3, 1]));
  const { choices } = chooseRollback(ledger, [API, WEB], readDestination('-1'));
  expect(choices.map(({ key, to }) => [key, to.tag])).toEqual([
    ['api', tagOf(2)],
    ['web', tagOf(1)],
  ]);
});

test('of two releases of one commit the earlier one is pinned, and stepped over on the way further back', async () => {
  const of = (number: number, run: number) => sampleRelease(number, { source: { commit: commitOf(3), run } });
  const entry = sampleEntry('api', [3], {
    current: of(3, 8),
    newest: of(3, 8).source,
    history: [of(2, 7), of(1, 6)],
  });
  const [choice] = chooseRollback(sampleLedger(entry), [API], readDestination('-1')).choices;
  expect(choice).toMatchObject({ to: { tag: tagOf(2) }, effect: 'pinned' });
  const back = { ...entry, current: of(2, 7), status: 'rolled-back' as const, history: [of(3, 8), of(1, 6)] };
  const [ledger, oneBack] = [sampleLedger(back), readDestination('-1')];
  const relations = await readRelations(ledger, [API], oneBack, { compare: async () => 'identical' }, {});
  const further = chooseRollback(ledger, [API], oneBack, relations).choices;
  expect(further).toMatchObject([{ to: { tag: tagOf(1) }, effect: 'pinned' }]);
  expect(chooseRollback(sampleLedger(back), [API], readDestination(tagOf(3))).choices).toMatchObject([
    { to: { tag: tagOf(3) }, effect: 'unpinned' },
  ]);
});

test('a release that was deployed twice counts once, and one whose tag moved counts twice', () => {
  const moved = { ...sampleRelease(3), digest: digestOf(8) };
  const entry = {
    ...sampleEntry('api', [3]),
    history: [sampleRelease(3), moved, sampleRelease(2), sampleRelease(2), sampleRelease(1)],
  };
  const to = (text: string) => chooseRollback(sampleLedger(entry), [API], readDestination(text)).choices[0]?.to;
  expect([to('-1'), to('-2'), to('-3')]).toEqual([moved, sampleRelease(2), sampleRelease(1)]);
});
