/** @programs kustomize */
import { EDITS, REFUSALS } from './refusal-cases.js';
import { placed, proofOf } from './repository.js';

describe('what an edit is refused for, or warned of', () => {
  test.each(REFUSALS)('$promise', async ({ tree, edits = EDITS, problems }) => {
    const found = await proofOf(tree, edits);
    expect(found.map(({ code }) => code)).toEqual(problems.map(({ code }) => code));
    found.forEach((problem, index) => {
      const { place, says } = problems[index]!;
      if (place !== undefined)
        expect(placed(problem)).toEqual(typeof place === 'string' ? place : expect.stringMatching(place));
      const text = [problem.message, problem.fix, problem.detail].join('\n');
      for (const part of says) expect(text).toMatch(part);
      expect(text).not.toMatch(/image-release-kustomize-|\/tmp\//);
    });
  });
});
