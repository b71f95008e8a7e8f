import { proofOf } from './repository.js';
import { SOUND } from './sound-cases.js';

describe('an edit that takes effect passes in silence', () => {
  test.each(SOUND)('$what: our own reading sees the same', async ({ tree, edits }) => {
    const problems = await proofOf(tree, edits, { status: 'missing' });
    expect(problems.map(({ code }) => code)).toEqual(['deploy/kustomize-missing']);
  });
});
