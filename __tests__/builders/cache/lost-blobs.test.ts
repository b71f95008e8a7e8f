import { explainFailure } from '../../../src/builders/buildx/failure.js';
import { plannedImage } from '../samples.js';
import { redactor } from '../../../src/lib/secret.js';

/** As clients of the Actions cache (v1, v2) and of registries word it. */
test.each([
  'failed to copy: invalid status response 404 Not Found for https://blobs.example/cache/1?sv=2&sig=hunter2&se=3',
  'failed to copy: invalid status response 503 Service Unavailable for https://blobs.example/1?sig=hunter2',
  'failed to copy: Get "https://blobs.example/cache/1?sig=hunter2": dial tcp 10.0.0.1:443: connect: connection refused',
  'failed to copy: GET https://blobs.example/cache/1\n----\nRESPONSE 404: 404 The specified blob does not exist.\nERROR CODE: BlobNotFound',
  'blob sha256:1bbdb35d97d6bf28759abf237d788317379574fdffac169553858b8f252c25c1 not found: not found',
  'failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:1bbdb35d97d6bf28759abf237d788317379574fdffac169553858b8f252c25c1 (application/vnd.oci.image.layer.v1.tar+gzip) from remote: not found',
  'failed to commit j3z2qyvvyj74l7600kkebzxy3 to 9dap46ok4oljpwv4ik7998d7b during finalize: failed to stat active key during commit: snapshot j3z2qyvvyj74l7600kkebzxy3 does not exist: not found',
  'error writing data blob sha256:31c289a51d6bb86ff70cf359b48dde69794dfef44db2909a2bc4e856a403d3be: failed commit on ref "sha256:31c289a51d6bb86ff70cf359b48dde69794dfef44db2909a2bc4e856a403d3be": commit failed: EOF: unknown',
])('a lost part of the build cache: %s', (error) => {
  const [problem] = explainFailure({
    images: [plannedImage('api')],
    targets: { api: 'api' },
    log: {
      steps: [],
      failed: [{ step: { number: 1, key: 'api', name: '[2/2] RUN true' }, error, output: [] }],
      warnings: [],
      text: [`ERROR: failed to solve: failed to compute cache key: ${error}`],
      images: {},
    },
    dockerfiles: {},
    redact: redactor([]),
  });
  expect(problem).toMatchObject({ code: 'build/cache-lost', image: 'api' });
  expect(JSON.stringify(problem)).not.toContain('hunter2');
});

/** A base image's layer comes from a registry, whose troubles have explanations of their own. */
test('a base image that can not be pulled is no lost cache', () => {
  const error =
    'failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://r.example/v2/node/blobs/sha256:1": dial tcp: lookup r.example: no such host';
  const [problem] = explainFailure({
    images: [plannedImage('api')],
    targets: { api: 'api' },
    log: {
      steps: [],
      failed: [{ step: { number: 1, key: 'api', name: '[1/2] FROM node' }, error, output: [] }],
      warnings: [],
      text: [],
      images: {},
    },
    dockerfiles: {},
    redact: redactor([]),
  });
  expect(problem.code).toBe('build/network');
});
