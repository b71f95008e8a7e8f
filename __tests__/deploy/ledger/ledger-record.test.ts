import type { Rollout } from '../../../src/deploy/target.js';
import { recordRelease, type Recording } from '../../../src/deploy/ledger/record.js';
import type { LedgerEntry } from '../../../src/deploy/ledger/ledger.js';
import { commitOf, digestOf, sampleEntry, sampleRelease } from './fixtures.js';

const NOW = '2026-02-03T04:05:06Z';

/** The recording of release `number`. */
function recording(number: number, more: Partial<Recording> = {}): Recording {
  const { tag, digest, source } = sampleRelease(number);
  const image: Rollout = { key: 'api', image: 'ghcr.io/acme/api', releaseTag: tag, digest };
  const base = { decision: 'apply', how: 'edited', mode: 'commit', former: 'stood' } as const;
  return { ...base, image, candidate: source, source, now: NOW, ...more };
}

const tagsOf = (entry: LedgerEntry | undefined) => entry?.history.map(({ tag }) => tag);
const tag = (number: number) => sampleRelease(number).tag;

test('the first release of an image creates its entry', () => {
  expect(recordRelease(undefined, recording(1))).toEqual({
    key: 'api',
    image: 'ghcr.io/acme/api',
    current: { tag: tag(1), digest: digestOf(1), source: sampleRelease(1).source, at: NOW },
    newest: sampleRelease(1).source,
    status: 'deployed',
    history: [],
  });
});

test('records the digests of the bases and keeps them in the history', () => {
  const bases = [digestOf(9)];
  const { image, ...rest } = recording(1);
  const first = recordRelease(undefined, { ...rest, image: { ...image, bases } });
  expect(first?.current.bases).toEqual(bases);
  const later = recordRelease(first, recording(2));
  expect([later?.current.bases, later?.history[0]?.bases]).toEqual([undefined, bases]);
});

test('the previous release moves to the front of the history', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2, 1]), recording(4));
  expect(entry?.current.tag).toBe(tag(4));
  expect(tagsOf(entry)).toEqual([tag(3), tag(2), tag(1)]);
});

test('a release that is deployed again is removed from the history', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2, 1]), recording(2, { candidate: sampleRelease(4).source }));
  expect(tagsOf(entry)).toEqual([tag(3), tag(1)]);
});

test('the history has at most fifty releases', () => {
  const history = Array.from({ length: 60 }, (_, index) => sampleRelease(1, { tag: `v${index}`, digest: undefined }));
  expect(recordRelease(sampleEntry('api', [3], { history }), recording(4))?.history).toHaveLength(50);
});

test('a run with nothing to change becomes the newest; the current release keeps its date and commit', () => {
  const before = sampleEntry('api', [3, 2]);
  const again = recording(3, { candidate: sampleRelease(5).source, how: 'in-place' });
  expect(recordRelease(before, again)).toEqual({
    ...before,
    newest: sampleRelease(5).source,
    status: 'unchanged',
  });
});

test('repeating the same run records nothing', () => {
  expect(recordRelease(sampleEntry('api', [3, 2]), recording(3, { how: 'in-place' }))).toBeUndefined();
});

test('records the release that is already in the file even if the ledger names another one', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2]), recording(4, { how: 'in-place' }));
  expect(entry).toMatchObject({ current: { tag: tag(4), at: NOW }, status: 'unchanged' });
  expect(entry?.current.commit).toBeUndefined();
});

test('a rollback changes the current release and keeps the newest', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2, 1]), recording(1, { decision: 'roll-back' }));
  expect(entry).toMatchObject({
    current: { tag: tag(1) },
    newest: sampleRelease(3).source,
    status: 'rolled-back',
  });
  expect(tagsOf(entry)).toEqual([tag(3), tag(2)]);
});

test('a rollback to the current release pins it; repeating it records nothing', () => {
  const unchanged = sampleEntry('api', [2, 1], { newest: sampleRelease(5).source, status: 'unchanged' });
  const entry = recordRelease(unchanged, recording(2, { decision: 'roll-back', how: 'in-place' }));
  expect(entry).toMatchObject({ status: 'rolled-back', newest: sampleRelease(5).source });
  expect(recordRelease(entry, recording(2, { decision: 'roll-back', how: 'in-place' }))).toBeUndefined();
});

test('a rollback to the newest release ends the earlier rollback', () => {
  const pinned = sampleEntry('api', [1, 3, 2], { newest: sampleRelease(3).source, status: 'rolled-back' });
  expect(recordRelease(pinned, recording(3, { decision: 'roll-back' }))).toMatchObject({
    current: { tag: tag(3) },
    status: 'deployed',
  });
});

test.each([
  ['with run ids', { commit: commitOf(3), run: 7 }, { commit: commitOf(3), run: 8 }],
  ['without run ids', { commit: commitOf(3) }, { commit: commitOf(3) }],
])('a rollback to the earlier of two releases of one commit, %s, pins it', (_, earlier, later) => {
  const current = sampleRelease(3, { tag: 'v2', source: later });
  const entry = sampleEntry('api', [3], { current, newest: later });
  const back = recordRelease(entry, recording(3, { decision: 'roll-back', candidate: earlier }));
  expect(back).toMatchObject({ status: 'rolled-back', newest: later, history: [{ tag: 'v2' }] });
});

test('a rollback of an image without an entry records the source of the rollback as newest', () => {
  const source = { commit: commitOf(9) };
  expect(recordRelease(undefined, recording(1, { decision: 'roll-back', source }))).toMatchObject({
    newest: source,
    status: 'rolled-back',
  });
});

test("a release of the same commit without a run id doesn't replace the recorded run", () => {
  const candidate = { ...sampleRelease(3).source, run: undefined };
  expect(recordRelease(sampleEntry('api', [3]), recording(3, { candidate, how: 'in-place' }))).toBeUndefined();
});

test('a replaced proposal enters the history only if it was merged', () => {
  const proposed = sampleEntry('api', [3, 2], { status: 'proposed' });
  const next = recording(4, { mode: 'pull-request' });
  expect(tagsOf(recordRelease(proposed, { ...next, former: 'never-stood' }))).toEqual([tag(2)]);
  expect(tagsOf(recordRelease(proposed, { ...next, former: 'stood' }))).toEqual([tag(3), tag(2)]);
  expect(recordRelease(proposed, next)?.status).toBe('proposed');
});
