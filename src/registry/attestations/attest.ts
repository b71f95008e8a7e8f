import type { Attest, AttestRequest } from '../../builders/kaniko/build.js';
import type { BaseImages } from '../../dockerfile/description.js';
import { failure, ReleaseError, warning } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import { parseReference } from '../../plan/references.js';
import { digestOf, formatReference, type RegistryClient } from '../client.js';
import { mergedIndex } from '../multi-platform/platform-manifests.js';
import { INDEX_TYPE, MalformedDocument, MANIFEST_TYPE, parseConfigPlatform, parseManifest } from '../manifest.js';
import { attestationManifest, describeBuild, indexAnnotations, platformEntries, statementOf } from './documents.js';
import type { LevelAnnotations, Predicate, PushedManifest } from './documents.js';
import { scanImage, type Scan } from './scan.js';

export interface AttesterOptions {
  client: RegistryClient;
  levelAnnotations: LevelAnnotations;
  /** Whether the work tree differs from the commit. */
  tree: 'committed' | 'uncommitted';
}

/**
 * Makes bare images what BuildKit would have pushed: an index of their platforms with SBOM, provenance and the planned
 * annotations. It is pushed by digest; no tag names it yet. Without attestations and with one platform it is the
 * manifest itself, as with BuildKit.
 */
export function createAttester(options: AttesterOptions): Attest {
  return async (request) => {
    const client = options.client.withSignal(request.signal);
    const { manifests, image } = request;
    const { attest } = image;
    const [only] = manifests;
    if (only && manifests.length === 1 && attest.provenance === 'off' && attest.sbom === 'off')
      return { digest: only.digest, warnings: [] };
    const pushed = await Promise.all(manifests.map(({ digest }) => readPushed(client, image, digest)));
    const { scans, warnings } = await scanAll(client, request, pushed);
    const predicates = await predicatesOf(client, request, pushed, scans, options);
    const { index, descriptor } = indexAnnotations(image.annotations, options.levelAnnotations);
    const platforms = await Promise.all(
      pushed.map(async (manifest, at) => {
        const attestations = await putAttestations(client, request, manifest, predicates[at]!);
        return platformEntries(manifest, descriptor(manifest.platform), attestations);
      }),
    );
    const bytes = mergedIndex(platforms, index);
    const { digest } = await client.putManifest(image.image, digestOf(bytes), bytes, INDEX_TYPE);
    return { digest, warnings };
  };
}

async function readPushed(client: RegistryClient, { key, image }: PlannedImage, digest: string) {
  const fetched = await client.getManifest(image, digest);
  try {
    if (fetched === undefined) throw new MalformedDocument('is not in the registry');
    const bytes = await client.getBlob(image, parseManifest(fetched.bytes).config.digest);
    if (bytes === undefined) throw new MalformedDocument('has no config in the registry');
    const { mediaType } = fetched;
    return { mediaType, digest, size: fetched.bytes.length, platform: parseConfigPlatform(bytes) };
  } catch (error) {
    if (!(error instanceof MalformedDocument)) throw error;
    const message = `${formatReference(image, digest)} ${error.message}.`;
    const fix = 'Run again; check that the builder and this machine reach the same registry under that name.';
    throw failure({ code: 'registry/garbage', image: key, message, fix });
  }
}

/** If the scanner can't be pulled, an image whose SBOM is optional gets none, on all platforms. */
async function scanAll(client: RegistryClient, request: AttestRequest, pushed: readonly PushedManifest[]) {
  const { key, attest } = request.image;
  if (attest.sbom === 'off') return { scans: [], warnings: [] };
  const outcomes = await Promise.allSettled(
    pushed.map(({ platform, digest }, at) =>
      scanImage(client, request, { platform, digest, wanted: request.manifests[at]!.platform }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined)
    return { scans: outcomes.flatMap((outcome) => ('value' in outcome ? outcome.value : [])), warnings: [] };
  const error: unknown = failed.reason;
  if (!(error instanceof ReleaseError) || error.code !== 'build/sbom-scanner' || !attest.sbom.optional) throw error;
  const missing = warning({
    code: 'build/sbom-scanner',
    image: key,
    message: `The SBOM scanner can't be had, so ${key} has no SBOM.`,
    fix: 'Name a copy that the builder can pull in `attest.scanner`; an image gets its SBOM when it is built again.',
    detail: error.problems.map(({ message }) => message).join('\n'),
  });
  return { scans: [], warnings: [missing] };
}

/** The predicates of each platform: SBOMs before provenance, as BuildKit orders them. */
async function predicatesOf(
  client: RegistryClient,
  request: AttestRequest,
  pushed: readonly PushedManifest[],
  scans: readonly Scan[],
  { tree }: AttesterOptions,
): Promise<Predicate[][]> {
  const { image, say } = request;
  if (image.attest.provenance === 'off') return pushed.map((_, at) => scans[at]?.sboms ?? []);
  const { used, unresolved } = await usedImages(client, request.reads, request.bases);
  if (unresolved.length > 0) {
    const names = unresolved.join(', ');
    say(`The digests of ${names} in ${image.key} are not known: it is rebuilt next time.`);
  }
  return pushed.map(({ platform }, at) => {
    const { sboms = [], scanner } = scans[at] ?? {};
    const images = scanner ? [...used, scanner] : used;
    return [...sboms, describeBuild(request, { tree, platform, used: images, unresolved })];
  });
}

/** @returns undefined: there are none */
async function putAttestations(
  client: RegistryClient,
  { image: { image, releaseTag } }: AttestRequest,
  platform: PushedManifest,
  predicates: readonly Predicate[],
): Promise<Buffer | undefined> {
  if (predicates.length === 0) return undefined;
  const statements = predicates.map((each) => ({
    statement: statementOf(each, platform, formatReference(image, releaseTag)),
    predicateType: each.predicateType,
  }));
  const { config, manifest } = attestationManifest(statements);
  const blobs = [config, ...statements.map(({ statement }) => statement)];
  await Promise.all(blobs.map((bytes) => client.putBlob(image, bytes)));
  await client.putManifest(image, digestOf(manifest), manifest, MANIFEST_TYPE);
  return manifest;
}

/**
 * Finds the digests of the images that a build used, if the builder doesn't report them: a tag that named the same
 * digest before and after the build named it all the time.
 * @param before as the registries had them when the release was planned
 * @returns `unresolved`: references whose digest is not known
 * @throws Cancelled
 */
async function usedImages(client: RegistryClient, references: readonly string[], before: BaseImages) {
  const images = await Promise.all(
    [...new Set(references)].map(async (reference) => ({
      reference,
      digest: await digestDuring(client, reference, before),
    })),
  );
  return {
    used: images.flatMap(({ reference, digest }) => (digest === undefined ? [] : { reference, digest })),
    unresolved: images.flatMap(({ reference, digest }) => (digest === undefined ? reference : [])),
  };
}

async function digestDuring(client: RegistryClient, reference: string, before: BaseImages) {
  const parsed = parseReference(reference);
  if (parsed?.digest !== undefined) return parsed.digest;
  const planned = Object.hasOwn(before, reference) ? before[reference] : undefined;
  if (parsed === undefined || planned === undefined || 'unresolved' in planned) return undefined;
  const now = await client.headManifest(parsed.name, parsed.tag ?? 'latest').catch((error: unknown) => {
    if (error instanceof ReleaseError) return undefined;
    throw error;
  });
  return now?.digest === planned.digest ? now.digest : undefined;
}
