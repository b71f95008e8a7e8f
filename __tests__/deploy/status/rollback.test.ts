import type { Ancestry } from '../../../src/deploy/order.js';
import { chooseRollback, readRelations, readDestination } from '../../../src/deploy/status/rollback.js';
import { commitOf, digestOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { API, tagOf, WEB } from './fixtures.js';

test.each<[string, readonly number[], string, number]>([
  ['the release before', [3, 2, 1], '-1', 2],
  ['two releases back', [3, 2, 1], '-2', 1],
  ['a tag', [3, 2, 1], tagOf(1), 1],
  ['a full source commit', [3, 2, 1], commitOf(2), 2],
  ['the first seven digits of a source commit', [3, 2, 1], commitOf(2).slice(0, 7), 2],
  ['the current release', [3, 2, 1], tagOf(3), 3],
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

test('rolls back each image to its own previous release', () => {
  const ledger = sampleLedger(sampleEntry('api', [4, 2]), sampleEntry('web', [3, 1]));
  const { choices } = chooseRollback(ledger, [API, WEB], readDestination('-1'));
  expect(choices.map(({ key, to }) => [key, to.tag])).toEqual([
    ['api', tagOf(2)],
    ['web', tagOf(1)],
  ]);
});

test('pins an earlier release of the same commit, and the next rollback goes further back', async () => {
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

test('counts a release that was deployed twice once, but a moved tag as another release', () => {
  const moved = { ...sampleRelease(3), digest: digestOf(8) };
  const entry = {
    ...sampleEntry('api', [3]),
    history: [sampleRelease(3), moved, sampleRelease(2), sampleRelease(2), sampleRelease(1)],
  };
  const to = (text: string) => chooseRollback(sampleLedger(entry), [API], readDestination(text)).choices[0]?.to;
  expect([to('-1'), to('-2'), to('-3')]).toEqual([moved, sampleRelease(2), sampleRelease(1)]);
});

test('reports all images without a matching release at once, with the available releases', () => {
  const ledger = sampleLedger(sampleEntry('api', [3, 2]), sampleEntry('web', [1]));
  const { problems } = chooseRollback(
    ledger,
    [API, WEB, { key: 'job', image: 'ghcr.io/acme/job' }],
    readDestination('main-2222223'),
  );
  expect(problems).toEqual([
    {
      code: 'deploy/no-such-release',
      severity: 'error',
      image: 'api',
      message: 'The ledger has no release of api by the tag or commit main-2222223.',
      fix: 'Did you mean --to main-2222222?',
      detail: [
        'main-3333333  2026-01-03 10:11 UTC  from 3333333  (deployed now)',
        'main-2222222  2026-01-02 10:11 UTC  from 2222222',
      ].join('\n'),
    },
    {
      code: 'deploy/no-such-release',
      severity: 'error',
      image: 'web',
      message: 'web has no earlier release on record: main-1111111 is the only one.',
      fix: 'Name another one in full: image-release deploy --image web=ghcr.io/acme/web:TAG --allow-rollback.',
    },
    {
      code: 'deploy/no-history',
      severity: 'error',
      image: 'job',
      message: 'The ledger of channel main has no release of job (ghcr.io/acme/job).',
      fix: 'Name the release yourself: image-release deploy --image job=ghcr.io/acme/job:TAG --allow-rollback.',
    },
  ]);
});

test('refuses more steps than there are earlier releases', () => {
  const { choices, problems } = chooseRollback(sampleLedger(sampleEntry('api', [3, 2])), [API], readDestination('-2'));
  expect(choices).toEqual([]);
  expect(problems[0]?.message).toBe('api has no 2 releases before main-3333333.');
});

test('refuses an ambiguous abbreviated commit', () => {
  const twin = sampleRelease(1, { source: { commit: commitOf(2).slice(0, 39) + 'f' }, tag: 'main-other' });
  const entry = { ...sampleEntry('api', [3, 2]), history: [sampleRelease(2), twin] };
  const { problems } = chooseRollback(sampleLedger(entry), [API], readDestination(commitOf(2).slice(0, 7)));
  expect(problems[0]).toMatchObject({
    code: 'deploy/no-such-release',
    fix: 'Give more digits of the commit, or the tag.',
  });
});

test("doesn't accept six hexadecimal digits as a commit", () => {
  const { problems } = chooseRollback(sampleLedger(sampleEntry('api', [3, 2])), [API], readDestination('222222'));
  expect(problems[0]?.code).toBe('deploy/no-such-release');
});

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
      'by one twice',
      [3, 4, 5, 2, 1],
      [
        [1, 2],
        [2, 1],
      ],
    ],
    ['by several', [2, 5, 4, 3, 1], [[1, 1]]],
  ])('%s, the next rollback goes further back, not to undone releases', (_, order, steps) => {
    for (const [back, expected] of steps) {
      const destination = { type: 'steps' as const, back };
      const { choices } = chooseRollback(sampleLedger(rolledBack(order)), [API], destination);
      expect(choices[0]?.to.tag).toBe(tagOf(expected));
    }
  });

  test('without run numbers, the source history decides which releases were undone', async () => {
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

  test('the newest release can be chosen by its tag and is then no longer pinned', () => {
    const { choices } = chooseRollback(sampleLedger(rolledBack([4, 5, 3])), [API], readDestination(tagOf(5)));
    expect(choices[0]).toMatchObject({ to: sampleRelease(5), effect: 'unpinned' });
  });
});
