import { bakeDefinition } from '../../src/build/buildx/bake-definition.js';
import { plannedImage } from './samples.js';

type Target = Record<string, unknown> & { output: string[]; attest: string[]; annotations?: string[] };

function targetOf(...args: Parameters<typeof bakeDefinition>): Target {
  const { json, targets } = bakeDefinition(...args);
  const key = args[0][0]!.key;
  return (JSON.parse(json) as { target: Record<string, Target> }).target[targets[key]!]!;
}

describe('where the result goes', () => {
  const image = plannedImage('api', { image: 'ghcr.io/acme/api', releaseTag: 'main-abc' });
  test.each([
    [
      'by-digest',
      'type=image,name=ghcr.io/acme/api,push-by-digest=true,name-canonical=true,oci-mediatypes=true,store=false,push=true',
    ],
    ['under-release-tag', 'type=image,name=ghcr.io/acme/api:main-abc,oci-mediatypes=true,store=false,push='],
    ['by-the-daemon', 'type=image,name=ghcr.io/acme/api:main-abc,oci-mediatypes=true,push=true'],
    ['no', 'type=cacheonly'],
  ] as const)('%s is the output %s', (push, output) => {
    expect(targetOf([image], push).output).toEqual([output]);
  });
});

describe('annotations stand where BuildKit can put them', () => {
  const annotations = { 'org.opencontainers.image.title': 'api' };
  const [index, manifest] = ['index', 'manifest'].map((at) => `${at}:org.opencontainers.image.title=api`);
  test.each([
    ['an attested image has an index', { attest: { provenance: 'min', sbom: 'off' } }, [index, manifest]],
    ['an SBOM makes an index', { attest: { provenance: 'off', sbom: {} } }, [index, manifest]],
    [
      'two platforms make an index',
      { attest: { provenance: 'off', sbom: 'off' }, platforms: ['linux/amd64', 'linux/arm64'] },
      [index, manifest],
    ],
    [
      'nothing else does',
      { attest: { provenance: 'off', sbom: 'off' }, platforms: ['linux/amd64'] },
      [manifest],
    ],
  ] as const)('%s', (_, over, expected) => {
    const image = plannedImage('api', { annotations, ...structuredClone(over) } as object);
    expect(targetOf([image], 'by-digest').annotations).toEqual(expected);
  });
});

test.each([
  [{ provenance: 'max', sbom: {} }, ['type=provenance,mode=max', 'type=sbom']],
  [
    { provenance: 'min', sbom: { scanner: 'r/scan:1' } },
    ['type=provenance,mode=min', 'type=sbom,generator=r/scan:1'],
  ],
  [{ provenance: 'off', sbom: 'off' }, ['type=provenance,disabled=true']],
] as const)('attestations %j become %j', (attest, expected) => {
  expect(targetOf([plannedImage('api', { attest })], 'by-digest').attest).toEqual(expected);
});

test.each([
  ['api', 'api/Dockerfile', 'Dockerfile'],
  ['.', 'api/Dockerfile', 'api/Dockerfile'],
  ['api', 'docker/api.Dockerfile', '../docker/api.Dockerfile'],
  ['../shared', '../shared/Dockerfile', 'Dockerfile'],
  ['/abs/ctx', '/abs/Dockerfile', '/abs/Dockerfile'],
  ['https://example.org/repository.git', 'docker/Dockerfile', 'docker/Dockerfile'],
])('bake resolves %s, %s as the plan does: %s', (context, dockerfile, wanted) => {
  const target = targetOf([plannedImage('api', { context, dockerfile })], 'no');
  expect(target['context']).toBe(context);
  expect(target['dockerfile']).toBe(wanted);
});

test('keys that bake would refuse as target names get distinct names', () => {
  const keys = ['api.v1', 'api/v1', 'default', 'internal', 'web'];
  const { targets } = bakeDefinition(
    keys.map((key) => plannedImage(key)),
    'no',
  );
  expect(targets).toEqual({
    'api.v1': 'api_v1',
    'api/v1': 'api_v1-2',
    default: 'default-2',
    internal: 'internal-2',
    web: 'web',
  });
});

test('everything that the build reads from disk is named, remote contexts are not', () => {
  const image = plannedImage('api', {
    dockerfile: 'docker/api.Dockerfile',
    contexts: {
      lib: '../lib',
      base: 'docker-image://busybox:1',
      layout: 'oci-layout://dist/layout@sha256:00',
    },
    secrets: [
      { id: 'a', file: '/run/a' },
      { id: 'b', env: 'B' },
    ],
  });
  expect(bakeDefinition([image], 'no').reads).toEqual([
    'api',
    '../lib',
    'dist/layout',
    'docker/api.Dockerfile',
    '/run/a',
  ]);
});

describe('images that stand on others', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const api = plannedImage('api', {
    contexts: { base: 'image:base.v1', lib: 'lib', os: 'docker-image://os' },
  });
  const base = plannedImage('base.v1', { platforms: ['linux/amd64'] });
  const unchanged = plannedImage('base.v1', { status: 'unchanged', digest, since: { tag: 'main-0' } });
  const read = (...images: Parameters<typeof bakeDefinition>[0]) => {
    const { json, ...rest } = bakeDefinition(images, 'by-digest');
    const { group, target } = JSON.parse(json) as {
      group: { default: { targets: string[] } };
      target: Record<string, Target & { contexts: Record<string, string> }>;
    };
    return { ...rest, group: group.default.targets, target };
  };

  test('are built on the target of one that is built', () => {
    const { group, target } = read(api, base);
    expect(group).toEqual(['api', 'base_v1']);
    expect(target['api']!.contexts).toEqual({ base: 'target:base_v1', lib: 'lib', os: 'docker-image://os' });
  });

  test('are built on the digest of one that is not, which is no target', () => {
    const { group, target, targets, reads } = read(unchanged, api);
    expect(Object.keys(target)).toEqual(['api']);
    expect({ group, targets }).toEqual({ group: ['api'], targets: { api: 'api' } });
    expect(target['api']!.contexts['base']).toBe(`docker-image://ghcr.io/acme/base.v1@${digest}`);
    expect(reads).toEqual(['api', 'lib', 'api/Dockerfile']);
  });

  test('have helpers built on the way, once, for their platforms, attested and published nowhere', () => {
    const { key, args, secrets, contexts, labels, annotations, noCache, extra } =
      plannedImage('target:tools');
    const helper = { key, args, secrets, contexts, labels, annotations, noCache, extra };
    const tools = { ...helper, context: 'tools', dockerfile: 'tools/D', platforms: [] };
    const [a, b] = ['a', 'b'].map((name) =>
      plannedImage(name, {
        contexts: { tools: 'image:target:tools' },
        platforms: ['linux/arm64'],
        helpers: [tools],
      }),
    );
    const { group, target, targets, reads } = read(a!, b!);
    expect(group).toEqual(['a', 'b']);
    expect(targets).toEqual({ a: 'a', b: 'b' });
    expect(target['b']!.contexts).toEqual({ tools: 'target:target_tools' });
    expect(target['target_tools']).toMatchObject({
      context: 'tools',
      dockerfile: 'D',
      platforms: ['linux/arm64'],
      output: ['type=cacheonly'],
      attest: ['type=provenance,disabled=true'],
      args: { SOURCE_DATE_EPOCH: '1700000000' },
    });
    expect(reads).toEqual(expect.arrayContaining(['tools', 'tools/D']));
  });

  test('never come without what they stand on', () => {
    expect(() => read(api)).toThrow('image:base.v1 is neither built nor published');
  });
});

test('a Dockerfile of a bake file is given as text, and is no file that is read', () => {
  const image = plannedImage('api', { dockerfileInline: 'FROM scratch\n' });
  expect(targetOf([image], 'no')).toMatchObject({ 'dockerfile-inline': 'FROM scratch\n' });
  expect(targetOf([image], 'no')).not.toHaveProperty('dockerfile');
  expect(bakeDefinition([image], 'no').reads).toEqual(['api']);
});

test('settings that are only passed on are in the target, and what they need is allowed', () => {
  const extra = { network: 'host', ssh: ['default'], ulimits: ['nofile=1'], entitlements: ['network.host'] };
  const image = plannedImage('api', { extra });
  expect(targetOf([image], 'no')).toMatchObject(extra);
  expect(bakeDefinition([image, plannedImage('web')], 'no').entitlements).toEqual(['network.host', 'ssh']);
});

test.each([
  ['index:a', ['index:a=v'], []],
  ['manifest:a', ['manifest:a=v'], ['manifest:a=v']],
  ['index,manifest:a', ['index:a=v', 'manifest:a=v'], ['manifest:a=v']],
  [
    'manifest[linux/amd64],index-descriptor:a',
    ['manifest[linux/amd64]:a=v', 'index-descriptor:a=v'],
    ['manifest[linux/amd64]:a=v'],
  ],
  ['com.example:a', ['index:com.example:a=v', 'manifest:com.example:a=v'], ['manifest:com.example:a=v']],
])('the annotation %s stands at its level, where there is one', (name, onIndex, onManifest) => {
  const off = { provenance: 'off', sbom: 'off' } as const;
  const image = plannedImage('api', { annotations: { [name]: 'v' } });
  expect(targetOf([image], 'by-digest').annotations).toEqual(onIndex);
  expect(targetOf([{ ...image, attest: off }], 'by-digest').annotations ?? []).toEqual(onManifest);
});

test('the time of the commit is a build argument, and one that the user sets wins', () => {
  const byDefault = targetOf([plannedImage('api')], 'no');
  expect(byDefault['args']).toEqual({ SOURCE_DATE_EPOCH: '1700000000' });
  const own = targetOf([plannedImage('api', { args: { SOURCE_DATE_EPOCH: '0' } })], 'no');
  expect(own['args']).toEqual({ SOURCE_DATE_EPOCH: '0' });
});
