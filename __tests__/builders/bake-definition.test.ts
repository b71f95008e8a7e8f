import { bakeDefinition } from '../../src/builders/buildx/bake-definition.js';
import { plannedImage } from './samples.js';
import { targetOf } from './fixtures/bake-targets.js';

describe('the output of a target', () => {
  const image = plannedImage('api', { image: 'ghcr.io/acme/api', releaseTag: 'main-abc' });
  test.each([
    [
      'by-digest',
      'type=image,name=ghcr.io/acme/api,push-by-digest=true,name-canonical=true,oci-mediatypes=true,store=false,push=true',
    ],
    ['under-release-tag', 'type=image,name=ghcr.io/acme/api:main-abc,oci-mediatypes=true,store=false,push='],
    ['by-the-daemon', 'type=image,name=ghcr.io/acme/api:main-abc,oci-mediatypes=true,push=true'],
    ['no', 'type=cacheonly'],
  ] as const)('with push mode %s is %s', (push, output) => {
    expect(targetOf([image], push).output).toEqual([output]);
  });
});

test.each([
  [{ provenance: 'max', sbom: {} }, ['type=provenance,mode=max', 'type=sbom']],
  [{ provenance: 'min', sbom: { scanner: 'r/scan:1' } }, ['type=provenance,mode=min', 'type=sbom,generator=r/scan:1']],
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
])('the context %s with the Dockerfile %s gives the bake path %s', (context, dockerfile, wanted) => {
  const target = targetOf([plannedImage('api', { context, dockerfile })], 'no');
  expect(target['context']).toBe(context);
  expect(target['dockerfile']).toBe(wanted);
});

test('image keys that bake rejects as target names get distinct names', () => {
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

test('allows reading each local path that the build reads, and no remote context', () => {
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
  const paths = ['api', '../lib', 'dist/layout', 'docker/api.Dockerfile', '/run/a'];
  expect(bakeDefinition([image], 'no').allow).toEqual(paths.map((path) => `fs.read=${path}`));
});

test('passes an inline Dockerfile as text, and allows reading no Dockerfile path', () => {
  const image = plannedImage('api', { dockerfileInline: 'FROM scratch\n' });
  expect(targetOf([image], 'no')).toMatchObject({ 'dockerfile-inline': 'FROM scratch\n' });
  expect(targetOf([image], 'no')).not.toHaveProperty('dockerfile');
  expect(bakeDefinition([image], 'no').allow).toEqual(['fs.read=api']);
});

test('copies extra settings to the target, and allows the entitlements that they need', () => {
  const extra = { network: 'host', ssh: ['default'], ulimits: ['nofile=1'], entitlements: ['network.host'] };
  const image = plannedImage('api', { extra });
  expect(targetOf([image], 'no')).toMatchObject(extra);
  const { allow } = bakeDefinition([image, plannedImage('web')], 'no');
  expect(allow.filter((item) => !item.startsWith('fs.'))).toEqual(['network.host', 'ssh']);
});

test('passes the commit time as `SOURCE_DATE_EPOCH`, unless the user sets it', () => {
  const byDefault = targetOf([plannedImage('api')], 'no');
  expect(byDefault['args']).toEqual({ SOURCE_DATE_EPOCH: '1700000000' });
  const own = targetOf([plannedImage('api', { args: { SOURCE_DATE_EPOCH: '0' } })], 'no');
  expect(own['args']).toEqual({ SOURCE_DATE_EPOCH: '0' });
});
