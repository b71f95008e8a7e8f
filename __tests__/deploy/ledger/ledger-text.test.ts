import { readLedger, writeLedger, type Ledger } from '../../../src/deploy/ledger/ledger.js';
import { ReleaseError } from '../../../src/lib/errors.js';
import { sampleEntry, sampleLedger } from './fixtures.js';

const OID = 'a'.repeat(40);

function refused(text: string | undefined) {
  try {
    readLedger({ channel: 'main', oid: OID, text });
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems[0];
  }
  throw new Error('it was read');
}

test('a written ledger reads back the same', () => {
  const api = sampleEntry('api', [3, 2, 1]);
  const bases = [`sha256:${'b'.repeat(64)}`];
  const ledger = sampleLedger({ ...api, current: { ...api.current, bases } }, sampleEntry('frontend', [2]));
  const text = writeLedger(ledger);
  expect(readLedger({ channel: 'main', oid: OID, text })).toEqual(ledger);
  expect(JSON.parse(text)).toMatchObject({ version: 1, channel: 'main' });
});

test("the text doesn't depend on the order of the images", () => {
  const [api, frontend] = [sampleEntry('api', [3, 2]), sampleEntry('frontend', [1])];
  expect(writeLedger(sampleLedger(api, frontend))).toBe(writeLedger(sampleLedger(frontend, api)));
});

test('a channel without a ledger has no images', () => {
  expect(readLedger({ channel: 'main' })).toEqual<Ledger>({ channel: 'main', images: new Map() });
});

test.each([
  ['invalid JSON', '{"version": 1,'],
  ['not an object', '[]'],
  ['an empty file', ''],
  ['a missing file', undefined],
  [
    'an invalid commit',
    writeLedger(sampleLedger(sampleEntry('api', [1]))).replace(/"commit": "\w+"/, '"commit": "-x"'),
  ],
  [
    'terminal escape sequences in a tag',
    writeLedger(sampleLedger(sampleEntry('api', [1]))).replace(/"tag": "/g, '"tag": "\\u001b]0;x\\u0007'),
  ],
  ['a file of 80 MB', writeLedger(sampleLedger(sampleEntry('api', [1]))) + ' '.repeat(80e6)],
  ['an unknown status', writeLedger(sampleLedger(sampleEntry('api', [1]))).replace('"deployed"', '"gone"')],
])('reports the ledger as damaged: %s', (_what, text) => {
  const problem = refused(text);
  expect(problem?.code).toBe('deploy/ledger-unreadable');
  expect(problem?.message).toContain('channel main is damaged');
  expect(problem?.fix).toContain('refs/image-release/main');
  expect(problem?.detail).not.toBe('');
});

test('a ledger from a newer version requires a newer image-release', () => {
  const problem = refused(writeLedger(sampleLedger()).replace('"version": 1', '"version": 2'));
  expect(problem).toMatchObject({ code: 'deploy/ledger-unreadable' });
  expect(problem?.message).toContain('newer image-release (version 2');
});
