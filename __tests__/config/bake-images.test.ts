import { bakePrintSchema, readBakeImages } from '../../src/config/bake-images.js';
import { loadConfig } from '../../src/config/load.js';
import { imageConfig } from '../plan/fixtures.js';

const HCL = {
  path: 'docker-bake.hcl',
  text: 'variable "V" {}\ntarget "api" {\n}\ntarget "Web" {\n}\n',
};

function read(print: object, yaml = 'bake: docker-bake.hcl') {
  const config = loadConfig({ text: yaml, origin: 'image-release.yml' });
  return readBakeImages(config, bakePrintSchema.parse(print), [HCL], '/repository');
}

/** A single target `api`, as the one that was asked for. */
const one = (target: object, yaml?: string) => {
  const { config, problems } = read({ group: { default: { targets: ['api'] } }, target: { api: target } }, yaml);
  return { image: config.images[0]!, problems, config };
};

test('a target without settings is the root with its Dockerfile', () => {
  expect(one({}).image).toEqual(imageConfig('api', { context: '.', dockerfile: 'Dockerfile' }));
});

test.each<[string, object, object]>([
  ['a Dockerfile beside', { context: 'a/b', dockerfile: '../x' }, { context: 'a/b', dockerfile: 'a/x' }],
  ['an absolute path', { context: '/repository/a/' }, { context: 'a', dockerfile: 'a/Dockerfile' }],
  ['the root by its path', { context: '/repository' }, { context: '.', dockerfile: 'Dockerfile' }],
  ['a path outside', { context: '../b' }, { context: '../b', dockerfile: '../b/Dockerfile' }],
  ['an absolute Dockerfile', { context: 'a', dockerfile: '/repository/d' }, { dockerfile: 'd' }],
  ['the folder of bake', { context: 'cwd://a' }, { context: 'a' }],
  [
    'a repository',
    { context: 'https://e.org/a.git#v1', dockerfile: 'd/x' },
    { context: 'https://e.org/a.git#v1', dockerfile: 'd/x' },
  ],
  ['a repository of GitHub', { context: 'github.com/a/b' }, { context: 'https://github.com/a/b' }],
  ['a Dockerfile in the file', { 'dockerfile-inline': 'FROM a' }, { dockerfileInline: 'FROM a' }],
  ['arguments without value', { args: { A: '1', B: null } }, { args: { A: '1' } }],
  ['the own platform', { platforms: ['local', 'linux/arm64'] }, { platforms: ['linux/arm64'] }],
  [
    'secrets of older buildx',
    { secret: ['id=a,env=B', 'type=file,id=c,src=d'] },
    {
      secrets: [
        { id: 'a', env: 'B' },
        { id: 'c', file: 'd' },
      ],
    },
  ],
  [
    'secrets of newer buildx',
    { secret: [{ id: 'a', env: 'B' }, { id: 'c', src: 'd' }, { id: 'E' }] },
    {
      secrets: [
        { id: 'a', env: 'B' },
        { id: 'c', file: 'd' },
        { id: 'E', env: 'E' },
      ],
    },
  ],
  [
    'caches of both',
    { 'cache-from': ['r/x', { type: 'gha', scope: 'a,b' }], 'cache-to': [{ scope: 'x', type: 'gha' }] },
    { cacheEntries: { from: ['r/x', 'type=gha,"scope=a,b"'], to: ['type=gha,scope=x'] } },
  ],
  [
    'annotations with and without level',
    { annotations: ['index,manifest:a=b=c', 'd=e'] },
    { annotations: { 'index,manifest:a': 'b=c', d: 'e' } },
  ],
  [
    'contexts of every kind',
    { contexts: { a: './lib/', b: 'docker-image://x', c: 'target:other', d: 'service:o.p' } },
    {
      contexts: {
        a: 'lib',
        b: 'docker-image://x',
        c: 'image:target:other',
        d: 'image:target:o_p',
      },
    },
  ],
  [
    'what is only passed on',
    { network: 'host', ulimits: ['nofile=1'], 'extra-hosts': { a: '::1' }, attest: ['x'], call: 'check' },
    { extra: { network: 'host', ulimits: ['nofile=1'], 'extra-hosts': { a: '::1' } } },
  ],
  ['a name with tag', { tags: ['localhost:5001/a/b:1'] }, { image: 'localhost:5001/a/b' }],
  ['a name without tag', { tags: ['localhost:5001/a/b'] }, { image: 'localhost:5001/a/b' }],
  ['a name with digest', { tags: [`a/b:1@sha256:${'0'.repeat(64)}`] }, { image: 'a/b' }],
])('%s', (_, target, expected) => {
  expect(one(target).image).toMatchObject(expected);
});

test('a place is in the bake file, unless the configuration says it', () => {
  const { config } = one({ context: 'a' }, 'bake: docker-bake.hcl\nimages:\n  api:\n    no-cache: true\n    target: t');
  expect(config.place('images.api.context')).toEqual({ file: 'docker-bake.hcl', line: 2 });
  expect(config.place('images.api.target')).toMatchObject({ file: 'image-release.yml', line: 5 });
  expect(config.place('images.api.no-cache')).toMatchObject({ file: 'image-release.yml', line: 4 });
  expect(config.place('bake')).toMatchObject({ file: 'image-release.yml', line: 1 });
});

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

test.each<[string, object, object[]]>([
  ['nothing to build', { group: {}, target: {} }, [{ code: 'config/bake-invalid' }]],
  [
    'a name that is no key',
    { group: { default: { targets: ['_api'] } }, target: { _api: {} } },
    [{ code: 'config/bake-invalid', message: expect.stringContaining('_api') }],
  ],
  [
    'names that differ in case alone',
    { group: { default: { targets: ['Web', 'web'] } }, target: { Web: {}, web: {} } },
    [{ code: 'config/bake-invalid', message: expect.stringContaining('Web and web') }],
  ],
  [
    'tags of two repositories',
    { group: { default: { targets: ['api'] } }, target: { api: { tags: ['a/b:1', 'a/b:2', 'c/d:1'] } } },
    [{ code: 'config/bake-warning', severity: 'warning', place: { file: 'docker-bake.hcl', line: 2 } }],
  ],
  [
    'an output that is lost',
    { group: { default: { targets: ['Web'] } }, target: { Web: { output: [{ type: 'local', dest: 'o' }] } } },
    [
      {
        code: 'config/bake-warning',
        message: expect.stringContaining('type=local,dest=o'),
        place: { file: 'docker-bake.hcl', line: 4 },
      },
    ],
  ],
  [
    'outputs that a release makes anyway',
    {
      group: { default: { targets: ['api'] } },
      target: { api: { output: ['type=registry', { type: 'image', push: 'true' }, 'type=cacheonly'] } },
    },
    [],
  ],
])('%s', (_, print, expected) => {
  expect(read(print).problems).toMatchObject(expected);
});
