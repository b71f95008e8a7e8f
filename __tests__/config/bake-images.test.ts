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

/** Reads a bake file whose default group has only the target `api`. */
const one = (target: object, yaml?: string) => {
  const { config, problems } = read({ group: { default: { targets: ['api'] } }, target: { api: target } }, yaml);
  return { image: config.images[0]!, problems, config };
};

test('a target without settings builds the root with its Dockerfile', () => {
  expect(one({}).image).toEqual(imageConfig('api', { context: '.', dockerfile: 'Dockerfile' }));
});

test.each<[string, object, object]>([
  ['a Dockerfile outside the context', { context: 'a/b', dockerfile: '../x' }, { context: 'a/b', dockerfile: 'a/x' }],
  ['an absolute context', { context: '/repository/a/' }, { context: 'a', dockerfile: 'a/Dockerfile' }],
  ['the absolute path of the repository', { context: '/repository' }, { context: '.', dockerfile: 'Dockerfile' }],
  ['a context outside the repository', { context: '../b' }, { context: '../b', dockerfile: '../b/Dockerfile' }],
  ['an absolute Dockerfile', { context: 'a', dockerfile: '/repository/d' }, { dockerfile: 'd' }],
  ['a `cwd://` context', { context: 'cwd://a' }, { context: 'a' }],
  [
    'a Git repository as context',
    { context: 'https://e.org/a.git#v1', dockerfile: 'd/x' },
    { context: 'https://e.org/a.git#v1', dockerfile: 'd/x' },
  ],
  ['a GitHub repository without a scheme', { context: 'github.com/a/b' }, { context: 'https://github.com/a/b' }],
  ['an inline Dockerfile', { 'dockerfile-inline': 'FROM a' }, { dockerfileInline: 'FROM a' }],
  ['arguments, leaving out those without a value', { args: { A: '1', B: null } }, { args: { A: '1' } }],
  ['platforms, leaving out `local`', { platforms: ['local', 'linux/arm64'] }, { platforms: ['linux/arm64'] }],
  [
    'secrets as older buildx prints them',
    { secret: ['id=a,env=B', 'type=file,id=c,src=d'] },
    {
      secrets: [
        { id: 'a', env: 'B' },
        { id: 'c', file: 'd' },
      ],
    },
  ],
  [
    'secrets as newer buildx prints them',
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
    'cache entries as older and newer buildx print them',
    { 'cache-from': ['r/x', { type: 'gha', scope: 'a,b' }], 'cache-to': [{ scope: 'x', type: 'gha' }] },
    { cacheEntries: { from: ['r/x', 'type=gha,"scope=a,b"'], to: ['type=gha,scope=x'] } },
  ],
  [
    'annotations with and without a level',
    { annotations: ['index,manifest:a=b=c', 'd=e'] },
    { annotations: { 'index,manifest:a': 'b=c', d: 'e' } },
  ],
  [
    'named contexts of every kind',
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
    'settings that are only passed on',
    { network: 'host', ulimits: ['nofile=1'], 'extra-hosts': { a: '::1' }, attest: ['x'], call: 'check' },
    { extra: { network: 'host', ulimits: ['nofile=1'], 'extra-hosts': { a: '::1' } } },
  ],
  ['an image name with a tag', { tags: ['localhost:5001/a/b:1'] }, { image: 'localhost:5001/a/b' }],
  ['an image name without a tag', { tags: ['localhost:5001/a/b'] }, { image: 'localhost:5001/a/b' }],
  ['an image name with a digest', { tags: [`a/b:1@sha256:${'0'.repeat(64)}`] }, { image: 'a/b' }],
])('reads %s', (_, target, expected) => {
  expect(one(target).image).toMatchObject(expected);
});

test('places point to the bake file, except for settings in the configuration', () => {
  const { config } = one({ context: 'a' }, 'bake: docker-bake.hcl\nimages:\n  api:\n    no-cache: true\n    target: t');
  expect(config.place('images.api.context')).toEqual({ file: 'docker-bake.hcl', line: 2 });
  expect(config.place('images.api.target')).toMatchObject({ file: 'image-release.yml', line: 5 });
  expect(config.place('images.api.no-cache')).toMatchObject({ file: 'image-release.yml', line: 4 });
  expect(config.place('bake')).toMatchObject({ file: 'image-release.yml', line: 1 });
});

test('expands groups, refers to released targets as images, and turns other targets into helpers', () => {
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

describe('a target named default', () => {
  const print = (target: object, group: object) => ({ group, target: { default: target } });
  test.each([
    ['as buildx 0.13 prints it', { default: { targets: [] } }],
    ['as later versions print it', { default: { targets: ['default'] } }],
  ])('is named after its image, %s', (_, group) => {
    const { config, problems } = read(print({ tags: ['ghcr.io/acme/shop:1'] }, group));
    expect(problems).toEqual([]);
    expect(config.images).toMatchObject([{ key: 'shop', image: 'ghcr.io/acme/shop' }]);
  });

  test('is an error if it has no image to be named after', () => {
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
])('settings under `images` override those of the target: %s', (written, expected, kept) => {
  const { image } = one(TARGET, `bake: docker-bake.hcl\nimages: { api: ${written} }`);
  expect(image).toMatchObject({ ...expected, ...kept });
});

test('`dockerfile` under `images` replaces the inline Dockerfile of the bake file', () => {
  const { image } = one(TARGET, 'bake: docker-bake.hcl\nimages: { api: { dockerfile: Own } }');
  expect(image.dockerfile).toBe('a/Own');
  expect(image).not.toHaveProperty('dockerfileInline');
});

test('a helper target listed under `images` is released too', () => {
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
  ['a bake file without targets', { group: {}, target: {} }, [{ code: 'config/bake-invalid' }]],
  [
    'a target name that is not a valid image key',
    { group: { default: { targets: ['_api'] } }, target: { _api: {} } },
    [{ code: 'config/bake-invalid', message: expect.stringContaining('_api') }],
  ],
  [
    'target names that differ only in case',
    { group: { default: { targets: ['Web', 'web'] } }, target: { Web: {}, web: {} } },
    [{ code: 'config/bake-invalid', message: expect.stringContaining('Web and web') }],
  ],
  [
    'tags of two image repositories',
    { group: { default: { targets: ['api'] } }, target: { api: { tags: ['a/b:1', 'a/b:2', 'c/d:1'] } } },
    [{ code: 'config/bake-warning', severity: 'warning', place: { file: 'docker-bake.hcl', line: 2 } }],
  ],
  [
    'an output that a release drops',
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
    'nothing for outputs that a release produces anyway',
    {
      group: { default: { targets: ['api'] } },
      target: { api: { output: ['type=registry', { type: 'image', push: 'true' }, 'type=cacheonly'] } },
    },
    [],
  ],
])('reports %s', (_, print, expected) => {
  expect(read(print).problems).toMatchObject(expected);
});
