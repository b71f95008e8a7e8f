import { explainFailure } from '../../src/builders/buildx/failure.js';
import type { PlannedAttestations } from '../../src/plan/plan.js';
import { plannedImage } from './samples.js';

const attested = (sbom: PlannedAttestations['sbom']) => ({ attest: { provenance: 'max', sbom } }) as const;

describe('what BuildKit says of a scanner that it can not have', () => {
  const REFUSED = 'dial tcp 127.0.0.1:1: connect: connection refused';
  const SYFT = 'docker.io/docker/buildkit-syft-scanner:stable-1';
  const COPYING = 'failed to copy: httpReadSeeker: failed open:';

  function explain(scanner: string | undefined, name: string, error: string, line = error) {
    const [problem] = explainFailure({
      images: [plannedImage('api', attested({ scanner }))],
      targets: { api: 'api' },
      log: {
        steps: [],
        failed: name === '' ? [] : [{ step: { number: 3, key: 'api', name }, error, output: [] }],
        warnings: [],
        text: [`ERROR: failed to solve: ${line}`],
        images: {},
      },
      dockerfiles: {},
      redact: (text) => text,
    });
    return problem;
  }

  // As dockerd 26.1 and 28.5 print them, under buildx 0.13 and 0.29.
  test.each<[string, string | undefined, string, string, string]>([
    [
      'nobody answers at its registry',
      '127.0.0.1:1/scan/er',
      'resolve image config for docker-image://127.0.0.1:1/scan/er:latest',
      `failed to do request: Head "https://127.0.0.1:1/v2/scan/er/manifests/latest": ${REFUSED}`,
      `127.0.0.1:1/scan/er:latest can't be had: failed to do request: Head "https://127.0.0.1:1/v2/scan/er/manifests/latest": ${REFUSED}.`,
    ],
    [
      'its registry has none of that name',
      '127.0.0.1:5000/none/scanner:1',
      'resolve image config for docker-image://127.0.0.1:5000/none/scanner:1',
      '127.0.0.1:5000/none/scanner:1: not found',
      "127.0.0.1:5000/none/scanner:1 can't be had: not found.",
    ],
    [
      'its registry wants a login',
      '127.0.0.1:5000/p/s:1',
      'resolve image config for docker-image://127.0.0.1:5000/p/s:1',
      'unexpected status from HEAD request to http://127.0.0.1:5000/v2/p/s/manifests/1: 401 Unauthorized',
      "127.0.0.1:5000/p/s:1 can't be had: unexpected status from HEAD request to http://127.0.0.1:5000/v2/p/s/manifests/1: 401 Unauthorized.",
    ],
    [
      'its registry gives no token',
      '127.0.0.1:5000/p/s:1',
      'resolve image config for docker-image://127.0.0.1:5000/p/s:1',
      'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to http://127.0.0.1:5006/token?service=x: 403 Forbidden',
      "127.0.0.1:5000/p/s:1 can't be had: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to http://127.0.0.1:5006/token?service=x: 403 Forbidden.",
    ],
    [
      "BuildKit's own, without Docker Hub",
      undefined,
      `resolve image config for docker-image://${SYFT}`,
      'failed to do request: Head "https://registry-1.docker.io/v2/docker/buildkit-syft-scanner/manifests/stable-1": dial tcp: lookup registry-1.docker.io: no such host',
      `${SYFT} can't be had: failed to do request: Head`,
    ],
    [
      'the name of its registry has another spelling',
      'index.docker.io/acme/scan',
      'resolve image config for docker-image://docker.io/acme/scan:latest',
      'failed to do request: EOF',
      "docker.io/acme/scan:latest can't be had: failed to do request: EOF.",
    ],
    [
      'named by digest',
      `127.0.0.1:1/s/r:1@sha256:${'a'.repeat(64)}`,
      `resolve image config for docker-image://127.0.0.1:1/s/r:1@sha256:${'a'.repeat(64)}`,
      `failed to do request: ${REFUSED}`,
      `127.0.0.1:1/s/r:1@sha256:${'a'.repeat(64)} can't be had: failed to do request: ${REFUSED}.`,
    ],
    [
      'its layers are refused',
      '127.0.0.1:5000/s/r:1',
      '[linux/amd64] generating sbom using 127.0.0.1:5000/s/r:1',
      `${COPYING} unexpected status code https://127.0.0.1:5000/v2/s/r/blobs/sha256:9523: 403 Forbidden - Server message: denied: no`,
      "127.0.0.1:5000/s/r:1 can't be had: unexpected status code https://127.0.0.1:5000/v2/s/r/blobs/sha256:9523: 403 Forbidden - Server message: denied: no.",
    ],
    [
      'its layers are at a host that does not answer',
      '127.0.0.1:5000/s/r:1',
      '[linux/amd64] generating sbom using 127.0.0.1:5000/s/r:1',
      `${COPYING} failed to do request: Get "http://127.0.0.1:1/x": ${REFUSED}`,
      `127.0.0.1:5000/s/r:1 can't be had: failed to do request: Get "http://127.0.0.1:1/x": ${REFUSED}.`,
    ],
    [
      'told without a step',
      undefined,
      '',
      `failed to resolve source metadata for ${SYFT}: failed to do request: EOF`,
      `${SYFT} can't be had: failed to do request: EOF.`,
    ],
  ])('%s', (_, scanner, name, error, told) => {
    const problem = explain(scanner, name, error);
    expect(problem).toMatchObject({ code: 'build/sbom-scanner', severity: 'error', image: 'api' });
    expect(problem.message).toContain(`Image api: the SBOM scanner ${told}`);
    for (const way of ['attest.scanner', 'best-effort', 'off']) expect(problem.fix).toContain(way);
  });

  test('is told once, of no image, where several have the scanner: which of them come to ask is chance', () => {
    const error = '127.0.0.1:5000/none/scanner:1: not found';
    const name = 'resolve image config for docker-image://127.0.0.1:5000/none/scanner:1';
    const step = (key: string) => ({ step: { number: 3, key, name }, error, output: [] });
    const explained = (failed: ReturnType<typeof step>[]) =>
      explainFailure({
        images: ['api', 'web'].map((key) =>
          plannedImage(key, attested({ scanner: '127.0.0.1:5000/none/scanner:1' })),
        ),
        targets: { api: 'api', web: 'web' },
        log: { steps: [], failed, warnings: [], text: [`ERROR: failed to solve: ${error}`], images: {} },
        dockerfiles: {},
        redact: (text) => text,
      });
    const both = explained([step('api'), step('web')]);
    expect(both).toHaveLength(1);
    expect(both[0].message).toBe(
      "Build: the SBOM scanner 127.0.0.1:5000/none/scanner:1 can't be had: not found.",
    );
    expect(both[0].image).toBeUndefined();
    expect(explained([step('web')])).toEqual(both);
  });

  test.each<[string, string, string, string, string]>([
    [
      'a frontend of the Dockerfile, asked for by the same words',
      'resolve image config for docker-image://docker.io/docker/dockerfile:1',
      'docker.io/docker/dockerfile:1: not found',
      'failed to resolve source metadata for docker.io/docker/dockerfile:1: docker.io/docker/dockerfile:1: not found',
      'build/base-image-missing',
    ],
    [
      'a base image that is the scanner',
      '[internal] load metadata for ghcr.io/acme/scanner:1',
      'ghcr.io/acme/scanner:1: not found',
      'ghcr.io/acme/scanner:1: failed to resolve source metadata for ghcr.io/acme/scanner:1: ghcr.io/acme/scanner:1: not found',
      'build/base-image-missing',
    ],
    [
      'a scanner that runs and fails',
      '[linux/amd64] generating sbom using ghcr.io/acme/scanner:1',
      'process "/scan" did not complete successfully: exit code: 1',
      'process "/scan" did not complete successfully: exit code: 1',
      'build/step-failed',
    ],
    [
      'a blob that may be of the build cache',
      '[linux/amd64] generating sbom using ghcr.io/acme/scanner:1',
      `${COPYING} could not fetch content descriptor sha256:ce5184d59dd7b061 (application/vnd.oci.image.layer.v1.tar+gzip) from remote: not found`,
      'failed to compute cache key: failed to copy',
      'build/cache-lost',
    ],
  ])('is not what it says of %s', (_, name, error, line, code) => {
    expect(explain('ghcr.io/acme/scanner:1', name, error, line).code).toBe(code);
  });
});
