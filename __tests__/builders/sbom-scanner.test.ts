import type { PlannedAttestations } from '../../src/plan/plan.js';
import { explain, failed } from './fixtures/failed-build.js';
import { plannedImage } from './samples.js';

const attested = (sbom: PlannedAttestations['sbom']) => ({ attest: { provenance: 'max', sbom } }) as const;

describe("an SBOM scanner that BuildKit can't pull", () => {
  const REFUSED = 'dial tcp 127.0.0.1:1: connect: connection refused';
  const SYFT = 'docker.io/docker/buildkit-syft-scanner:stable-1';
  const COPYING = 'failed to copy: httpReadSeeker: failed open:';

  const images = (keys: string[], scanner: string | undefined) =>
    keys.map((key) => plannedImage(key, attested({ scanner })));
  function explainOne(scanner: string | undefined, name: string, error: string, line = error) {
    const steps = name === '' ? [] : [failed(name, error)];
    const log = { failed: steps, text: [`ERROR: failed to solve: ${line}`] };
    return explain(log, ['api'], { images: images(['api'], scanner) })[0];
  }

  // Messages of dockerd 26.1 and 28.5 with buildx 0.13 and 0.29.
  test.each<[string, string | undefined, string, string, string]>([
    [
      'its registry refuses the connection',
      '127.0.0.1:1/scan/er',
      'resolve image config for docker-image://127.0.0.1:1/scan/er:latest',
      `failed to do request: Head "https://127.0.0.1:1/v2/scan/er/manifests/latest": ${REFUSED}`,
      `127.0.0.1:1/scan/er:latest: failed to do request: Head "https://127.0.0.1:1/v2/scan/er/manifests/latest": ${REFUSED}.`,
    ],
    [
      "its registry doesn't have the image",
      '127.0.0.1:5000/none/scanner:1',
      'resolve image config for docker-image://127.0.0.1:5000/none/scanner:1',
      '127.0.0.1:5000/none/scanner:1: not found',
      '127.0.0.1:5000/none/scanner:1: not found.',
    ],
    [
      'its registry requires a login',
      '127.0.0.1:5000/p/s:1',
      'resolve image config for docker-image://127.0.0.1:5000/p/s:1',
      'unexpected status from HEAD request to http://127.0.0.1:5000/v2/p/s/manifests/1: 401 Unauthorized',
      '127.0.0.1:5000/p/s:1: unexpected status from HEAD request to http://127.0.0.1:5000/v2/p/s/manifests/1: 401 Unauthorized.',
    ],
    [
      "it is BuildKit's default and Docker Hub can't be reached",
      undefined,
      `resolve image config for docker-image://${SYFT}`,
      'failed to do request: Head "https://registry-1.docker.io/v2/docker/buildkit-syft-scanner/manifests/stable-1": dial tcp: lookup registry-1.docker.io: no such host',
      `${SYFT}: failed to do request: Head`,
    ],
    [
      'the name of its registry is spelled differently',
      'index.docker.io/acme/scan',
      'resolve image config for docker-image://docker.io/acme/scan:latest',
      'failed to do request: EOF',
      'docker.io/acme/scan:latest: failed to do request: EOF.',
    ],
    [
      'its registry refuses the layers',
      '127.0.0.1:5000/s/r:1',
      '[linux/amd64] generating sbom using 127.0.0.1:5000/s/r:1',
      `${COPYING} unexpected status code https://127.0.0.1:5000/v2/s/r/blobs/sha256:9523: 403 Forbidden - Server message: denied: no`,
      '127.0.0.1:5000/s/r:1: unexpected status code https://127.0.0.1:5000/v2/s/r/blobs/sha256:9523: 403 Forbidden - Server message: denied: no.',
    ],
    [
      'the error comes without a step',
      undefined,
      '',
      `failed to resolve source metadata for ${SYFT}: failed to do request: EOF`,
      `${SYFT}: failed to do request: EOF.`,
    ],
  ])('is reported with the reason and a fix if %s', (_, scanner, name, error, told) => {
    const problem = explainOne(scanner, name, error);
    expect(problem).toMatchObject({ code: 'build/sbom-scanner', severity: 'error', image: 'api' });
    expect(problem.message).toContain(`Image api: can't pull the SBOM scanner ${told}`);
    for (const way of ['attest.scanner', 'best-effort', 'off']) expect(problem.fix).toContain(way);
  });

  test('is reported once, without an image, if several images use it', () => {
    const error = '127.0.0.1:5000/none/scanner:1: not found';
    const name = 'resolve image config for docker-image://127.0.0.1:5000/none/scanner:1';
    const explained = (...keys: string[]) =>
      explain(
        {
          failed: keys.map((key) => failed(name, error, [], key)),
          text: [`ERROR: failed to solve: ${error}`],
        },
        ['api', 'web'],
        { images: images(['api', 'web'], '127.0.0.1:5000/none/scanner:1') },
      );
    const both = explained('api', 'web');
    expect(both).toHaveLength(1);
    expect(both[0].message).toBe("Build: can't pull the SBOM scanner 127.0.0.1:5000/none/scanner:1: not found.");
    expect(both[0].image).toBeUndefined();
    expect(explained('web')).toEqual(both);
  });

  test.each<[string, string, string, string, string]>([
    [
      'a missing Dockerfile frontend with the same step name',
      'resolve image config for docker-image://docker.io/docker/dockerfile:1',
      'docker.io/docker/dockerfile:1: not found',
      'failed to resolve source metadata for docker.io/docker/dockerfile:1: docker.io/docker/dockerfile:1: not found',
      'build/base-image-missing',
    ],
    [
      'a missing base image that is also the scanner',
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
      'a missing blob that may belong to the build cache',
      '[linux/amd64] generating sbom using ghcr.io/acme/scanner:1',
      `${COPYING} could not fetch content descriptor sha256:ce5184d59dd7b061 (application/vnd.oci.image.layer.v1.tar+gzip) from remote: not found`,
      'failed to compute cache key: failed to copy',
      'build/cache-lost',
    ],
  ])('is distinguished from %s', (_, name, error, line, code) => {
    expect(explainOne('ghcr.io/acme/scanner:1', name, error, line).code).toBe(code);
  });
});
