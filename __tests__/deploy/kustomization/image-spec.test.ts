import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { problemsOf } from './fixtures.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('NAME=[NEWNAME][:TAG][@DIGEST]', () => {
  test.each([
    ['api=:v1', { name: 'api', tag: 'v1' }],
    [`api=@${DIGEST}`, { name: 'api', digest: DIGEST }],
    [`api=:v1@${DIGEST}`, { name: 'api', tag: 'v1', digest: DIGEST }],
    ['api=ghcr.io/acme/api', { name: 'api', newName: 'ghcr.io/acme/api' }],
    ['api=ghcr.io/acme/api:v1', { name: 'api', newName: 'ghcr.io/acme/api', tag: 'v1' }],
    ['api=localhost:5000/a', { name: 'api', newName: 'localhost:5000/a' }],
    [
      `localhost:5000/a=localhost:5000/b:v1@${DIGEST}`,
      { name: 'localhost:5000/a', newName: 'localhost:5000/b', tag: 'v1', digest: DIGEST },
    ],
    ['api=[::1]:5000/a:v1', { name: 'api', newName: '[::1]:5000/a', tag: 'v1' }],
    ['api=a__b/c-d.e:V1', { name: 'api', newName: 'a__b/c-d.e', tag: 'V1' }],
    ['demo:blue=:green', { name: 'demo:blue', tag: 'green' }],
    ['${REGISTRY}/api=:v1', { name: '${REGISTRY}/api', tag: 'v1' }],
    [`api=@sha512:${'b'.repeat(128)}`, { name: 'api', digest: `sha512:${'b'.repeat(128)}` }],
    [`api=:${'x'.repeat(128)}`, { name: 'api', tag: 'x'.repeat(128) }],
  ])('parses %s', (spec, edit) => {
    expect(parseImageSpec(spec)).toEqual(edit);
  });

  test.each([
    ...['api', 'api=', '=:v1', '', 'api=:', 'api=@', 'api=:-v1', 'api=:.v1', 'api=:v1 '],
    ...['api=:v1:v2', 'api=:v1/v2', `api=:${'x'.repeat(129)}`, 'api=:*', 'api=*', 'api=ghcr.io/Acme/api'],
    ...['api=Api', 'api=ghcr.io//api', 'api=ghcr.io/-api', 'api=ghcr.io/a..b', 'api=https://ghcr.io/api'],
    ...['api=host:99999999/a', `api=${'a'.repeat(256)}`, 'api=@sha256:abc', `api=@sha256:${'A'.repeat(64)}`],
    ...[`api=@md5:${'a'.repeat(32)}`, `api=@${DIGEST}@${DIGEST}`],
  ])('rejects %j', (spec) => {
    expect(problemsOf(() => parseImageSpec(spec)).map(({ code }) => code)).toEqual(['image/invalid-reference']);
  });

  test.each([
    ['nginx:1.27', 'Write nginx=:1.27.'],
    ['ghcr.io/acme/api', 'Write ghcr.io/acme/api=:TAG.'],
    [`api@${DIGEST}`, `Write api=@${DIGEST}.`],
  ])('suggests how to write %s with an equals sign', (spec, fix) => {
    expect(problemsOf(() => parseImageSpec(spec))[0]?.fix).toBe(fix);
  });

  test('reports that a name with capitals must be lower-case', () => {
    expect(problemsOf(() => parseImageSpec('api=ghcr.io/Acme/api'))[0]?.message).toMatch(/must be lower-case/);
  });
});
