import type { PlannedImage } from '../../src/plan/plan.js';
import { REGISTRY } from './daemon.js';

export const INDEX = 'application/vnd.oci.image.index.v1+json';

export interface Manifest {
  annotations?: Record<string, string>;
  manifests: { digest: string; annotations?: Record<string, string> }[];
  layers: { digest: string; annotations?: Record<string, string> }[];
}

export async function fromRegistry(image: PlannedImage, kind: 'manifests' | 'blobs', reference: string) {
  const path = image.image.slice(REGISTRY.length + 1);
  const response = await fetch(`http://${REGISTRY}/v2/${path}/${kind}/${reference}`, {
    headers: { accept: `${INDEX}, application/vnd.oci.image.manifest.v1+json` },
  });
  return { status: response.status, json: (await response.json()) as Manifest };
}

export async function tagsOf(image: PlannedImage): Promise<string[]> {
  const path = image.image.slice(REGISTRY.length + 1);
  const response = await fetch(`http://${REGISTRY}/v2/${path}/tags/list`);
  return ((await response.json()) as { tags?: string[] | null }).tags ?? [];
}

/** The provenance statement of an image's only platform, as text. */
export async function provenanceOf(image: PlannedImage, digest: string): Promise<string> {
  const index = await fromRegistry(image, 'manifests', digest);
  const attestation = index.json.manifests.find(
    ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
  );
  const manifest = await fromRegistry(image, 'manifests', attestation!.digest);
  const layer = manifest.json.layers.find(({ annotations }) =>
    annotations?.['in-toto.io/predicate-type']?.startsWith('https://slsa.dev/provenance/'),
  );
  return JSON.stringify((await fromRegistry(image, 'blobs', layer!.digest)).json);
}
