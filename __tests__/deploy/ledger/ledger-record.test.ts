import type { Rollout } from '../../../src/deploy/target.js';
import { recordRelease, type Recording } from '../../../src/deploy/ledger/record.js';
import type { LedgerEntry } from '../../../src/deploy/ledger/ledger.js';
import { commitOf, digestOf, sampleEntry, sampleRelease } from './fixtures.js';

const NOW = '2026-02-03T04:05:06Z';

/** Release `number` comes to stand in the way that is told. */
function recording(number: number, more: Partial<Recording> = {}): Recording {
  const { tag, digest, source } = sampleRelease(number);
  const image: Rollout = { key: 'api', image: 'ghcr.io/acme/api', releaseTag: tag, digest };
  const base = { decision: 'apply', how: 'edited', mode: 'commit', former: 'stood' } as const;
  return { ...base, image, candidate: source, source, now: NOW, ...more };
}

const tagsOf = (entry: LedgerEntry | undefined) => entry?.history.map(({ tag }) => tag);
const tag = (number: number) => sampleRelease(number).tag;

test('a first release begins the record of its image', () => {
  expect(recordRelease(undefined, recording(1))).toEqual({
    key: 'api',
    image: 'ghcr.io/acme/api',
    current: { tag: tag(1), digest: digestOf(1), source: sampleRelease(1).source, at: NOW },
    newest: sampleRelease(1).source,
    status: 'deployed',
    history: [],
  });
});

test('a record names the digests that the image is built on, also after a rollback to it', () => {
  const bases = [digestOf(9)];
  const { image, ...rest } = recording(1);
  const first = recordRelease(undefined, { ...rest, image: { ...image, bases } });
  expect(first?.current.bases).toEqual(bases);
  const later = recordRelease(first, recording(2));
  expect([later?.current.bases, later?.history[0]?.bases]).toEqual([undefined, bases]);
});

test('what stood before becomes history, newest first', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2, 1]), recording(4));
  expect(entry?.current.tag).toBe(tag(4));
  expect(tagsOf(entry)).toEqual([tag(3), tag(2), tag(1)]);
});

test('a release that comes back is in the history no more', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2, 1]), recording(2, { candidate: sampleRelease(4).source }));
  expect(tagsOf(entry)).toEqual([tag(3), tag(1)]);
});

test('history is kept for fifty releases', () => {
  const history = Array.from({ length: 60 }, (_, index) => sampleRelease(1, { tag: `v${index}`, digest: undefined }));
  expect(recordRelease(sampleEntry('api', [3], { history }), recording(4))?.history).toHaveLength(50);
});

test('a run with nothing to change is recorded as the newest; what stands keeps its date and its commit', () => {
  const before = sampleEntry('api', [3, 2]);
  const again = recording(3, { candidate: sampleRelease(5).source, how: 'in-place' });
  expect(recordRelease(before, again)).toEqual({
    ...before,
    newest: sampleRelease(5).source,
    status: 'unchanged',
  });
});

test('the same run once more has nothing to record', () => {
  expect(recordRelease(sampleEntry('api', [3, 2]), recording(3, { how: 'in-place' }))).toBeUndefined();
});

test('what a file shows is recorded even when the ledger said otherwise', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2]), recording(4, { how: 'in-place' }));
  expect(entry).toMatchObject({ current: { tag: tag(4), at: NOW }, status: 'unchanged' });
  expect(entry?.current.commit).toBeUndefined();
});

test('a rollback leaves the newest where it was, so that what lies between can not undo it', () => {
  const entry = recordRelease(sampleEntry('api', [3, 2, 1]), recording(1, { decision: 'roll-back' }));
  expect(entry).toMatchObject({
    current: { tag: tag(1) },
    newest: sampleRelease(3).source,
    status: 'rolled-back',
  });
  expect(tagsOf(entry)).toEqual([tag(3), tag(2)]);
});

test('a rollback to what stands there pins it all the same', () => {
  const unchanged = sampleEntry('api', [2, 1], { newest: sampleRelease(5).source, status: 'unchanged' });
  const entry = recordRelease(unchanged, recording(2, { decision: 'roll-back', how: 'in-place' }));
  expect(entry).toMatchObject({ status: 'rolled-back', newest: sampleRelease(5).source });
  expect(recordRelease(entry, recording(2, { decision: 'roll-back', how: 'in-place' }))).toBeUndefined();
});

test('going forward again to the newest release ends a rollback', () => {
  const pinned = sampleEntry('api', [1, 3, 2], { newest: sampleRelease(3).source, status: 'rolled-back' });
  expect(recordRelease(pinned, recording(3, { decision: 'roll-back' }))).toMatchObject({
    current: { tag: tag(3) },
    status: 'deployed',
  });
});

test.each([
  ['with runs', { commit: commitOf(3), run: 7 }, { commit: commitOf(3), run: 8 }],
  ['without', { commit: commitOf(3) }, { commit: commitOf(3) }],
])('of two releases of one commit, %s, going back to the earlier one pins it', (_, earlier, later) => {
  const current = sampleRelease(3, { tag: 'v2', source: later });
  const entry = sampleEntry('api', [3], { current, newest: later });
  const back = recordRelease(entry, recording(3, { decision: 'roll-back', candidate: earlier }));
  expect(back).toMatchObject({ status: 'rolled-back', newest: later, history: [{ tag: 'v2' }] });
});

test('a rollback of an image without record is pinned at the commit of the person', () => {
  const source = { commit: commitOf(9) };
  expect(recordRelease(undefined, recording(1, { decision: 'roll-back', source }))).toMatchObject({
    newest: source,
    status: 'rolled-back',
  });
});

test('the same commit released by nobody in particular does not take the place of a run', () => {
  const candidate = { ...sampleRelease(3).source, run: undefined };
  expect(recordRelease(sampleEntry('api', [3]), recording(3, { candidate, how: 'in-place' }))).toBeUndefined();
});

test('a proposal that was replaced before anybody merged it is no history', () => {
  const proposed = sampleEntry('api', [3, 2], { status: 'proposed' });
  const next = recording(4, { mode: 'pull-request' });
  expect(tagsOf(recordRelease(proposed, { ...next, former: 'never-stood' }))).toEqual([tag(2)]);
  expect(tagsOf(recordRelease(proposed, { ...next, former: 'stood' }))).toEqual([tag(3), tag(2)]);
  expect(recordRelease(proposed, next)?.status).toBe('proposed');
});
