import { deployedReferences } from '../../../src/deploy/status/status.js';
import { digestOf } from '../ledger/fixtures.js';
import { IMAGE, reading, says } from './fixtures.js';

describe('the registry is asked', () => {
  test('for what the ledger records', () => {
    expect(deployedReferences(reading({}, says({ tag: 'main-hotfix' })))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: digestOf(3) },
    ]);
  });

  test('for what the file says where nothing is recorded', () => {
    expect(deployedReferences(reading({ ledger: undefined }))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: undefined },
    ]);
  });

  test('for nothing where there is no reference', () => {
    expect(deployedReferences(reading({ ledger: undefined }, says({ tag: undefined })))).toEqual([]);
  });
});
