import { sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { api, codes, reading, says } from './fixtures.js';

const PULL = { number: 7, url: 'https://github.com/acme/app/pull/7' };

describe('a proposed release', () => {
  const ledger = sampleLedger(sampleEntry('api', [3, 2], { status: 'proposed' }));
  const earlier = says({ tag: sampleRelease(2).tag });

  test('waits in its pull request: that the file says something earlier is no drift', () => {
    const status = api(reading({ ledger, proposal: PULL }, earlier));
    expect(status).toMatchObject({ current: { status: 'proposed', pullRequest: PULL }, problems: [] });
  });

  test('is deployed as soon as the file says it', () => {
    expect(api(reading({ ledger, proposal: 'none' }, says())).current.status).toBe('deployed');
  });

  test('whose pull request was closed is told', () => {
    expect(codes(reading({ ledger, proposal: 'none' }, earlier))).toEqual(['deploy/drifted']);
  });

  test('is not missed where pull requests can not be asked for', () => {
    expect(codes(reading({ ledger, proposal: 'unknown' }, earlier))).toEqual([]);
  });
});
