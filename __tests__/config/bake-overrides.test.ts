import { one, read } from './bake-print.js';

const TARGET = {
  context: 'a',
  dockerfile: 'x/D',
  'dockerfile-inline': 'FROM a',
  args: { A: '1', B: '2' },
  contexts: { lib: 'lib' },
  secret: ['id=s,env=S', 'id=t,env=T'],
  platforms: ['linux/amd64'],
  tags: ['r/api:1'],
  target: 'old',
};

test.each<[string, object, object]>([
  ['{ target: new }', { target: 'new' }, { context: 'a', dockerfile: 'a/x/D', image: 'r/api' }],
  ['{ args: { B: 3, C: 4 } }', { args: { A: '1', B: '3', C: '4' } }, {}],
  ['{ contexts: { os: docker-image://x } }', { contexts: { lib: 'lib', os: 'docker-image://x' } }, {}],
  [
    '{ secrets: { s: { file: f } } }',
    {
      secrets: [
        { id: 't', env: 'T' },
        { id: 's', file: 'f' },
      ],
    },
    {},
  ],
  ['{ platforms: linux/arm64 }', { platforms: ['linux/arm64'] }, {}],
  ['{ image: other }', { image: 'other' }, {}],
  ['{ context: b }', { context: 'b', dockerfile: 'b/x/D', dockerfileInline: 'FROM a' }, {}],
  ['{ paths: [src], tags: [type=sha] }', { paths: ['src'], tags: ['type=sha'] }, {}],
  ['', { context: 'a', args: { A: '1', B: '2' } }, {}],
])('what `images` says of a target is laid over it: %s', (written, expected, kept) => {
  const { image } = one(TARGET, `bake: docker-bake.hcl\nimages: { api: ${written} }`);
  expect(image).toMatchObject({ ...expected, ...kept });
});

test('a Dockerfile of its own takes the place of one in the bake file', () => {
  const { image } = one(TARGET, 'bake: docker-bake.hcl\nimages: { api: { dockerfile: Own } }');
  expect(image.dockerfile).toBe('a/Own');
  expect(image).not.toHaveProperty('dockerfileInline');
});

test('a helper that `images` names is released, too', () => {
  const print = {
    group: { default: { targets: ['api'] } },
    target: { api: { contexts: { base: 'target:base' } }, base: { context: 'b' } },
  };
  const { config } = read(print, 'bake: docker-bake.hcl\nimages: { base: { image: base } }');
  expect(config.images).toMatchObject([
    { key: 'base', context: 'b', image: 'base' },
    { key: 'api', contexts: { base: 'image:base' } },
  ]);
  expect(config.helpers).toEqual([]);
});
