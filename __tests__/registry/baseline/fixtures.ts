import type { ImageFingerprint } from '../../../src/fingerprint/fingerprint.js';
import { type Baseline, INPUTS_ANNOTATION, type KnownRelease } from '../../../src/plan/baseline.js';
import type { PlannedImage } from '../../../src/plan/plan.js';
import { type BaselinesRequest, findBaselines } from '../../../src/registry/baseline/find-baselines.js';
import { plannedImage } from '../../builders/samples.js';
import { type Attestation, pushImage, pushSingle, SBOM } from '../fixtures/images.js';
import type { RegistryFixture } from '../fixtures/registry.js';

export const NOW = `v1:${'1'.repeat(64)}`;
export const OLD = `v1:${'0'.repeat(64)}`;
export const COMMIT = 'c'.repeat(40);
export const RELEASE_TAG = 'main-1234567';

export const known = (images: string[] = []): ImageFingerprint => ({
  status: 'known',
  fingerprint: NOW,
  record: { version: 1, inputs: [] },
  images,
});

export interface Published {
  tag?: string;
  fingerprint?: string;
  annotations?: Record<string, string>;
  /** Default: an SBOM, and provenance of mode max that names the base image. */
  attestations?: (platform: string) => Attestation[];
  platforms?: string[];
}

let shelves = 0;

/** A separate repository in a registry fixture, with a base image and functions to publish and find images. */
export async function createShelf(fixture: RegistryFixture) {
  const path = `shelf${++shelves}`;
  const base = `${fixture.front.host}/${path}/base:1`;
  const { digest: baseDigest } = await pushImage(fixture.registry, `${path}/base`, { seed: 'base' }, '1');
  const client = fixture.client();
  let seed = 0;
  return {
    path,
    base,
    baseDigest,
    image: (over: Partial<PlannedImage> = {}): PlannedImage =>
      plannedImage('api', {
        image: `${fixture.front.host}/${path}/api`,
        tags: [RELEASE_TAG, 'latest'],
        releaseTag: RELEASE_TAG,
        attest: { provenance: 'max', sbom: {} },
        ...over,
      }),
    async publish({ tag, fingerprint = NOW, annotations, attestations, platforms }: Published = {}) {
      const pushed = await pushImage(
        fixture.registry,
        `${path}/api`,
        {
          seed: `${path} ${++seed}`,
          platforms,
          attestations: attestations ?? (() => [SBOM, provenance([material(base, baseDigest)])]),
          annotations: {
            [INPUTS_ANNOTATION]: fingerprint,
            'org.opencontainers.image.revision': COMMIT,
            'org.opencontainers.image.version': `main-${seed}`,
            ...annotations,
          },
        },
        tag,
      );
      return pushed;
    },
    /** Moves the tag of the base image to another image. */
    rebuildBase: () => pushSingle(fixture.registry, `${path}/base`, 'a newer base', undefined, '1'),
    async find(
      over: Partial<BaselinesRequest> & { releases?: KnownRelease[]; input?: ImageFingerprint } = {},
    ): Promise<{ reading: Baseline; verified: string[] }> {
      const { readings, verified } = await findBaselines({
        client,
        images: [this.image()],
        inputs: { api: over.input ?? known([base]) },
        scope: 'image',
        known: { api: over.releases ?? [] },
        decodeRecord: (text) => JSON.parse(text),
        ...over,
      });
      return {
        reading: readings['api'] as Baseline,
        verified: verified.map(({ document }) => document.digest),
      };
    },
  };
}

export type Shelf = Awaited<ReturnType<typeof createShelf>>;

/** Verdicts as text, in the order of the candidates. */
export const verdicts = ({ candidates }: Baseline) =>
  candidates.map(({ tag, verdict }) =>
    verdict.status === 'unfit' ? `${tag} ${verdict.reason}` : `${tag} ${verdict.status}`,
  );

/** An image as BuildKit records it in provenance: a `pkg:docker` URI and a digest. */
export function material(reference: string, digest: string, query = 'platform=linux%2Famd64') {
  const colon = reference.lastIndexOf(':');
  const [name, tag] = [reference.slice(0, colon), reference.slice(colon + 1)];
  const uri = `pkg:docker/${name.replaceAll(':', '%3A')}@${tag}?${query}`;
  return { uri, digest: { sha256: digest.slice('sha256:'.length) } };
}

/** Provenance of mode max as BuildKit writes it: without `materials` if the list is empty. */
export function provenance(
  materials: object[],
  { started = '2026-01-02T03:04:05.5Z', finished = '2026-01-02T03:04:06Z' } = {},
): Attestation {
  return {
    predicateType: 'https://slsa.dev/provenance/v0.2',
    predicate: {
      buildType: 'https://mobyproject.org/buildkit@v1',
      buildConfig: { llbDefinition: [] },
      ...(materials.length > 0 && { materials }),
      metadata: { buildStartedOn: started, buildFinishedOn: finished },
    },
  };
}

/** Provenance of mode max in SLSA v1. */
export function provenanceV1(materials: object[]): Attestation {
  return {
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
        internalParameters: { buildConfig: {} },
        resolvedDependencies: materials,
      },
      runDetails: {
        metadata: { startedOn: '2026-01-02T03:04:05.5Z', finishedOn: '2026-01-02T03:04:06Z' },
      },
    },
  };
}
