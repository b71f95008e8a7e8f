import { EDITS, REFUSALS } from './refusal-cases.js';
import { proofOf } from './repository.js';

describe('what an edit is refused for, or warned of', () => {
  test.each(REFUSALS)('without kustomize: $promise', async ({ tree, edits = EDITS, problems, structure }) => {
    const found = await proofOf(tree, edits, { status: 'missing' });
    const same = ['deploy/kustomize-missing', ...problems.map(({ code }) => code)];
    expect(found.map(({ code }) => code)).toEqual(structure ?? same);
  });
});
