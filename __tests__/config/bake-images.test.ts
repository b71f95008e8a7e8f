import { one } from './bake-print.js';

test('a target without settings is the root with its Dockerfile', () => {
  expect(one({}).image).toEqual({
    key: 'api',
    context: '.',
    dockerfile: 'Dockerfile',
    args: {},
    secrets: [],
    platforms: [],
    contexts: {},
    labels: {},
    annotations: {},
    noCache: false,
    extra: {},
  });
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
  const { config } = one(
    { context: 'a' },
    'bake: docker-bake.hcl\nimages:\n  api:\n    no-cache: true\n    target: t',
  );
  expect(config.place('images.api.context')).toEqual({ file: 'docker-bake.hcl', line: 2 });
  expect(config.place('images.api.target')).toMatchObject({ file: 'image-release.yml', line: 5 });
  expect(config.place('images.api.no-cache')).toMatchObject({ file: 'image-release.yml', line: 4 });
  expect(config.place('bake')).toMatchObject({ file: 'image-release.yml', line: 1 });
});
