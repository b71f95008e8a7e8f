import { createHash } from 'node:crypto';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const STATEMENT = 'application/vnd.in-toto+json';

export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  host: string;
  authorization?: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  [more: string]: unknown;
}

export interface Attestation {
  predicateType: string;
  /** What the manifest calls it; default: `predicateType`. */
  announced?: string;
  predicate: unknown;
  /** Hex digest that the statement speaks of; default: the platform manifest's. */
  subject?: string;
  /** Instead of a statement. */
  raw?: string;
}

export interface TestImage {
  /** Makes one image's bytes differ from another's. */
  seed: string;
  platforms?: string[];
  /** Per platform; default: an SBOM of three packages and provenance of mode max. */
  attestations?: (platform: string) => Attestation[];
  /** Of the index. */
  annotations?: Record<string, string>;
}

export interface PushedImage {
  digest: string;
  /** `attestations`: the statements' blobs; `attested`: the manifest that lists them. */
  platforms: {
    platform: string;
    digest: string;
    config: string;
    layer: string;
    attestations: string[];
    attested?: string;
  }[];
}

export const SBOM: Attestation = {
  predicateType: 'https://spdx.dev/Document',
  predicate: { spdxVersion: 'SPDX-2.3', packages: [{ name: 'a' }, { name: 'b' }, { name: 'express' }] },
};

export const PROVENANCE: Attestation = {
  predicateType: 'https://slsa.dev/provenance/v0.2',
  predicate: {
    buildConfig: { llbDefinition: [] },
    metadata: {
      'https://mobyproject.org/buildkit@v1#metadata': {
        vcs: { source: 'https://example.org/acme/app.git', revision: 'a'.repeat(40) },
      },
    },
  },
};

export const sha256 = (bytes: string | Uint8Array) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function request(registry: TestRegistry, method: string, path: string, body?: string, type?: string) {
  const headers: Record<string, string> = { ...(type && { 'content-type': type }) };
  if (registry.authorization) headers['authorization'] = registry.authorization;
  const url = path.startsWith('http') ? path : `http://${registry.host}/v2/${path}`;
  const response = await fetch(url, { method, headers, body });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

export async function pushBlob(registry: TestRegistry, repository: string, bytes: string): Promise<string> {
  const started = await request(registry, 'POST', `${repository}/blobs/uploads/`);
  const location = new URL(started.headers.get('location') ?? '', `http://${registry.host}`);
  location.searchParams.set('digest', sha256(bytes));
  await request(registry, 'PUT', location.href, bytes, 'application/octet-stream');
  return sha256(bytes);
}

async function blob(registry: TestRegistry, repository: string, mediaType: string, bytes: string, more = {}) {
  const digest = await pushBlob(registry, repository, bytes);
  return { mediaType, digest, size: bytes.length, ...more } satisfies Descriptor;
}

/** Puts a manifest under its digest, and under `tag` where one is given. */
export async function pushManifest(
  registry: TestRegistry,
  repository: string,
  mediaType: string,
  document: object,
  tag?: string,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const bytes = JSON.stringify({ schemaVersion: 2, mediaType, ...document });
  for (const reference of [sha256(bytes), ...(tag ? [tag] : [])]) {
    await request(registry, 'PUT', `${repository}/manifests/${reference}`, bytes, mediaType);
  }
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

/** Pushes an image by digest in the layout that BuildKit writes, with no tag unless one is given. */
export async function pushImage(
  registry: TestRegistry,
  repository: string,
  image: TestImage,
  tag?: string,
): Promise<PushedImage> {
  const attestationsOf = image.attestations ?? (() => [SBOM, PROVENANCE]);
  const manifests: Descriptor[] = [];
  const attested: Descriptor[] = [];
  const platforms: PushedImage['platforms'] = [];
  for (const platform of image.platforms ?? ['linux/amd64']) {
    const [os, architecture, variant] = platform.split('/');
    const config = JSON.stringify({ os, architecture, variant, rootfs: { type: 'layers', diff_ids: [] } });
    const layer = await blob(registry, repository, LAYER, `layer of ${image.seed} for ${platform}`);
    const manifest = await pushManifest(registry, repository, MANIFEST, {
      config: await blob(registry, repository, CONFIG, config),
      layers: [layer],
    });
    manifests.push({ ...manifest, platform: { os, architecture, variant } });
    const statements = await pushStatements(registry, repository, manifest.digest, attestationsOf(platform));
    const attestation =
      statements.length === 0 ? [] : [await attest(registry, repository, manifest.digest, statements)];
    attested.push(...attestation);
    platforms.push({
      platform,
      digest: manifest.digest,
      config: sha256(config),
      layer: layer.digest,
      attestations: statements.map(({ digest }) => digest),
      attested: attestation[0]?.digest,
    });
  }
  const index = await pushManifest(
    registry,
    repository,
    INDEX,
    { manifests: [...manifests, ...attested], ...(image.annotations && { annotations: image.annotations }) },
    tag,
  );
  return { digest: index.digest, platforms };
}

async function pushStatements(
  registry: TestRegistry,
  repository: string,
  platform: string,
  attestations: Attestation[],
): Promise<Descriptor[]> {
  const statements: Descriptor[] = [];
  for (const { predicateType, announced = predicateType, predicate, subject, raw } of attestations) {
    const statement = {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType,
      subject: [{ name: 'pkg:docker/app', digest: { sha256: subject ?? platform.slice('sha256:'.length) } }],
      predicate,
    };
    const annotations = { 'in-toto.io/predicate-type': announced };
    statements.push(
      await blob(registry, repository, STATEMENT, raw ?? JSON.stringify(statement), { annotations }),
    );
  }
  return statements;
}

async function attest(
  registry: TestRegistry,
  repository: string,
  platform: string,
  layers: Descriptor[],
): Promise<Descriptor> {
  const config = JSON.stringify({ architecture: 'unknown', os: 'unknown', rootfs: { type: 'layers' } });
  const manifest = await pushManifest(registry, repository, MANIFEST, {
    config: await blob(registry, repository, CONFIG, config),
    layers,
  });
  return {
    ...manifest,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': platform,
    },
  };
}

/** Pushes a single manifest without index. */
export async function pushSingle(
  registry: TestRegistry,
  repository: string,
  seed: string,
  mediaType = MANIFEST,
  tag?: string,
) {
  const docker = mediaType.includes('docker');
  const config = JSON.stringify({
    os: 'linux',
    architecture: 'arm64',
    rootfs: { type: 'layers', diff_ids: [] },
  });
  return pushManifest(
    registry,
    repository,
    mediaType,
    {
      config: await blob(
        registry,
        repository,
        docker ? 'application/vnd.docker.container.image.v1+json' : CONFIG,
        config,
      ),
      layers: [
        await blob(
          registry,
          repository,
          docker ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : LAYER,
          `layer of ${seed}`,
        ),
      ],
    },
    tag,
  );
}

export async function remove(
  registry: TestRegistry,
  repository: string,
  what: 'blobs' | 'manifests',
  digest: string,
) {
  await request(registry, 'DELETE', `${repository}/${what}/${digest}`);
}

/** Digest that a tag names, asked without the client under test. */
export async function tagDigest(registry: TestRegistry, repository: string, tag: string) {
  const headers: Record<string, string> = { accept: `${INDEX}, ${MANIFEST}` };
  if (registry.authorization) headers['authorization'] = registry.authorization;
  const response = await fetch(`http://${registry.host}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers,
  });
  return response.status === 404 ? undefined : response.headers.get('docker-content-digest');
}

export async function listTags(registry: TestRegistry, repository: string): Promise<string[]> {
  const response = await request(registry, 'GET', `${repository}/tags/list`);
  return ((await response.json()) as { tags: string[] | null }).tags ?? [];
}
