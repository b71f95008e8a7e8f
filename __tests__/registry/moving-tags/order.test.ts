import { decide, type Relation } from '../../../src/deploy/order.js';
import { decideMove, sharesTag, type Candidate, type Holder } from '../../../src/registry/moving-tags/order.js';
import { compareVersions } from '../../../src/registry/moving-tags/versions.js';

const OURS = 'a'.repeat(39) + '1';
const THEIRS = 'b'.repeat(39) + '2';
const version = (releaseTag: string): Candidate => ({
  releaseTag,
  digest: 'sha256:ours',
  commit: OURS,
  committed: 10,
});
const byCommit = version(`main-${OURS.slice(0, 7)}`);
const holder = (over: Partial<Holder> = {}): Holder => ({
  ...{ digest: 'sha256:theirs', commit: THEIRS, releaseTag: `main-${THEIRS.slice(0, 7)}` },
  source: 'registry',
  ...over,
});

test.each([
  ['1.2.4', '1.2.3', 'newer'],
  ['1.2.3', '1.10.0', 'older'],
  ['v2.0.0', '1.9.9', 'newer'],
  ['1.0.0', '1.0.0-rc.1', 'newer'],
  ['1.0.0-rc.2', '1.0.0-rc.10', 'older'],
  ['1.0.0-alpha', '1.0.0-alpha.1', 'older'],
  ['1.2.3-r2', '1.2.3', 'same'],
  ['1.0rc1', '1.0', 'older'],
  ['1.0.post1', '1.0', 'newer'],
  ['1.0.dev3', '1.0a1', 'older'],
  ['1.0a1.dev1', '1.0a1', 'older'],
  ['1!0.1', '2024.6', 'newer'],
  ['1.0', '1.0.0', 'same'],
  ['1.2.3', 'main-1a2b3c4', 'incomparable'],
] as const)('compares versions %s and %s in both directions: %s', (ours, theirs, expected) => {
  expect(compareVersions(ours, theirs)).toBe(expected);
  const back = { newer: 'older', older: 'newer', same: 'same', incomparable: 'incomparable' } as const;
  expect(compareVersions(theirs, ours)).toBe(back[expected]);
});

const move = 'move';
test.each<[string, 'version' | 'commit', Candidate, Holder | undefined, Relation, string]>([
  ['moves a tag that names no release', 'commit', byCommit, undefined, 'unknown', move],
  ['moves the tag to a newer commit', 'commit', byCommit, holder(), 'ahead', move],
  ['leaves the tag at a newer commit', 'commit', byCommit, holder(), 'behind', 'newer-commit'],
  [
    'moves the tag to a later run of the same commit',
    'commit',
    { ...byCommit, run: 2 },
    holder({ run: 1 }),
    'identical',
    move,
  ],
  [
    'leaves the tag at a later run of the same commit',
    'commit',
    { ...byCommit, run: 1 },
    holder({ run: 2 }),
    'identical',
    'later-run',
  ],
  [
    'moves the tag to the later commit if history diverged',
    'commit',
    byCommit,
    holder({ committed: 9 }),
    'diverged',
    move,
  ],
  [
    'leaves the tag at the later commit if history diverged',
    'commit',
    byCommit,
    holder({ committed: 11 }),
    'diverged',
    'newer-commit',
  ],
  [
    'leaves the tag at the later commit if the relation is unknown',
    'commit',
    byCommit,
    holder({ committed: 11 }),
    'unknown',
    'newer-commit',
  ],
  [
    'moves the tag if the relation and the commit time of the holder are unknown',
    'commit',
    byCommit,
    holder(),
    'unknown',
    move,
  ],
  ['moves the tag from an image of unknown commit', 'commit', byCommit, holder({ commit: undefined }), 'unknown', move],
  [
    'leaves the tag at a release of the ledger if history diverged',
    'commit',
    byCommit,
    holder({ source: 'ledger' }),
    'diverged',
    'unplaced',
  ],
  [
    'leaves the tag at a newer version, even if our commit is newer',
    'version',
    version('1.1.9'),
    holder({ releaseTag: '1.2.0' }),
    'ahead',
    'newer-version',
  ],
  [
    'moves the tag to a newer version, even if history diverged',
    'version',
    version('1.2.1'),
    holder({ releaseTag: '1.2.0' }),
    'diverged',
    move,
  ],
  [
    'leaves the tag at a final release if ours is its pre-release',
    'version',
    version('1.2.0-rc.1'),
    holder({ releaseTag: '1.2.0' }),
    'ahead',
    'newer-version',
  ],
  [
    'compares versions that follow a prefix',
    'version',
    version('api-1.1.9'),
    holder({ releaseTag: 'api-1.2.0' }),
    'ahead',
    'newer-version',
  ],
  [
    'compares commits if the versions are the same',
    'version',
    version('1.2.0'),
    holder({ releaseTag: '1.2.0' }),
    'behind',
    'newer-commit',
  ],
  [
    'moves the tag to a newer commit if the holder has no version',
    'version',
    version('1.2.1'),
    holder(),
    'ahead',
    move,
  ],
  [
    'leaves the tag if the holder has no version and history diverged',
    'version',
    version('1.1.9'),
    holder(),
    'diverged',
    'unplaced',
  ],
])('%s', (_, order, ours, theirs, relation, expected) => {
  const decision = decideMove(order, ours, theirs, relation);
  expect(decision.do === 'move' ? 'move' : decision.reason).toBe(expected);
});

test('a tag moves from a release of the ledger exactly when the deployment would apply our release', () => {
  const relations: Relation[] = ['ahead', 'identical', 'behind', 'diverged', 'unknown'];
  const runs = [undefined, 1, 2, 3];
  for (const relation of relations) {
    for (const run of runs) {
      for (const newest of runs) {
        const position = { commit: THEIRS, ...(newest !== undefined && { run: newest }) };
        const rollout = decide({ newest: position, relation, rolledBack: false }, run, 'forward-only');
        const theirs = holder({ source: 'ledger', ...(newest !== undefined && { run: newest }) });
        const tag = decideMove('commit', { ...byCommit, ...(run !== undefined && { run }) }, theirs, relation);
        expect([relation, run, newest, tag.do === 'move']).toEqual([relation, run, newest, rollout.do === 'apply']);
      }
    }
  }
});

test.each<[string, 'version' | 'commit', string, string, boolean]>([
  ['latest', 'commit', 'main-aaaaaaa', 'main-1a2b3c4', true],
  ['latest', 'commit', 'main-aaaaaaa-r2', 'main-1a2b3c4-r3', true],
  ['latest', 'commit', 'main-aaaaaaa-alpine', 'main-1a2b3c4-alpine', true],
  ['latest', 'commit', 'main-aaaaaaa-alpine', 'main-1a2b3c4', false],
  ['latest', 'commit', 'main-aaaaaaa', 'feature-1a2b3c4', false],
  ['latest', 'commit', 'main-aaaaaaa', '1.2.3', false],
  ['1.2', 'version', '1.2.3', '1.2.4', true],
  ['1.2', 'version', '1.2.3', '1.20.0', false],
  ['1.2', 'version', '1.2.3', '1.3.0', false],
  ['1.2', 'version', '1.2.3', '1.2.4-rc.1', false],
  ['api-1', 'version', 'api-1.2.3', 'api-1.3.0', true],
  ['latest', 'version', '1.2.3', '2.0.0', true],
  ['1.2', 'version', '1.2.3', 'main-1a2b3c4', false],
  ['stable', 'commit', 'release-x', 'release-y', false],
])('moving tag %s, ordered by %s, of release %s is shared with %s: %s', (tag, order, releaseTag, other, expected) => {
  expect(sharesTag(tag, order, { releaseTag, commit: OURS }, other)).toBe(expected);
});
