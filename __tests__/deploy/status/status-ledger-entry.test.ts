import type { ChannelReading } from '../../../src/deploy/status/status.js';
import { sampleEntry, sampleLedger } from '../ledger/fixtures.js';
import { api, reading } from './fixtures.js';

describe('an image is found in the ledger', () => {
  const find = (images: ChannelReading['images'], entry = sampleEntry('api', [3])) =>
    api(reading({ images, ledger: sampleLedger(entry) })).current.status;

  test.each([
    ['docker.io/acme/api', 'acme/api'],
    ['docker.io/acme/api', 'index.docker.io/acme/api'],
  ])('%s as %s', (configured, recorded) => {
    const entry = sampleEntry('other', [3], { image: recorded });
    expect(find([{ key: 'api', image: configured }], entry)).toBe('deployed');
  });

  test('by its key where the configuration names no registry', () => {
    expect(find([{ key: 'api', releasedFrom: 'Acme/App' }])).toBe('deployed');
  });

  test('never under the same key of another repository that shares the channel', () => {
    expect(find([{ key: 'api', image: 'ghcr.io/shop/api', releasedFrom: 'shop/web' }])).toBe('unrecorded');
  });
});
