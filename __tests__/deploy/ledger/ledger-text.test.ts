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

test('a ledger that was written reads the same', () => {
  const api = sampleEntry('api', [3, 2, 1]);
  const bases = [`sha256:${'b'.repeat(64)}`];
  const ledger = sampleLedger({ ...api, current: { ...api.current, bases } }, sampleEntry('frontend', [2]));
  const text = writeLedger(ledger);
  expect(readLedger({ channel: 'main', oid: OID, text })).toEqual(ledger);
  expect(JSON.parse(text)).toMatchObject({ version: 1, channel: 'main' });
});

test('the order in which images were recorded does not show', () => {
  const [api, frontend] = [sampleEntry('api', [3, 2]), sampleEntry('frontend', [1])];
  expect(writeLedger(sampleLedger(api, frontend))).toBe(writeLedger(sampleLedger(frontend, api)));
});

test('a channel without a ledger has nothing on record', () => {
  expect(readLedger({ channel: 'main' })).toEqual<Ledger>({ channel: 'main', images: new Map() });
});

test.each([
  ['no JSON', '{"version": 1,'],
  ['no object', '[]'],
  ['nothing', ''],
  ['no file', undefined],
  [
    'a commit that is none',
    writeLedger(sampleLedger(sampleEntry('api', [1]))).replace(/"commit": "\w+"/, '"commit": "-x"'),
  ],
  [
    'escapes of a terminal in a tag',
    writeLedger(sampleLedger(sampleEntry('api', [1]))).replace(/"tag": "/g, '"tag": "\\u001b]0;x\\u0007'),
  ],
  ['80 MB', writeLedger(sampleLedger(sampleEntry('api', [1]))) + ' '.repeat(80e6)],
  ['an unknown status', writeLedger(sampleLedger(sampleEntry('api', [1]))).replace('"deployed"', '"gone"')],
])('a damaged ledger (%s) is never taken for an empty one', (_what, text) => {
  const problem = refused(text);
  expect(problem?.code).toBe('deploy/ledger-unreadable');
  expect(problem?.message).toContain('channel main is damaged');
  expect(problem?.fix).toContain('refs/image-release/main');
  expect(problem?.detail).not.toBe('');
});

test('a ledger of a newer version asks for that version', () => {
  const problem = refused(writeLedger(sampleLedger()).replace('"version": 1', '"version": 2'));
  expect(problem).toMatchObject({ code: 'deploy/ledger-unreadable' });
  expect(problem?.message).toContain('newer image-release (version 2');
});
