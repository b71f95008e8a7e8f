import { resolveImageName, type ImageNameRequest } from '../../src/plan/references.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

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
  ])('resolves %j to %s', (request, image) => {
    expect(resolveImageName(request)).toBe(image);
  });

  const place = { file: 'image-release.yml', line: 3, column: 12 };

  test.each<[Omit<ImageNameRequest, 'key'>, string, RegExp]>([
    [{}, 'image/no-registry', /registry: HOST\/OWNER/],
    [{ image: 'ghcr.io/Acme/API' }, 'image/invalid-name', /^Write ghcr\.io\/acme\/api\.$/],
    [{ image: 'Acme/api' }, 'image/invalid-name', /^Write acme\/api\.$/],
    [{ registry: 'ghcr.io/Acme' }, 'image/invalid-name', /^Write ghcr\.io\/acme\/api\.$/],
    [{ image: 'ghcr.io/acme/api:latest' }, 'image/invalid-name', /^Write ghcr\.io\/acme\/api;/],
    [{ image: `ghcr.io/acme/api@${DIGEST}` }, 'image/invalid-name', /^Write ghcr\.io\/acme\/api;/],
    [{ image: 'https://ghcr.io/acme/api' }, 'image/invalid-name', /^Write ghcr\.io\/acme\/api\.$/],
    [{ registry: 'https://ghcr.io/acme' }, 'image/invalid-name', /^Write ghcr\.io\/acme\/api\.$/],
    [{ image: 'ghcr.io/acme/a p i' }, 'image/invalid-name', /lower-case letters/],
    [{ image: 'ghcr.io//api' }, 'image/invalid-name', /lower-case letters/],
    [{ registry: 'docker.io' }, 'image/invalid-name', /docker\.io\/OWNER\/NAME/],
  ])('rejects %j as %s, with place and fix', (request, code, fix) => {
    expect(resolveImageName({ key: 'api', place, ...request })).toEqual({
      ...{ code, severity: 'error', place, image: 'api' },
      ...{ message: expect.any(String), fix: expect.stringMatching(fix) },
    });
  });
});
