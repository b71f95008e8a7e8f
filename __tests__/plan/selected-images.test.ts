import { planned, TWO } from './planned-release.js';

describe('which images', () => {
  test('those that were asked for, whatever the order', () => {
    const { plan, selected } = planned(TWO, { request: { images: ['web'] } });
    expect(plan.images.map(({ key }) => key)).toEqual(['web']);
    expect(selected.map(({ key }) => key)).toEqual(['web']);
  });

  test('an unknown one is a problem with the name that was meant', () => {
    const { problems } = planned(TWO, { request: { images: ['wed', 'nothing-like-it'] } });
    expect(problems).toMatchObject([
      {
        code: 'input/invalid',
        message: 'There is no image wed in image-release.yml.',
        fix: 'Did you mean `web`?',
      },
      { code: 'input/invalid', fix: 'Use one of its images: api, web.' },
    ]);
  });

  test('one that can not be planned is left out of the plan, and still among those to look at', () => {
    const { plan, selected, problems } = planned(
      'registry: ghcr.io/acme\nimages: { api: { image: A }, web: }',
    );
    expect(problems).toMatchObject([
      { code: 'image/invalid-name', image: 'api', place: { file: 'image-release.yml', line: 2, column: 25 } },
    ]);
    expect(plan.images.map(({ key }) => key)).toEqual(['web']);
    expect(selected.map(({ key }) => key)).toEqual(['api', 'web']);
  });

  test('two under one name and tag collide', () => {
    const { problems } = planned(
      'registry: ghcr.io/acme\nimages: { api: { image: one }, web: { image: one } }',
    );
    expect(problems.map(({ code }) => code)).toContain('tags/collision');
  });
});
