import { formatReference, parseReference } from '../../src/plan/references.js';

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
    ['index.docker.io/acme/api', { name: 'index.docker.io/acme/api', host: 'docker.io', repository: 'acme/api' }],
    ['GHCR.io/acme/a__b-c.d', { name: 'GHCR.io/acme/a__b-c.d', host: 'GHCR.io', repository: 'acme/a__b-c.d' }],
  ])('parses and formats %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
    expect(formatReference(parseReference(text)!)).toBe(text);
  });

  test.each([
    ...['', ':tag', 'Acme/api', 'a//b', '/a', 'a/', 'a:', 'a@', 'a@sha256:12', 'a:.x', `a:${'x'.repeat(129)}`],
    ...['a___b', '-a', 'a-', 'a b', 'https://ghcr.io/a', 'ghcr.io/', '-host.io/a', `ghcr.io/${'a'.repeat(256)}`],
  ])('rejects %j', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  test('formats a name with a tag, a digest, or both', () => {
    const name = 'ghcr.io/acme-corp/acme-api';
    expect(formatReference({ name, tag: '1.2.3', digest: DIGEST })).toBe(`${name}:1.2.3@${DIGEST}`);
    expect(formatReference({ name, digest: DIGEST })).toBe(`${name}@${DIGEST}`);
    expect(formatReference({ name, tag: '1.2.3' })).toBe(`${name}:1.2.3`);
  });
});
