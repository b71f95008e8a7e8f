import { writeLedgerMessage } from '../../../src/deploy/commit-message.js';
import { readLedger, recordLedger, writeLedger } from '../../../src/deploy/ledger/ledger.js';
import type { Ledger, LedgerEntry, LedgerReading } from '../../../src/deploy/ledger/ledger.js';
import { ReleaseError } from '../../../src/lib/errors.js';
import { ledgerJson } from '../../../testing/ledger-json.js';
import { commitOf, sampleEntry, sampleLedger, sampleRelease } from './fixtures.js';

const [API, FRONTEND] = ['ghcr.io/acme/api', 'ghcr.io/acme/frontend'];
const COMMIT = 'f'.repeat(40);
let commits = 0;

/** Records `ledger` on top of `before`. @returns the next reading */
function recorded(before: LedgerReading, ledger: Ledger, pending: string[] = [], commit?: string): LedgerReading {
  const { text, amendments } = recordLedger(before, ledger, pending);
  const facts = { act: 'deploy', records: [{ key: 'api', tag: 'main-1' }], id: 'run.1' } as const;
  const message = writeLedgerMessage({ ...facts, amendments: amendments(commit) });
  return { channel: 'main', oid: String(++commits).padStart(40, '0'), text, message };
}

const NONE: LedgerReading = { channel: 'main' };
const isPlain = ({ message = '' }: LedgerReading) => !message.includes('Amendments');
const withoutCommit = (entry: LedgerEntry) => ({ ...entry, current: { ...entry.current, commit: undefined } });
const confirmed = (entry: LedgerEntry, by: number) => ({
  ...entry,
  newest: sampleRelease(by).source,
  status: 'unchanged' as const,
});

/** Reads the ledger with the program and with an independent reader of the format. */
function expectLedger(reading: LedgerReading, expected: Ledger): void {
  expect(readLedger(reading)).toEqual(expected);
  const plain = JSON.parse(writeLedger(expected)) as object;
  expect(ledgerJson(reading.text ?? '', reading.message ?? '')).toEqual(plain);
}

const api = sampleEntry('api', [3, 2]);
const frontend = sampleEntry('frontend', [2]);

test('the message names the deploy commit for the images that it changed, and is plain without one', () => {
  const reading = recorded(NONE, sampleLedger(withoutCommit(api), frontend), [API], COMMIT);
  expect(reading.text).not.toContain(COMMIT);
  expectLedger(reading, sampleLedger({ ...api, current: { ...api.current, commit: COMMIT } }, frontend));
  expect(isPlain(recorded(NONE, sampleLedger(api, frontend)))).toBe(true);
});

test('successive releases that change nothing amend the ledger in the message and keep the file', () => {
  const first = recorded(NONE, sampleLedger(withoutCommit(api), frontend), [API], COMMIT);
  const deployed = readLedger(first);
  const [a, b] = [deployed.images.get(API)!, deployed.images.get(FRONTEND)!];
  const second = recorded(first, sampleLedger(confirmed(a, 4), confirmed(b, 4)));
  const third = recorded(second, sampleLedger(confirmed(a, 4), confirmed(b, 5)));
  expect([second.text, third.text]).toEqual([first.text, first.text]);
  expectLedger(second, sampleLedger(confirmed(a, 4), confirmed(b, 4)));
  expectLedger(third, sampleLedger(confirmed(a, 4), confirmed(b, 5)));
});

test('the next deploy writes earlier amendments into the file', () => {
  const first = recorded(NONE, sampleLedger(withoutCommit(api), frontend), [API], COMMIT);
  const { images } = readLedger(first);
  const second = recorded(first, sampleLedger(confirmed(images.get(API)!, 4), confirmed(frontend, 4)));
  const newer = withoutCommit(sampleEntry('frontend', [5, 2]));
  const third = recorded(second, sampleLedger(readLedger(second).images.get(API)!, newer), [FRONTEND], 'e'.repeat(40));
  expect(third.text).toContain(COMMIT);
  expectLedger(
    third,
    sampleLedger(confirmed(images.get(API)!, 4), { ...newer, current: { ...newer.current, commit: 'e'.repeat(40) } }),
  );
});

test.each<[string, (entry: LedgerEntry) => LedgerEntry]>([
  ['a new key', (entry) => ({ ...entry, key: 'server' })],
  ['a new tag', (entry) => ({ ...entry, current: { ...entry.current, tag: 'main-7' } })],
  ['a shorter history', (entry) => ({ ...entry, history: [] })],
  ['a removed deploy commit', (entry) => ({ ...entry, current: { ...entry.current, commit: undefined } })],
])('writes %s to the file, without amendments in the message', (_what, change) => {
  const first = recorded(NONE, sampleLedger(api));
  const next = recorded(first, sampleLedger(change(confirmed(api, 4))));
  expect(isPlain(next)).toBe(true);
  expectLedger(next, sampleLedger(change(confirmed(api, 4))));
});

test('the message names the newest release once if 300 images share it', () => {
  const entries = Array.from({ length: 300 }, (_, index) => sampleEntry(`image${index}`, [2]));
  const first = recorded(NONE, sampleLedger(...entries));
  const { message = '' } = recorded(first, sampleLedger(...entries.map((entry) => confirmed(entry, 3))));
  expect(message.split(commitOf(3)).length - 1).toBe(1);
  expect(message.length).toBeLessThan(10_000);
});

test.each([
  ['invalid JSON', '[{'],
  ['not a list', '{}'],
  ['an image that is not in the file', '[{"images":["ghcr.io/acme/none"]}]'],
  ['an unknown status', `[{"images":["${API}"],"status":"gone"}]`],
  ['an invalid commit', `[{"images":["${API}"],"newest":{"commit":"-x"}}]`],
  ['terminal escape sequences', `[{"images":["${API}"],"commit":"\\u001b]0;x\\u0007"}]`],
])('reports the ledger as damaged if its amendments are unreadable: %s', (_what, amendments) => {
  const reading = recorded(NONE, sampleLedger(api));
  const message = `Confirm\n\nImage-Release-Id: run.1\nImage-Release-Amendments: ${amendments}\n`;
  const read = () => readLedger({ ...reading, message });
  expect(read).toThrow(ReleaseError);
  expect(read).toThrow('The ledger of channel main is damaged');
});
