import {
  formatReference,
  parseReference,
  resolveImageName,
  type ImageNameRequest,
} from '../../src/plan/references.js';
import { findTagCollisions } from '../../src/plan/tag-collisions.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('references', () => {
  test.each<[string, object]>([
    ['ghcr.io/acme/api', { name: 'ghcr.io/acme/api', host: 'ghcr.io', repository: 'acme/api' }],
    [
      `host:5001/a/b:tag@${DIGEST}`,
      { name: 'host:5001/a/b', host: 'host:5001', repository: 'a/b', tag: 'tag', digest: DIGEST },
    ],
    [`localhost/a@${DIGEST}`, { name: 'localhost/a', host: 'localhost', repository: 'a', digest: DIGEST }],
    ['[::1]:5000/a:1', { name: '[::1]:5000/a', host: '[::1]:5000', repository: 'a', tag: '1' }],
    ['busybox:1.36', { name: 'busybox', host: 'docker.io', repository: 'library/busybox', tag: '1.36' }],
    ['acme/api', { name: 'acme/api', host: 'docker.io', repository: 'acme/api' }],
    ['docker.io/busybox', { name: 'docker.io/busybox', host: 'docker.io', repository: 'library/busybox' }],
    [
      'index.docker.io/acme/api',
      { name: 'index.docker.io/acme/api', host: 'docker.io', repository: 'acme/api' },
    ],
    [
      'GHCR.io/acme/a__b-c.d',
      { name: 'GHCR.io/acme/a__b-c.d', host: 'GHCR.io', repository: 'acme/a__b-c.d' },
    ],
  ])('%s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
    expect(formatReference(parseReference(text)!)).toBe(text);
  });

  test.each([
    ...[
      '',
      ':tag',
      'Acme/api',
      'a//b',
      '/a',
      'a/',
      'a:',
      'a@',
      'a@sha256:12',
      'a:.x',
      `a:${'x'.repeat(129)}`,
    ],
    ...[
      'a___b',
      '-a',
      'a-',
      'a b',
      'https://ghcr.io/a',
      'ghcr.io/',
      '-host.io/a',
      `ghcr.io/${'a'.repeat(256)}`,
    ],
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  test('lesson 12: what is given out can be pulled: a name with a tag, a digest, or both', () => {
    const name = 'ghcr.io/acme-corp/acme-api';
    expect(formatReference({ name, tag: '1.2.3', digest: DIGEST })).toBe(`${name}:1.2.3@${DIGEST}`);
    expect(formatReference({ name, digest: DIGEST })).toBe(`${name}@${DIGEST}`);
    expect(formatReference({ name, tag: '1.2.3' })).toBe(`${name}:1.2.3`);
  });
});

describe('image names', () => {
  test.each<[ImageNameRequest, string]>([
    [{ key: 'api', owner: 'Acme-Corp' }, 'ghcr.io/acme-corp/api'],
    [{ key: 'api', image: 'acme-api', owner: 'Acme-Corp' }, 'ghcr.io/acme-corp/acme-api'],
    [{ key: 'api', registry: 'ghcr.io/acme' }, 'ghcr.io/acme/api'],
    [{ key: 'api', registry: 'ghcr.io/acme/', image: 'tools/api' }, 'ghcr.io/acme/tools/api'],
    [{ key: 'api', registry: 'ghcr.io/acme', image: 'quay.io/acme/api' }, 'quay.io/acme/api'],
    [{ key: 'api', registry: '127.0.0.1:5001', image: 'acme-api' }, '127.0.0.1:5001/acme-api'],
    [{ key: 'api', image: 'localhost:5000/api' }, 'localhost:5000/api'],
    [{ key: 'api', image: 'acme/api', owner: 'Acme-Corp' }, 'docker.io/acme/api'],
    [{ key: 'api', registry: 'acme' }, 'docker.io/acme/api'],
    [{ key: 'api', registry: 'docker.io/acme' }, 'docker.io/acme/api'],
  ])('%j is %s', (request, image) => {
    expect(resolveImageName(request)).toEqual({ status: 'name', image });
  });

  const place = { file: 'image-release.yml', line: 3, column: 12 };

  test.each<[Omit<ImageNameRequest, 'key'>, string, RegExp]>([
    [{}, 'image/no-registry', /registry: HOST\/OWNER/],
    [{ image: 'ghcr.io/Acme/API' }, 'image/capitals', /^Write ghcr\.io\/acme\/api\.$/],
    [{ image: 'Acme/api' }, 'image/capitals', /^Write acme\/api\.$/],
    [{ registry: 'ghcr.io/Acme' }, 'image/capitals', /^Write ghcr\.io\/acme\/api\.$/],
    [{ image: 'ghcr.io/acme/api:latest' }, 'image/tag-in-name', /^Write ghcr\.io\/acme\/api;/],
    [{ image: `ghcr.io/acme/api@${DIGEST}` }, 'image/tag-in-name', /^Write ghcr\.io\/acme\/api;/],
    [{ image: 'https://ghcr.io/acme/api' }, 'image/name', /^Write ghcr\.io\/acme\/api\.$/],
    [{ registry: 'https://ghcr.io/acme' }, 'image/name', /^Write ghcr\.io\/acme\/api\.$/],
    [{ image: 'ghcr.io/acme/a p i' }, 'image/name', /lower-case letters/],
    [{ image: 'ghcr.io//api' }, 'image/name', /lower-case letters/],
    [{ registry: 'docker.io' }, 'image/name', /docker\.io\/OWNER\/NAME/],
  ])('%j is refused as %s, with the place and a way out', (request, code, fix) => {
    expect(resolveImageName({ key: 'api', place, ...request })).toEqual({
      status: 'invalid',
      problem: {
        ...{ code, severity: 'error', place, image: 'api' },
        ...{ message: expect.any(String), fix: expect.stringMatching(fix) },
      },
    });
  });
});

describe('collisions', () => {
  const image = 'ghcr.io/acme/api';

  test('two images that would be pushed as one reference are reported once per pair', () => {
    const problems = findTagCollisions([
      { key: 'api', image, tags: ['main-860c190', 'latest'] },
      { key: 'alpine', image, tags: ['main-860c190', 'latest'] },
    ]);
    expect(problems).toMatchObject([{ code: 'tags/collision', image: 'alpine' }]);
    expect(problems[0]?.message).toContain('ghcr.io/acme/api:main-860c190');
  });

  test('variants with a suffix of their own live side by side', () => {
    const variants = [
      { key: 'api', image, tags: ['main-860c190'] },
      { key: 'alpine', image, tags: ['main-860c190-alpine'] },
      { key: 'web', image: 'ghcr.io/acme/web', tags: ['main-860c190'] },
    ];
    expect(findTagCollisions(variants)).toEqual([]);
  });
});
