import { splitImageName } from '../../src/plan/references.js';
import { isLoopback } from '../../src/lib/loopback.js';
import { apiHost } from '../../src/registry/connection.js';

test.each([
  ['ghcr.io/acme/api', 'ghcr.io', 'acme/api', 'ghcr.io'],
  ['localhost/api', 'localhost', 'api', 'localhost'],
  ['127.0.0.1:5001/a/b/c', '127.0.0.1:5001', 'a/b/c', '127.0.0.1:5001'],
  ['acme/api', 'docker.io', 'acme/api', 'registry-1.docker.io'],
  ['nginx', 'docker.io', 'library/nginx', 'registry-1.docker.io'],
  ['docker.io/nginx', 'docker.io', 'library/nginx', 'registry-1.docker.io'],
  ['index.docker.io/acme/api', 'docker.io', 'acme/api', 'registry-1.docker.io'],
])('image %s lives at %s, %s', (image, host, repository, api) => {
  expect(splitImageName(image)).toEqual({ host, repository });
  expect(apiHost(host)).toBe(api);
});

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1:5001', true],
  ['127.8.8.8', true],
  ['[::1]:5000', true],
  ['127.evil.org', false],
  ['localhost.evil.org', false],
  ['10.0.0.1:5000', false],
  ['registry:5000', false],
])('plain http to %s: %s', (host, allowed) => {
  expect(isLoopback(host)).toBe(allowed);
});
