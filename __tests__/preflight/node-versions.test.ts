import { isOlder, nodeOf, type NodeVersion } from '../../src/preflight/node/node-version.js';
import { baseImage } from './checkout.js';

test.each<[string, string | undefined, NodeVersion | undefined]>([
  ['node:18-alpine', undefined, { range: '18' }],
  ['docker.io/library/node:20.9.0-slim', undefined, { exact: '20.9.0' }],
  [`mirror.example:5000/node:20.9@sha256:${'0'.repeat(64)}`, undefined, { range: '20.9' }],
  ['node:lts', undefined, undefined],
  ['node', undefined, undefined],
  ['node:lts', '22.1.0', { exact: '22.1.0' }],
  ['acme/base:7', '22.1.0', { exact: '22.1.0' }],
  ['acme/node-tools:7', undefined, undefined],
  ['gcr.io/distroless/nodejs22-debian12:nonroot', undefined, { range: '22' }],
  ['registry.access.redhat.com/ubi9/nodejs-20:latest', undefined, { range: '20' }],
])('the Node.js of %s with NODE_VERSION %s', (reference, version, expected) => {
  const base = version === undefined ? undefined : baseImage({ env: { NODE_VERSION: version } });
  expect(nodeOf(reference, base)).toEqual(expected);
});

test.each<[NodeVersion, string, boolean]>([
  [{ range: '18' }, '>=20.9.0', true],
  // There is a 20.9.0 among them.
  [{ range: '20' }, '>=20.9.0', false],
  [{ exact: '20.8.0' }, '>=20.9.0', true],
  [{ exact: '20.9.0' }, '^18.18.0 || >=20.9.0', false],
  [{ exact: '19.0.0' }, '^18.18.0 || >=20.9.0', true],
  // It is newer than what the package knows: that is its own affair.
  [{ exact: '24.0.0' }, '^18', false],
  [{ range: '24' }, '<21', false],
  [{ exact: '18.0.0' }, 'what you like', false],
])('%j is too old for %s: %s', (node, range, expected) => {
  expect(isOlder(node, range)).toBe(expected);
});
