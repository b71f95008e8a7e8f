import { loadConfig } from '../../src/config/load.js';
import { overrideChoice } from '../../src/config/builder-settings.js';
import { imageConfig } from '../plan/fixtures.js';

const load = (text: string) => loadConfig({ text, origin: 'image-release.yml' });
const image = (yaml: string) => load(`images: { api: ${yaml} }`).images[0]!;

test('fills in all defaults for an image without settings', () => {
  const loaded = load('images: { api: }');
  expect(loaded.place('images.api')).toEqual({ file: 'image-release.yml', line: 1, column: 11 });
  expect({ ...loaded, place: undefined }).toEqual({
    origin: 'image-release.yml',
    images: [imageConfig('api')],
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
])('keeps arguments, labels and annotations as written: %s', (args, expected) => {
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
])('reads secrets %s', (secrets, expected) => {
  expect(image(`{ secrets: ${secrets} }`).secrets).toEqual(expected);
});

test('reads platforms as a list without duplicates', () => {
  expect(image('{ platforms: "linux/amd64 , linux/arm64,linux/amd64" }').platforms).toEqual([
    'linux/amd64',
    'linux/arm64',
  ]);
});

test('reads `paths` as lines of text, and ignores an empty list', () => {
  expect(image('{ paths: "src\\npackage*.json" }').paths).toEqual(['src', 'package*.json']);
  expect(image('{ paths: [] }')).not.toHaveProperty('paths');
});

test('keeps the key of an image context and normalizes the path of a folder', () => {
  const config = load('images: { api: { contexts: { base: image:base, lib: ./libs/ } }, base: }');
  expect(config.images[0]?.contexts).toEqual({ base: 'image:base', lib: 'libs' });
});

test('ignores an empty list of tag rules of an image', () => {
  expect(image('{ tags: [] }')).not.toHaveProperty('tags');
});

test('reads tag rules as text with comments, like docker/metadata-action', () => {
  const config = load('images: { api: { tags: type=edge } }\ntags: |\n  # first\n  type=sha\n\n  type=edge # x\n');
  expect(config.tags).toEqual(['type=sha', 'type=edge # x']);
  expect(config.images[0]?.tags).toEqual(['type=edge']);
});

test.each([
  ['cache: none', { cache: { type: 'none' } }],
  ['cache: false', { cache: { type: 'none' } }],
  ['cache: true', { cache: { type: 'auto' } }],
  ['cache: registry', { cache: { type: 'registry' } }],
  ['cache: { type: registry, ref: r/c }', { cache: { type: 'registry', ref: 'r/c' } }],
  ['cache: { mounts: false }', { cache: { type: 'auto' }, cacheMounts: 'off' }],
  ['cache: { mounts-max-size: 500m }', { cacheMounts: { maxSize: 524_288_000 } }],
  ['cache: none', { cacheMounts: { maxSize: 2_147_483_648 } }],
  ['skip-unchanged: false', { unchanged: 'rebuild' }],
  ['skip-unchanged: true', { unchanged: 'reuse' }],
  ['max-age: 90m', { maxAge: 5400 }],
  ['max-age: 12h', { maxAge: 43_200 }],
  ['max-age: 7d', { maxAge: 604_800 }],
  ['max-age: 2w', { maxAge: 1_209_600 }],
  ['attest: { sign: github, sbom: best-effort }', { attest: { sign: 'github', sbom: 'best-effort' } }],
  ['bake: ./docker-bake.hcl', { bake: { files: ['docker-bake.hcl'], targets: [] } }],
  [
    'bake: { file: [a.hcl, ./b/c.json], targets: "x, y,x" }',
    { bake: { files: ['a.hcl', 'b/c.json'], targets: ['x', 'y'], overrides: { api: {} } } },
  ],
  ['attest: off', { attest: { provenance: 'off', sbom: 'off', sign: 'off' } }],
  ['attest: false', { attest: { provenance: 'off', sbom: 'off' } }],
  ['attest: { provenance: off }', { attest: { provenance: 'off', sbom: 'on' } }],
  ['attest: { provenance: true, sbom: false }', { attest: { provenance: 'auto', sbom: 'off' } }],
  ['%YAML 1.1\n---\nimages: { api: }\nattest: { sbom: off }', { attest: { sbom: 'off' } }],
  ['builder: auto', { builder: { type: 'auto', settings: [] } }],
  ['builder: remote', { builder: { type: 'listed', settings: [{ type: 'remote', nodes: [] }] } }],
  ['builder: { type: buildx, name: b }', { builder: { type: 'listed', settings: [{ type: 'buildx', name: 'b' }] } }],
  [
    'builder: { type: remote, endpoint: [tcp://a:1, {endpoint: "unix:///b.sock", platforms: linux/arm64}], tls: {ca: c, server-name: s} }',
    {
      builder: {
        settings: [
          {
            type: 'remote',
            nodes: [
              { endpoint: 'tcp://a:1', platforms: [] },
              { endpoint: 'unix:///b.sock', platforms: ['linux/arm64'] },
            ],
            tls: { ca: 'c', serverName: 's' },
          },
        ],
      },
    },
  ],
  [
    'builder: [buildx, {type: kaniko, registry-secret: r, cache-repository: ghcr.io/acme/cache, limits: {cpu: 2, memory: 4Gi, ephemeral-storage: 10Gi}, service-account: s}, dispatch]',
    {
      builder: {
        type: 'listed',
        settings: [
          { type: 'buildx' },
          {
            type: 'kaniko',
            registrySecret: 'r',
            cacheRepository: 'ghcr.io/acme/cache',
            limits: { cpu: '2', memory: '4Gi', ephemeralStorage: '10Gi' },
            serviceAccount: 's',
          },
          { type: 'dispatch' },
        ],
      },
    },
  ],
  [
    'builder: {type: kubernetes, namespace: n, replicas: 3, rootless: false, node-selector: {a: b}, tolerations: [{key: k, effect: NoSchedule}, {key: k, value: v}]}',
    {
      builder: {
        settings: [
          {
            type: 'kubernetes',
            namespace: 'n',
            replicas: 3,
            rootless: false,
            nodeSelector: { a: 'b' },
            tolerations: [
              { key: 'k', operator: 'Exists', effect: 'NoSchedule' },
              { key: 'k', operator: 'Equal', value: 'v' },
            ],
          },
        ],
      },
    },
  ],
  ['registry: ghcr.io/acme/', { registry: 'ghcr.io/acme' }],
  ['deploy: ./k8s/', { deploy: [{ kustomization: 'k8s', pin: 'tag' }] }],
  [
    'deploy: [a, { kustomization: b, images: "api" }]',
    { deploy: [{ kustomization: 'a' }, { kustomization: 'b', images: ['api'] }] },
  ],
])('reads %s', (yaml, expected) => {
  expect(load(yaml.startsWith('%') ? yaml : `images: { api: }\n${yaml}`)).toMatchObject(expected);
});

test('a run can choose another builder, with the settings that are configured for it', () => {
  const { builder } = load('images: { api: }\nbuilder: [buildx, {type: kaniko, namespace: n}]');
  const kaniko = { type: 'kaniko', namespace: 'n' };
  expect(overrideChoice(builder, undefined)).toBe(builder);
  expect(overrideChoice(builder, 'auto')).toEqual({ type: 'auto', settings: [{ type: 'buildx' }, kaniko] });
  expect(overrideChoice(builder, 'kaniko')).toEqual({ type: 'listed', settings: [kaniko] });
  const named = { type: 'buildx', name: 'builder-3f0c' };
  expect(overrideChoice(builder, { name: named.name })).toEqual({ type: 'listed', settings: [named] });
  expect(overrideChoice(builder, 'remote')).toEqual({
    type: 'listed',
    settings: [{ type: 'remote', nodes: [] }],
  });
});
