import { read } from './bake-print.js';

test('groups are taken apart, what stands on a released target is its image, other targets are helpers', () => {
  const { config, problems } = read(
    {
      group: { default: { targets: ['web', 'apis'] }, apis: { targets: ['web', 'api'] } },
      target: {
        api: { contexts: { base: 'target:base' } },
        web: { contexts: { api: 'target:api' } },
        base: { contexts: { deep: 'target:deep' } },
        deep: {},
      },
    },
    'bake: docker-bake.hcl\nimages: { own: { contexts: { x: "image:web" } }, web: }',
  );
  expect(problems).toEqual([]);
  expect(config.images.map(({ key, contexts }) => [key, contexts])).toEqual([
    ['own', { x: 'image:web' }],
    ['web', { api: 'image:api' }],
    ['api', { base: 'image:target:base' }],
  ]);
  expect(config.helpers.map(({ key, contexts }) => [key, contexts])).toEqual([
    ['target:base', { deep: 'image:target:deep' }],
    ['target:deep', {}],
  ]);
});

describe('a target called default', () => {
  const print = (target: object, group: object) => ({ group, target: { default: target } });
  test.each([
    ['as buildx 0.13 prints it', { default: { targets: [] } }],
    ['as later ones do', { default: { targets: ['default'] } }],
  ])('is called as its image, %s', (_, group) => {
    const { config, problems } = read(print({ tags: ['ghcr.io/acme/shop:1'] }, group));
    expect(problems).toEqual([]);
    expect(config.images).toMatchObject([{ key: 'shop', image: 'ghcr.io/acme/shop' }]);
  });

  test('without an image has no name to be called by', () => {
    const { problems } = read(print({}, { default: { targets: ['default'] } }));
    expect(problems).toMatchObject([{ code: 'config/bake-invalid', severity: 'error' }]);
  });
});
