import { deflateRawSync } from 'node:zlib';
import type { FingerprintInput } from '../../src/fingerprint/fingerprint.js';
import { compareRecords, describeChange } from '../../src/fingerprint/compare.js';
import { fingerprintOf, hashText, recordOf, SCHEME } from '../../src/fingerprint/fingerprint.js';
import { decodeRecord, encodeRecord } from '../../src/fingerprint/record.js';

const input = (name: string, value = name): FingerprintInput => ({ name, hash: hashText(value) });
const pack = (value: unknown) => deflateRawSync(JSON.stringify(value)).toString('base64url');

/** `count` files in folders of ten. */
const many = (count: number, folder = 'web') =>
  Array.from({ length: count }, (_, at) =>
    input(`file ${folder}/src/part-${Math.floor(at / 10)}/file-with-a-long-name-${at}.ts`, `${at} ${folder}`),
  );

function changeBetween(before: FingerprintInput[], now: FingerprintInput[]): string {
  const written = decodeRecord(encodeRecord(recordOf(before)));
  return describeChange(compareRecords(written!, recordOf(now)));
}

test("record and fingerprint don't depend on the order of inputs", () => {
  const inputs = ['file b', 'arg A', 'file a', 'stage 0'].map((name) => input(name));
  const forwards = recordOf([...inputs]);
  const backwards = recordOf([...inputs].reverse());
  expect(backwards).toEqual(forwards);
  expect(fingerprintOf(backwards)).toBe(fingerprintOf(forwards));
});

test('moving characters between names and hashes changes the fingerprint', () => {
  const of = (...inputs: FingerprintInput[]) => fingerprintOf({ version: 1, inputs });
  const records = [
    of({ name: 'ab', hash: 'c' }),
    of({ name: 'a', hash: 'bc' }),
    of({ name: 'a', hash: 'b' }, { name: 'c', hash: '' }),
    of({ name: 'ab1:c', hash: '' }),
    of(),
  ];
  expect(new Set(records).size).toBe(records.length);
  expect(records[0]).toMatch(/^v1:[0-9a-f]{64}$/);
});

test('a decoded record has the encoded inputs and shows no change', () => {
  const inputs = [input('file ü/a b'), input('arg A'), input('file@shared x'), ...many(40)];
  const text = encodeRecord(recordOf([...inputs]));
  expect(text).toMatch(/^[\w-]+$/);
  expect(decodeRecord(text)).toEqual({
    version: SCHEME,
    inputs: recordOf([...inputs]).inputs.map(({ name, hash }) => ({ name, hash: hash.slice(0, 16) })),
  });
  expect(changeBetween(inputs, [...inputs])).toBe('');
});

test.each([1500, 5000, 60_000])('the record of %i files fits into 32 KiB and still shows a change', (count) => {
  const inputs = [input('stage 0'), ...many(count), input('file api/server.js')];
  const text = encodeRecord(recordOf([...inputs]));
  expect(text.length).toBeLessThanOrEqual(32 * 1024);
  expect(changeBetween(inputs, [...inputs])).toBe('');
  const at = Math.floor(count / 2);
  const changed = inputs.map((one, index) => (index === at ? { ...one, hash: hashText('new') } : one));
  expect(changeBetween(inputs, changed)).toMatch(
    /^(?:something below )?web\/src\/part-.* changed$|^something below web/,
  );
  expect(changeBetween(inputs, [...inputs, input('arg A')])).toBe('build argument A added');
});

test("a record that can't be shortened enough is empty", () => {
  const inputs = Array.from({ length: 20_000 }, (_, at) => input(`arg LONG_NAME_OF_AN_ARGUMENT_${at * 7919}`));
  expect(encodeRecord(recordOf(inputs))).toBe('');
});

const [NAMES, HASHES] = [['file a'], hashText('a').slice(0, 16)];

test.each<[string, string]>([
  ['empty text', ''],
  ['invalid base64url', 'a+b/c='],
  ['uncompressed bytes', 'AAAA'],
  ['truncated bytes', pack([SCHEME, NAMES, HASHES]).slice(0, -6)],
  ['invalid JSON', deflateRawSync('{').toString('base64url')],
  ['an object in place of a list', pack({ version: SCHEME, inputs: [] })],
  ['an older scheme', pack([SCHEME - 1, NAMES, HASHES])],
  ['a newer scheme', pack([SCHEME + 1, NAMES, HASHES])],
  ['an additional part', pack([SCHEME, NAMES, HASHES, 1])],
  ['names that are not a list', pack([SCHEME, 'file a', HASHES])],
  ['a name that is not a string', pack([SCHEME, [1], HASHES])],
  ['a missing hash', pack([SCHEME, ['file a', 'file b'], HASHES])],
  ['an invalid hash', pack([SCHEME, NAMES, 'xyz'])],
  ['a repeated name', pack([SCHEME, ['file a', 'file a'], `${HASHES} ${HASHES}`])],
  ['more names than a record ever has', pack([SCHEME, Array.from({ length: 1 << 17 }, String), ''])],
  ['longer text than a record ever has', 'A'.repeat(32 * 1024 + 1)],
])('reads no record from an annotation with %s', (_, text) => {
  expect(decodeRecord(text)).toBeUndefined();
});

test.each<[FingerprintInput[], FingerprintInput[], string]>([
  [[], [], ''],
  [[input('file a/b.js')], [input('file a/b.js', '2')], 'a/b.js changed'],
  [[], [input('file a/b.js')], 'a/b.js added'],
  [[input('file a/b.js')], [], 'a/b.js removed'],
  [[], [input('file a/x/1'), input('file a/y/2'), input('folder a/y')], '2 files added below a'],
  [[input('file a/1')], [input('file b/1')], '2 files changed'],
  [[input('folder a/empty')], [], 'a/empty removed'],
  [[], [input('folder a/x'), input('folder a/y')], '2 folders added below a'],
  [[input('arg A', '1')], [input('arg A', '2')], 'build argument A changed'],
  [[input('arg A')], [input('label x'), input('stage build')], 'stage build of the Dockerfile added (and 2 more)'],
  [[input('file a')], [input('file a', '2'), input('arg A')], 'a changed, build argument A added'],
  [[input('file@shared lib/x')], [input('file@shared lib/x', '2')], 'lib/x changed'],
  [[input('reference node:20')], [input('reference node:22')], 'base image node:22 added (and 1 more)'],
  [[input('setting network', 'a')], [input('setting network', 'b')], 'setting network changed'],
  [[input('below web')], [input('below web', '2')], 'something below web changed'],
  [[input('unheard of')], [], 'unheard of removed'],
])('describes a change in a clause: %#', (before, now, clause) => {
  expect(describeChange(compareRecords(recordOf(before), recordOf(now)))).toBe(clause);
});

test('escapes control characters in names', () => {
  const clause = changeBetween([], [input('file a\u001b[2J\n::error::b\u202e')]);
  expect(clause).toBe('a\\u{1b}[2J\\u{a}::error::b\\u{202e} added');
});
