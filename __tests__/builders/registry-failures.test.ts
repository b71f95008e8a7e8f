import { explain } from './failed-steps.js';

test.each([
  'failed to push r.example/a:1: unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 500 Internal Server Error',
  'failed to push r.example/a: unexpected status from PUT request to https://r.example/v2/a/blobs/uploads/1: 503 Service Unavailable',
  'failed to push r.example/a:1: failed to do request: Head "https://r.example/v2/a/blobs/sha256:1": EOF',
  'failed to push r.example/a: failed to do request: Put "https://r.example/v2/": write tcp 10.0.0.1:5->10.0.0.2:443: write: connection reset by peer',
  'failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example/v2/a/blobs/sha256:1: 502 Bad Gateway',
  'failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://r.example/v2/": net/http: TLS handshake timeout',
  'node:24: failed to resolve source metadata for docker.io/library/node:24: failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token": dial tcp 10.0.0.1:443: i/o timeout',
  'unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 429 Too Many Requests',
  'received unexpected HTTP status: 504 Gateway Timeout',
])('what passes with a registry is not the image: %s', (error) => {
  const [problem] = explain({ text: [`ERROR: failed to solve: ${error}`] });
  expect(problem.code).toBe('build/registry-failing');
});

test.each([
  [
    'unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 401 Unauthorized',
    'build/registry-unauthorized',
  ],
  [
    'unexpected status from POST request to https://r.example/v2/a/blobs/uploads/: 403 Forbidden',
    'build/registry-denied',
  ],
  [
    'failed to push r.example/a: failed to do request: Head "https://r.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
    'build/push-failed',
  ],
  [
    'failed to push r.example/a: failed to do request: Head "https://r.example/v2/": tls: failed to verify certificate: x509: unknown authority',
    'build/network',
  ],
  [
    'failed to push r.example/a: failed to do request: Head "https://r.example/v2/": http: server gave HTTP response to HTTPS client',
    'build/network',
  ],
  ['r.example/a:500: not found', 'build/base-image-missing'],
])('what does not pass is told at once: %s', (error, code) => {
  const [problem] = explain({ text: [`ERROR: failed to solve: ${error}`] });
  expect(problem.code).toBe(code);
});
