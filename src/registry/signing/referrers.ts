import * as z from 'zod';
import { descriptorOf } from '../attestations/documents.js';
import { digestOf, type FetchedManifest, type RegistryClient } from '../client.js';
import { INDEX_TYPE, MalformedDocument, MANIFEST_TYPE, parseJson, parseManifest } from '../manifest.js';
import { BUNDLE_TYPE, type SigstoreBundle } from './sign-statement.js';

const EMPTY = { type: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };
const ANY_BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/;
/** More signatures of one digest are not verified. */
const MOST_BUNDLES = 20;

const referrer = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  artifactType: z.string().optional(),
});
const referrers = z.looseObject({ manifests: z.array(referrer) });

/**
 * Attaches a bundle to its image as an OCI referrer, where `gh attestation verify --bundle-from-oci`, cosign and
 * policy controllers look. In registries without the referrers API, such as ghcr.io, the list of referrers is an index
 * under a tag made of the digest.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
 * @returns the digest of the referrer
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function attachBundle(
  client: RegistryClient,
  image: string,
  subject: FetchedManifest,
  { bundle, predicateType, now }: { bundle: SigstoreBundle; predicateType: string; now: Date },
): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(bundle));
  for (const blob of [bytes, EMPTY.bytes]) await client.putBlob(image, blob);
  const annotations = {
    'org.opencontainers.image.created': now.toISOString(),
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateType,
  };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: BUNDLE_TYPE,
      config: descriptorOf(EMPTY.type, EMPTY.bytes),
      layers: [descriptorOf(BUNDLE_TYPE, bytes)],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
      annotations,
    }),
  );
  const { digest } = await client.putManifest(image, digestOf(manifest), manifest, MANIFEST_TYPE);
  if ((await client.getReferrers(image, subject.digest)) === undefined) {
    const entry = { ...descriptorOf(MANIFEST_TYPE, manifest), artifactType: BUNDLE_TYPE, annotations };
    await listUnderTag(client, image, subject.digest, entry);
  }
  return digest;
}

async function listUnderTag(client: RegistryClient, image: string, of: string, entry: { digest: string }) {
  const tag = tagOf(of);
  const known = await client.getManifest(image, tag);
  const list = known ? readList(known.bytes) : { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] };
  if (list.manifests.some(({ digest }) => digest === entry.digest)) return;
  const bytes = Buffer.from(JSON.stringify({ ...list, manifests: [...list.manifests, entry] }));
  await client.putManifest(image, tag, bytes, INDEX_TYPE);
}

/**
 * The Sigstore bundles attached to an image, not verified.
 * @throws ReleaseError `registry/*`; MalformedDocument; Cancelled
 */
export async function findBundles(client: RegistryClient, image: string, digest: string): Promise<SigstoreBundle[]> {
  const list = (await client.getReferrers(image, digest)) ?? (await client.getManifest(image, tagOf(digest)))?.bytes;
  if (list === undefined) return [];
  const entries = readList(list)
    .manifests.filter(({ artifactType }) => artifactType === undefined || ANY_BUNDLE.test(artifactType))
    .slice(-MOST_BUNDLES);
  const found = await Promise.all(entries.map((entry) => fetchBundle(client, image, entry.digest)));
  return found.filter((bundle) => bundle !== undefined);
}

async function fetchBundle(client: RegistryClient, image: string, digest: string) {
  const fetched = await client.getManifest(image, digest);
  const [layer] = fetched ? parseManifest(fetched.bytes).layers : [];
  if (layer === undefined || !ANY_BUNDLE.test(layer.mediaType)) return undefined;
  const bytes = await client.getBlob(image, layer.digest);
  return bytes && (parseJson(bytes) as SigstoreBundle);
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
export function tagOf(digest: string): string {
  return digest.replace(':', '-');
}

function readList(bytes: Uint8Array) {
  const result = referrers.safeParse(parseJson(bytes));
  if (!result.success) throw new MalformedDocument('is no list of referrers');
  return result.data;
}
