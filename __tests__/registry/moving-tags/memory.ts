import { digestOf, type FetchedManifest, type RegistryClient } from '../../../src/registry/client.js';
import type { NewestRelease } from '../../../src/registry/moving-tags/tag-ordering.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const CONFIG_BYTES = Buffer.from('{"os":"linux","architecture":"amd64"}');
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** One repository and one ledger in memory. */
export class Memory {
  readonly tags = new Map<string, FetchedManifest>();
  readonly documents = new Map<string, FetchedManifest>();
  ledger: NewestRelease | undefined;

  /** An image of one platform without layers. */
  document(annotations: Record<string, string>, seed: string): FetchedManifest {
    const config = { mediaType: CONFIG, digest: digestOf(CONFIG_BYTES), size: CONFIG_BYTES.length };
    const manifest = this.keep(MANIFEST, { config, layers: [] });
    const { digest, bytes, mediaType } = manifest;
    const platform = { os: 'linux', architecture: 'amd64' };
    const manifests = [{ mediaType, digest, size: bytes.length, platform }];
    return this.keep(INDEX, { manifests, annotations: { ...annotations, seed } });
  }

  private keep(mediaType: string, json: object): FetchedManifest {
    const bytes = Buffer.from(JSON.stringify(json));
    const document = { bytes, digest: digestOf(bytes), mediaType };
    this.documents.set(document.digest, document);
    return document;
  }

  state(): string {
    const tags = [...this.tags].map(([tag, { digest }]) => `${tag}=${digest.slice(7, 15)}`).sort();
    return `${tags.join()} ${this.ledger?.tag} ${this.ledger?.digest.slice(7, 15)}`;
  }
}

/** Runs an operation when its turn comes. */
export type Turn = <T>(what: string, operation: () => T) => Promise<T>;

/**
 * The parts of a registry client that moving tags use. Only references in `contended` take turns: no other run reads
 * or writes the rest.
 */
export function memoryClient(memory: Memory, contended: readonly string[], turn: Turn): RegistryClient {
  const at = <T>(reference: string, what: string, operation: () => T) =>
    contended.includes(reference) ? turn(`${what} ${reference}`, operation) : Promise.resolve(operation());
  const client = {
    getManifest: (_: string, reference: string) =>
      at(reference, 'get', () => memory.tags.get(reference) ?? memory.documents.get(reference)),
    putManifest: (_: string, reference: string, bytes: Uint8Array, mediaType: string) =>
      at(reference, 'put', () => {
        const document = { bytes: Buffer.from(bytes), digest: digestOf(bytes), mediaType };
        memory.tags.set(reference, document);
        return { digest: document.digest, proof: 'answered' };
      }),
    getBlob: async () => CONFIG_BYTES,
    withSignal: () => client,
  };
  return client as unknown as RegistryClient;
}
