import { REFUSALS } from './refusal-cases.js';
import { type Edits, NEW, proofOf } from './fixtures.js';
import { SOUND } from './sound-cases.js';

const EDITS: Edits = { 'k8s/kustomization.yaml': [NEW] };

describe('without kustomize', () => {
  test.each(SOUND)('reports only that the edit is unproved, for $what', async ({ tree, edits }) => {
    const problems = await proofOf(tree, edits, { status: 'missing' });
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['deploy/kustomize-unproved']));
  });

  test.each(REFUSALS)(
    'reports exactly the expected problem codes, for $promise',
    async ({ tree, edits = EDITS, problems, structure }) => {
      const found = await proofOf(tree, edits, { status: 'missing' });
      const same = ['deploy/kustomize-unproved', ...problems.map(({ code }) => code)];
      expect(found.map(({ code }) => code)).toEqual(structure ?? same);
    },
  );
});
