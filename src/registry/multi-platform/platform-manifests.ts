import { createHash } from 'node:crypto';
import * as z from 'zod';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../plan/baseline.js';
import { formatPlatform, MalformedDocument, parseJson } from '../manifest.js';

/** What one platform of an image is: its manifest, what is attested of it, and what it was made from. */
export interface PlatformPart {
  /** `linux/arm64` */
  platform: string;
  manifest: PartDescriptor;
  attestations: PartDescriptor[];
}

const part = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  platform: z
    .looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
    .optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** As it stands in an index; what is not known of it is kept. */
export type PartDescriptor = z.infer<typeof part>;

const index = z.object({
  manifests: z.array(part),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/**
 * Takes an index apart. What it says of its inputs as a whole goes to each of its platforms, unless they say it
 * themselves, as in an index that was joined from parts.
 * @throws MalformedDocument
 */
export function partsIn(bytes: Uint8Array): { parts: PlatformPart[]; annotations: Record<string, string> } {
  const read = index.safeParse(parseJson(bytes));
  if (!read.success) throw new MalformedDocument('is no index');
  const { manifests } = read.data;
  const annotations = read.data.annotations ?? {};
  const joined = manifests.some((each) => each.annotations?.[INPUTS_ANNOTATION] !== undefined);
  const ofAll = joined ? {} : pick(annotations, INPUTS_ANNOTATION, RECORD_ANNOTATION);
  const parts = manifests.flatMap((manifest): PlatformPart[] => {
    const { platform, digest } = manifest;
    const isPlatform = platform !== undefined && platform.os !== 'unknown';
    if (!isPlatform || manifest.annotations?.[REFERENCE_TYPE] !== undefined) return [];
    const attestations = manifests.filter(
      ({ annotations: own }) =>
        own?.[REFERENCE_TYPE] === 'attestation-manifest' && own[REFERENCE_DIGEST] === digest,
    );
    const own = { ...ofAll, ...manifest.annotations };
    return [
      {
        platform: formatPlatform(platform),
        manifest: annotated(manifest, own),
        attestations,
      },
    ];
  });
  return { parts, annotations };
}

/** https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md */
const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';

function pick(values: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
}

function annotated(descriptor: PartDescriptor, annotations: Record<string, string>): PartDescriptor {
  const { annotations: _, ...bare } = descriptor;
  return Object.keys(annotations).length === 0 ? bare : { ...bare, annotations: sorted(annotations) };
}

/**
 * The one index of all parts, the same bytes whatever order they come in: platforms by name, then what is attested of
 * them, as BuildKit lists it.
 */
export function joinedIndex(
  parts: readonly PlatformPart[],
  annotations: Readonly<Record<string, string>>,
): Buffer {
  const ordered = [...parts].sort((a, b) => (a.platform < b.platform ? -1 : 1));
  const document = {
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: [
      ...ordered.map(({ manifest }) => manifest),
      ...ordered.flatMap(({ attestations }) => attestations),
    ],
    annotations: sorted(annotations),
  };
  return Buffer.from(JSON.stringify(document, null, 2));
}

function sorted(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What all parts were made from, as one fingerprint. It equals that of no image that was built as a whole: only jobs
 * that build some platforms may take a part of a joined index for what they would build.
 * @returns undefined: of one part it is not known
 */
export function joinedFingerprint(parts: readonly PlatformPart[]): string | undefined {
  const lines = parts.map(({ platform, manifest }) => {
    const fingerprint = manifest.annotations?.[INPUTS_ANNOTATION];
    return fingerprint === undefined ? undefined : `${platform} ${fingerprint}`;
  });
  if (lines.some((line) => line === undefined)) return undefined;
  const hash = createHash('sha256').update(`joined\n${lines.sort().join('\n')}\n`);
  return `v1:${hash.digest('hex')}`;
}

/** When the oldest of the documents was built without cache; undefined: one of them does not say. */
export function joinedColdBuild(documents: readonly Record<string, string>[]): string | undefined {
  const times = documents.map(({ [COLD_ANNOTATION]: time }) => time);
  return times.every((time) => time !== undefined) ? times.sort()[0] : undefined;
}

/** What an index says of its inputs to a job that builds these platforms. */
export function inputsFor(bytes: Uint8Array, platforms: readonly string[]): Record<string, string> {
  const said = partsIn(bytes)
    .parts.filter(({ platform }) => platforms.includes(platform))
    .map(({ manifest }) => pick(manifest.annotations ?? {}, INPUTS_ANNOTATION, RECORD_ANNOTATION));
  const [first, ...others] = said;
  const same = others.every((other) => other[INPUTS_ANNOTATION] === first?.[INPUTS_ANNOTATION]);
  return first !== undefined && same ? first : {};
}
