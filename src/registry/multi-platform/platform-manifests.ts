import { createHash } from 'node:crypto';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../plan/baseline.js';
import { INDEX_TYPE, type IndexDocument, type IndexEntry } from '../manifest.js';

/** One platform of an image: its manifest, with its inputs as annotations, and its attestation manifests. */
export interface PlatformManifest {
  /** `linux/arm64` */
  platform: string;
  manifest: IndexEntry;
  attestations: IndexEntry[];
}

type Annotations = Readonly<Record<string, string>>;

/** https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md */
const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';

/**
 * Splits an index into its platforms. Its own inputs annotations go to each of its platforms, unless they have their
 * own, as in a merged index.
 */
export function platformsIn({ entries, annotations, platforms }: IndexDocument): PlatformManifest[] {
  const merged = entries.some((each) => each.annotations?.[INPUTS_ANNOTATION] !== undefined);
  return platforms.map(({ platform, digest }) => {
    const manifest = entries.find((each) => each.digest === digest && each.platform?.os !== 'unknown')!;
    const attestations = entries.filter(
      (each) =>
        each.annotations?.[REFERENCE_TYPE] === 'attestation-manifest' && each.annotations[REFERENCE_DIGEST] === digest,
    );
    const own = { ...(!merged && inputsIn(annotations)), ...manifest.annotations };
    return { platform, manifest: annotated(manifest, own), attestations };
  });
}

/** The annotations that describe inputs. */
export function inputsIn(annotations: Annotations): Annotations {
  return Object.fromEntries(
    [INPUTS_ANNOTATION, RECORD_ANNOTATION].flatMap((name) => (annotations[name] ? [[name, annotations[name]]] : [])),
  );
}

export function annotated(descriptor: IndexEntry, annotations: Annotations): IndexEntry {
  const { annotations: _, ...bare } = descriptor;
  return Object.keys(annotations).length === 0 ? bare : { ...bare, annotations: sorted(annotations) };
}

/**
 * Merges platforms into one index with the same bytes whatever their order: platforms by name, then their
 * attestations, as BuildKit lists them.
 */
export function mergedIndex(platforms: readonly PlatformManifest[], annotations: Annotations): Buffer {
  const ordered = [...platforms].sort((a, b) => (a.platform < b.platform ? -1 : 1));
  const document = {
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: [...ordered.map(({ manifest }) => manifest), ...ordered.flatMap(({ attestations }) => attestations)],
    ...(Object.keys(annotations).length > 0 && { annotations: sorted(annotations) }),
  };
  return Buffer.from(JSON.stringify(document, null, 2));
}

function sorted(values: Annotations): Record<string, string> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The fingerprints of all platforms as one. It differs from that of every image that was built as a whole: only jobs
 * that build some of the platforms may reuse a platform of a merged index.
 * @returns undefined: that of one platform is not known
 */
export function mergedFingerprint(platforms: readonly PlatformManifest[]): string | undefined {
  const lines = platforms.map(({ platform, manifest }) => {
    const fingerprint = manifest.annotations?.[INPUTS_ANNOTATION];
    return fingerprint === undefined ? undefined : `${platform} ${fingerprint}`;
  });
  if (lines.some((line) => line === undefined)) return undefined;
  const hash = createHash('sha256').update(`joined\n${lines.sort().join('\n')}\n`);
  return `v1:${hash.digest('hex')}`;
}

/** When the oldest of the documents was built without cache; undefined: one of them does not say. */
export function mergedColdBuild(documents: readonly Annotations[]): string | undefined {
  const times = documents.map(({ [COLD_ANNOTATION]: time }) => time);
  return times.every((time) => time !== undefined) ? times.sort()[0] : undefined;
}

/** The inputs annotations of an index for a job that builds these platforms. */
export function inputsFor(document: IndexDocument, platforms: readonly string[]): Annotations {
  const [first, ...others] = platformsIn(document)
    .filter(({ platform }) => platforms.includes(platform))
    .map(({ manifest }) => inputsIn(manifest.annotations ?? {}));
  const same = others.every((other) => other[INPUTS_ANNOTATION] === first?.[INPUTS_ANNOTATION]);
  return first !== undefined && same ? first : {};
}
