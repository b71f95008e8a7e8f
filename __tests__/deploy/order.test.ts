import {
  askedOnce,
  commitInTag,
  decide,
  type Decision,
  type ImageHistory,
  type Relation,
} from '../../src/deploy/order.js';

const newest = { commit: 'b'.repeat(40), run: 7 };
const known = (more: Partial<ImageHistory>): ImageHistory => ({ newest, rolledBack: false, ...more });
const APPLY: Decision = { do: 'apply' };
const ROLL_BACK: Decision = { do: 'roll-back' };
const by = (what: 'release' | 'rollback' | 'file'): Decision => ({ do: 'superseded', by: what });
const refuse = (reason: 'diverged' | 'unknown', seenFrom: 'ledger' | 'file'): Decision => ({
  do: 'refuse',
  reason,
  seenFrom,
});

const CASES: [
  promise: string,
  history: ImageHistory,
  run: number | undefined,
  forwardOnly: Decision,
  allowed: Decision,
][] = [
  ['a first release is applied', { rolledBack: false }, 7, APPLY, APPLY],
  ['a newer commit is applied', known({ relation: 'ahead' }), 8, APPLY, APPLY],
  ['an older commit is superseded', known({ relation: 'behind' }), 8, by('release'), ROLL_BACK],
  ['the same commit and run is applied (again)', known({ relation: 'identical' }), 7, APPLY, APPLY],
  ['a later run of the same commit is applied', known({ relation: 'identical' }), 8, APPLY, APPLY],
  ['an earlier run of the same commit is superseded', known({ relation: 'identical' }), 6, by('release'), ROLL_BACK],
  ['the same commit without a run is applied', known({ relation: 'identical' }), undefined, APPLY, APPLY],
  ['a diverged commit is refused', known({ relation: 'diverged' }), 8, refuse('diverged', 'ledger'), APPLY],
  ['an unknown commit is refused', known({ relation: 'unknown' }), 8, refuse('unknown', 'ledger'), APPLY],
  ['a commit without a comparison is refused', known({}), 8, refuse('unknown', 'ledger'), APPLY],
  [
    'a later run of a rolled-back commit is superseded',
    known({ relation: 'identical', rolledBack: true }),
    9,
    by('rollback'),
    ROLL_BACK,
  ],
  [
    'a commit before a rolled-back one is superseded',
    known({ relation: 'behind', rolledBack: true }),
    9,
    by('rollback'),
    ROLL_BACK,
  ],
  ['a newer commit ends a rollback', known({ relation: 'ahead', rolledBack: true }), 9, APPLY, APPLY],
  [
    'without a ledger, a newer tag in the file supersedes the release',
    { rolledBack: false, fromFile: 'behind' },
    9,
    by('file'),
    APPLY,
  ],
  [
    'without a ledger, a commit that diverged from the tag in the file is refused',
    { rolledBack: false, fromFile: 'diverged' },
    9,
    refuse('diverged', 'file'),
    APPLY,
  ],
  [
    'without a ledger, a tag in the file that names no known commit is replaced',
    { rolledBack: false, fromFile: 'unknown' },
    9,
    APPLY,
    APPLY,
  ],
  [
    'a newer tag in the file supersedes a release that the ledger would allow',
    known({ relation: 'ahead', fromFile: 'behind' }),
    9,
    by('file'),
    APPLY,
  ],
  [
    'the ledger takes precedence over the file',
    known({ relation: 'behind', fromFile: 'diverged' }),
    9,
    by('release'),
    ROLL_BACK,
  ],
];

test.each(CASES)('%s', (_promise, history, run, forwardOnly, allowed) => {
  expect(decide(history, run, 'forward-only')).toEqual(forwardOnly);
  expect(decide(history, run, 'allow-rollback')).toEqual(allowed);
});

test.each([
  ['main-1a2b3c4', '1a2b3c4'],
  ['sha-1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d', '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d'],
  ['1a2b3c4', '1a2b3c4'],
  ['feature-1234567-1a2b3c4', '1a2b3c4'],
  ['release_2.0_1a2b3c4.debug', '1a2b3c4'],
  ['1.4.0', undefined],
  ['latest', undefined],
  ['main-defaced', undefined],
  ['main-1a2b3c', undefined],
])('the tag %s names the commit %s', (tag, commit) => {
  expect(commitInTag(tag)).toBe(commit);
});

test('caches the comparison of two commits, but not an unknown result or a failure', async () => {
  const answers: (Relation | Error)[] = [new Error('cut'), 'unknown', 'ahead', 'behind'];
  const ancestry = askedOnce({
    compare: async () => {
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  await expect(ancestry.compare('a', 'b')).rejects.toThrow('cut');
  expect(await ancestry.compare('a', 'b')).toBe('unknown');
  expect(await Promise.all([ancestry.compare('a', 'b'), ancestry.compare('a', 'b')])).toEqual(['ahead', 'ahead']);
  expect(await ancestry.compare('a', 'b')).toBe('ahead');
  expect(await ancestry.compare('b', 'a')).toBe('behind');
});
