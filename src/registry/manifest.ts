import * as z from 'zod';
import { parseJson as tryJson } from '../lib/json.js';

/** Media types of the documents that a tag may name: OCI's and docker's. */
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPES = [INDEX_TYPE, 'application/vnd.docker.distribution.manifest.list.v2+json'];
export const MANIFEST_TYPES = [MANIFEST_TYPE, 'application/vnd.docker.distribution.manifest.v2+json'];

const digest = z.string().regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, 'is no digest');

const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish(),
  /** Places outside the registry: such a layer need not be in it. */
  urls: z.array(z.string()).nullish(),
});

/** Each entry and layer causes a request: an index for every platform of Go, with attestations, has fewer entries. */
const MOST_ENTRIES = 256;
/** The most that overlay file systems stack is 128. */
const MOST_LAYERS = 1024;

const platform = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });
const entry = z.looseObject({ ...descriptor.shape, platform: z.looseObject(platform.shape).nullish() });

const indexDocument = z.object({
  manifests: z.array(entry).max(MOST_ENTRIES, `has more than ${MOST_ENTRIES} entries`),
  annotations: z.record(z.string(), z.string()).nullish(),
});

const manifestDocument = z.object({
  config: descriptor,
  layers: z.array(descriptor).max(MOST_LAYERS, `has more than ${MOST_LAYERS} layers`),
  annotations: z.record(z.string(), z.string()).nullish(),
});

/** A descriptor in an index; unknown fields are kept. */
export type IndexEntry = z.infer<typeof entry>;
export type ImageManifest = z.infer<typeof manifestDocument>;

/** The document that a tag names. */
export type ImageDocument =
  | {
      type: 'index';
      platforms: { platform: string; digest: string }[];
      /** Attestation manifests and the platform manifest that each describes. */
      attestations: { digest: string; of: string }[];
      annotations: Record<string, string>;
      /** All of them, as they are. */
      entries: IndexEntry[];
    }
  | { type: 'manifest'; manifest: ImageManifest; annotations: Record<string, string> };

export type IndexDocument = ImageDocument & { type: 'index' };

/** An invalid document; `message` completes "it …". */
export class MalformedDocument extends Error {
  override readonly name = 'MalformedDocument';
}

/**
 * Reads an index (manifest list) or a single manifest. Attestations are recognised by BuildKit's
 * annotations (moby/buildkit docs/attestations/attestation-storage.md); other entries without a real
 * platform are ignored, as container runtimes do.
 * @throws MalformedDocument
 */
export function parseImageDocument(bytes: Uint8Array): ImageDocument {
  const json = parseJson(bytes);
  if (typeof json === 'object' && json !== null && 'manifests' in json) return readIndex(json);
  const manifest = check(manifestDocument, json);
  return { type: 'manifest', manifest, annotations: manifest.annotations ?? {} };
}

function readIndex(json: unknown): ImageDocument {
  const { manifests, annotations } = check(indexDocument, json);
  return {
    type: 'index',
    entries: manifests,
    platforms: manifests.flatMap(({ digest, platform, annotations }) =>
      platform && platform.os !== 'unknown' && !annotations?.['vnd.docker.reference.type']
        ? [{ platform: formatPlatform(platform), digest }]
        : [],
    ),
    attestations: manifests.flatMap(({ digest, annotations }) => {
      const of = annotations?.['vnd.docker.reference.digest'];
      const type = annotations?.['vnd.docker.reference.type'];
      return type === 'attestation-manifest' && of ? [{ digest, of }] : [];
    }),
    annotations: annotations ?? {},
  };
}

/** @throws MalformedDocument */
export function parseManifest(bytes: Uint8Array): ImageManifest {
  return check(manifestDocument, parseJson(bytes));
}

/** The platform that an image's config names. @throws MalformedDocument */
export function parseConfigPlatform(bytes: Uint8Array): string {
  return formatPlatform(check(platform, parseJson(bytes)));
}

/** Compressed size of an image as the registry serves it: config and layers, bytes. */
export function imageSize({ config, layers }: ImageManifest): number {
  return layers.reduce((sum, layer) => sum + layer.size, config.size);
}

const strings = z.array(z.string()).nullish();

/** https://github.com/opencontainers/image-spec/blob/main/config.md, and docker's OnBuild. */
const runConfig = z.object({
  config: z
    .object({
      ...{ Env: strings, OnBuild: strings, Entrypoint: strings, Cmd: strings },
      ...{ WorkingDir: z.string().nullish(), User: z.string().nullish() },
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

/** How an image is run, from its config. @throws MalformedDocument */
export function parseRunConfig(bytes: Uint8Array) {
  const result = runConfig.safeParse(parseJson(bytes));
  if (!result.success) throw new MalformedDocument('has a config of no known form');
  return result.data.config ?? {};
}

export function parseJson(bytes: Uint8Array): unknown {
  const json = tryJson(Buffer.from(bytes));
  if (json === undefined) throw new MalformedDocument('is no JSON');
  return json;
}

function check<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MalformedDocument(`has a wrong ${issue?.path.join('.') || 'form'}: ${issue?.message}`);
}

/** Variants that say nothing beyond the architecture (containerd's normalisation). */
const DEFAULT_VARIANTS = new Set(['amd64/v1', 'arm64/v8']);
const ARCHITECTURES: Record<string, string | undefined> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  arm: 'arm/v7',
  i386: '386',
};

/** `os/architecture[/variant]`, without a variant that is the architecture's default. */
function formatPlatform({ os, architecture, variant }: z.infer<typeof platform>): string {
  return normalizePlatform([os, architecture, variant].filter(Boolean).join('/'));
}

/** Makes two spellings of one platform equal: `linux/arm64/v8` and `linux/aarch64` are `linux/arm64`. */
export function normalizePlatform(text: string): string {
  const [os = '', architecture = '', variant] = text.trim().toLowerCase().split('/');
  if (variant !== undefined) {
    const base = (ARCHITECTURES[architecture] ?? architecture).split('/')[0] ?? '';
    const full = `${base}/${variant}`;
    return `${os}/${DEFAULT_VARIANTS.has(full) ? base : full}`;
  }
  return `${os}/${ARCHITECTURES[architecture] ?? architecture}`;
}
