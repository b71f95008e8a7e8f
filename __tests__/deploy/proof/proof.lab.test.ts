/** @programs kustomize */
import { proofOf } from './repository.js';
import { SOUND } from './sound-cases.js';

describe('an edit that takes effect passes in silence', () => {
  test.each(SOUND)('$what', async ({ tree, edits }) => {
    expect(await proofOf(tree, edits)).toEqual([]);
  });
});
