import { loadConfig } from '../../src/config/load.js';

const load = (text: string) => loadConfig({ text, origin: 'image-release.yml' });
const image = (yaml: string) => load(`images: { api: ${yaml} }`).images[0]!;

test('an image without settings gets all defaults from its key', () => {
  const loaded = load('images: { api: }');
  expect(loaded.place('images.api')).toEqual({ file: 'image-release.yml', line: 1, column: 11 });
  expect({ ...loaded, place: undefined }).toEqual({
    origin: 'image-release.yml',
    images: [
      {
        key: 'api',
        context: 'api',
        dockerfile: 'api/Dockerfile',
        args: {},
        secrets: [],
        platforms: [],
        contexts: {},
        labels: {},
        annotations: {},
        noCache: false,
        extra: {},
      },
    ],
    helpers: [],
    tags: [],
    flavor: [],
    cache: { type: 'auto' },
    cacheMounts: { maxSize: 2_147_483_648 },
    attest: { provenance: 'auto', sbom: 'on', sign: 'off' },
    unchanged: 'reuse',
    deploy: [],
    builder: { type: 'auto', settings: [] },
  });
});

test.each([
  ['{}', 'api', 'api/Dockerfile'],
  ['{ context: . }', '.', 'Dockerfile'],
  ['{ context: ./web/ }', 'web', 'web/Dockerfile'],
  ['{ context: ., dockerfile: api/Dockerfile }', '.', 'api/Dockerfile'],
  ['{ context: web, dockerfile: Dockerfile.prod }', 'web', 'web/Dockerfile.prod'],
  ['{ context: web, dockerfile: ../docker/web }', 'web', 'docker/web'],
])('%s has the context %s and the Dockerfile %s', (yaml, context, dockerfile) => {
  expect(image(yaml)).toMatchObject({ context, dockerfile });
});

test.each([
  ['{ A: 1.10 }', { A: '1.10' }],
  ['{ A: 007 }', { A: '007' }],
  ['{ A: 0x1F }', { A: '0x1F' }],
  ['{ A: 12345678901234567890 }', { A: '12345678901234567890' }],
  ['{ A: true, B: True }', { A: 'true', B: 'True' }],
  ['{ A: "", B: yes, C: off }', { A: '', B: 'yes', C: 'off' }],
  ['{ a.b.c: 1.0 }', { 'a.b.c': '1.0' }],
  ['[A=1.10, B=, C=x=y]', { A: '1.10', B: '', C: 'x=y' }],
])('arguments %s keep what was written', (args, expected) => {
  expect(image(`{ args: ${args}, labels: ${args}, annotations: ${args} }`)).toMatchObject({
    args: expected,
    labels: expected,
    annotations: expected,
  });
});

test.each([
  ['{ npm: { env: NPM_TOKEN } }', [{ id: 'npm', env: 'NPM_TOKEN' }]],
  ['{ rc: { file: /run/npmrc } }', [{ id: 'rc', file: '/run/npmrc' }]],
  ["['id=npm,env=NPM_TOKEN']", [{ id: 'npm', env: 'NPM_TOKEN' }]],
  [
    "['src=.npmrc,id=rc', 'type=file,id=x']",
    [
      { id: 'rc', file: '.npmrc' },
      { id: 'x', file: 'x' },
    ],
  ],
  [
    "['type=env,id=a,src=B', 'id=C']",
    [
      { id: 'a', env: 'B' },
      { id: 'C', env: 'C' },
    ],
  ],
])('secrets %s', (secrets, expected) => {
  expect(image(`{ secrets: ${secrets} }`).secrets).toEqual(expected);
});

test('platforms are a list, without repetition', () => {
  expect(image('{ platforms: "linux/amd64 , linux/arm64,linux/amd64" }').platforms).toEqual([
    'linux/amd64',
    'linux/arm64',
  ]);
});

test('patterns of what counts may be a text, and an empty list leaves what is copied', () => {
  expect(image('{ paths: "src\\npackage*.json" }').paths).toEqual(['src', 'package*.json']);
  expect(image('{ paths: [] }')).not.toHaveProperty('paths');
});

test('a context on another image keeps its key, a path is cleaned', () => {
  const config = load('images: { api: { contexts: { base: image:base, lib: ./libs/ } }, base: }');
  expect(config.images[0]?.contexts).toEqual({ base: 'image:base', lib: 'libs' });
});

test('an empty list of tag rules for an image leaves it the ones of the release', () => {
  expect(image('{ tags: [] }')).not.toHaveProperty('tags');
});
