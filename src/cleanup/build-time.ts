import { parseJson } from '../lib/json.js';
import { at, buildTimes, text } from '../registry/attestations.js';
import type { RegistryClient } from '../registry/client.js';

const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\//;

/**
 * When an image was built, for registries that don't say when it was pushed: the later of its annotation, which is the time
 * of the commit, and the end of the build in its provenance. Milliseconds since the epoch.
 * @returns undefined: it has neither, or its provenance can't be read
 */
export async function readBuildTime(client: RegistryClient, image: string, manifest: object) {
  const entries = (at(manifest, 'manifests') ?? []) as unknown[];
  const attested = entries.find((entry) => at(entry, 'annotations', 'vnd.docker.reference.type') !== undefined);
  const times = [at(manifest, 'annotations', 'org.opencontainers.image.created')];
  if (attested !== undefined) {
    const fetched = await client.getManifest(image, text(at(attested, 'digest'))!);
    if (fetched === undefined) return undefined;
    const layers = (at(parseJson(fetched.bytes), 'layers') ?? []) as unknown[];
    const layer = layers.find((each) =>
      PROVENANCE.test(text(at(each, 'annotations', 'in-toto.io/predicate-type')) ?? ''),
    );
    const blob = layer === undefined ? undefined : await client.getBlob(image, text(at(layer, 'digest'))!);
    const { finished } = buildTimes({ predicate: at(blob && parseJson(blob), 'predicate') });
    if (layer !== undefined && finished === undefined) return undefined;
    times.push(finished);
  }
  const known = times.flatMap((time) => Date.parse(text(time) ?? '') || []);
  return known.length === 0 ? undefined : Math.max(...known);
}
