import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { labFromEnvironment } from '../../../lab/shared-lab.js';
import { levelAnnotations } from '../../../src/builders/buildx/bake-definition.js';
import type { AttestRequest } from '../../../src/builders/kaniko/build.js';
import { run } from '../../../src/lib/process.js';
import { createAttester, type AttesterOptions } from '../../../src/registry/attestations/attest.js';
import { createRegistryClient } from '../../../src/registry/client.js';
import { plannedImage, planOf } from '../../builders/samples.js';
import { pushManifest } from '../fixtures/images.js';

export const lab = labFromEnvironment();
export const client = createRegistryClient({
  credentials: async () => undefined,
  userAgent: 'image-release-test',
});
export const SOURCE: AttestRequest['source'] = {
  ...planOf([]).source,
  url: 'https://github.com/acme/shop',
  run: { id: '7', number: 1, attempt: 2, url: 'https://github.com/acme/shop/actions/runs/7' },
};

/** Builds with buildx and, like Kaniko, pushes single manifests without attestations. */
export class PlainBuilder {
  readonly folder = mkdtempSync(join(tmpdir(), 'attesting-'));
  readonly image: string;
  #count = 0;

  constructor(name: string) {
    this.image = `${lab.registry}/attesting/${name}`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  write(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  async docker(...args: string[]): Promise<string> {
    return this.#docker(args, '');
  }

  async #docker(args: string[], input: string): Promise<string> {
    const env = { ...process.env, DOCKER_HOST: lab.dockerHost };
    const { code, stdout, stderr } = await run('docker', args, { cwd: this.folder, env, input });
    if (code !== 0) throw new Error(stderr.toString());
    return stdout.toString();
  }

  /** @param attestations flags of `docker buildx build`; default: no attestations. @returns digest */
  async build(
    dockerfile: string,
    tag = `staging-${(this.#count += 1)}`,
    attestations = ['--provenance=false', '--sbom=false'],
  ): Promise<string> {
    const output = `type=image,name=${this.image}:${tag},oci-mediatypes=true,push=true`;
    const args = ['buildx', 'build', '--output', output, ...attestations];
    await this.#docker([...args, '--file', '-', '.'], dockerfile);
    return (await client.headManifest(this.image, tag))!.digest;
  }

  /** Pushes a minimal manifest. */
  async pushed(platform = 'linux/arm64/v8'): Promise<{ platform: string; digest: string }> {
    const [os, architecture, variant] = platform.split('/');
    const config = JSON.stringify({ os, architecture, variant });
    return { platform, digest: await this.push(config, gzipSync(platform)) };
  }

  /** @returns digest */
  async push(config: string, layer: Buffer): Promise<string> {
    const type = 'application/vnd.oci.image';
    const blob = async (mediaType: string, bytes: Buffer) => ({
      mediaType,
      digest: await client.putBlob(this.image, bytes),
      size: bytes.length,
    });
    const manifest = {
      config: await blob(`${type}.config.v1+json`, Buffer.from(config)),
      layers: [await blob(`${type}.layer.v1.tar+gzip`, layer)],
    };
    const registry = { host: lab.registry };
    return (await pushManifest(registry, this.path, `${type}.manifest.v1+json`, manifest)).digest;
  }

  get path(): string {
    return this.image.slice(lab.registry.length + 1);
  }

  request(
    manifests: AttestRequest['manifests'],
    image: Parameters<typeof plannedImage>[1],
    over: Partial<AttestRequest> = {},
  ): AttestRequest {
    return {
      image: plannedImage('api', { image: this.image, ...image }),
      source: SOURCE,
      manifests,
      builder: { type: 'kaniko', executor: `${lab.registry}/kaniko/executor:v1.28.3` },
      startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 500),
      finishedAt: Date.UTC(2026, 0, 2, 3, 4, 6),
      bases: {},
      reads: [],
      dockerfile: 'FROM scratch\n',
      signal: new AbortController().signal,
      say: () => {},
      buildFile: async ({ dockerfile }) => ({ digest: await this.build(dockerfile) }),
      ...over,
    };
  }
}

export const attest = (request: AttestRequest, over: Partial<AttesterOptions> = {}) =>
  createAttester({ client, levelAnnotations, tree: 'committed', ...over })(request);

/** A manifest or an index. */
export interface Manifest {
  manifests: { digest: string; platform: { os: string }; annotations?: Record<string, string> }[];
  layers: { digest: string }[];
  config: { digest: string };
  annotations?: Record<string, string>;
}

export interface Statement {
  predicateType: string;
  subject: object[];
  predicate: object;
}

export async function manifestOf(image: string, reference: string): Promise<Manifest> {
  return JSON.parse((await client.getManifest(image, reference))!.bytes.toString());
}

/** Statements about one platform of an index, in the order of the layers. */
export async function statementsOf(image: string, index: string, platform = 0): Promise<Statement[]> {
  const { manifests } = await manifestOf(image, index);
  const own = manifests.filter((each) => each.platform.os === 'unknown')[platform];
  if (own === undefined) return [];
  const { layers } = await manifestOf(image, own.digest);
  return Promise.all(layers.map(async ({ digest }) => JSON.parse((await client.getBlob(image, digest))!.toString())));
}
