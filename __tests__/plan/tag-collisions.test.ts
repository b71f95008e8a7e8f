import { findTagCollisions } from '../../src/plan/tags.js';

describe('collisions', () => {
  const image = 'ghcr.io/acme/api';

  test('two images that would be pushed as one reference are reported once per pair', () => {
    const problems = findTagCollisions([
      { key: 'api', image, tags: ['main-860c190', 'latest'] },
      { key: 'alpine', image, tags: ['main-860c190', 'latest'] },
    ]);
    expect(problems).toMatchObject([{ code: 'tags/collision', image: 'alpine' }]);
    expect(problems[0]?.message).toContain('ghcr.io/acme/api:main-860c190');
  });

  test('variants with a suffix of their own live side by side', () => {
    const variants = [
      { key: 'api', image, tags: ['main-860c190'] },
      { key: 'alpine', image, tags: ['main-860c190-alpine'] },
      { key: 'web', image: 'ghcr.io/acme/web', tags: ['main-860c190'] },
    ];
    expect(findTagCollisions(variants)).toEqual([]);
  });
});
