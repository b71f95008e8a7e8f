import { gunzipSync } from 'node:zlib';
import type { Credentials } from '../../lab/registry.js';

/** An index or manifest in the registry. */
export interface StoredManifest {
  digest: string;
  mediaType?: string;
  manifests?: StoredDescriptor[];
  config?: StoredDescriptor;
  layers?: StoredDescriptor[];
  annotations?: Record<string, string>;
}

export interface StoredDescriptor {
  digest: string;
  mediaType: string;
  platform?: { os: string; architecture: string };
  annotations?: Record<string, string>;
}

export interface Statement {
  predicateType: string;
  subject: { digest: { sha256: string } }[];
  // Tests read SPDX and SLSA documents by path, without types.
  // oxlint-disable-next-line typescript/no-explicit-any
  predicate: any;
}

/** Reads a repository of a registry with plain requests, independent of the code under test. */
export function viewRepository(image: string, auth?: Credentials) {
  const [host = '', ...path] = image.split('/');
  const base = `http://${host}/v2/${path.join('/')}`;
  const login = auth && Buffer.from(`${auth.username}:${auth.password}`).toString('base64');

  async function get(resource: string): Promise<Response> {
    const accept =
      'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, */*';
    return fetch(`${base}/${resource}`, {
      headers: { accept, ...(login && { authorization: `Basic ${login}` }) },
    });
  }

  async function blob(digest: string): Promise<Buffer> {
    const response = await get(`blobs/${digest}`);
    if (!response.ok) throw new Error(`${image}@${digest}: ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  }

  /** Undefined if the registry has no such tag or digest. */
  async function manifest(reference: string): Promise<StoredManifest | undefined> {
    const response = await get(`manifests/${reference}`);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) throw new Error(`${image}:${reference}: ${response.status}`);
    const digest = response.headers.get('docker-content-digest') ?? '';
    return { ...((await response.json()) as object), digest };
  }

  return {
    manifest,
    blob,

    async tags(): Promise<string[]> {
      const { tags } = (await (await get('tags/list')).json()) as { tags?: string[] | null };
      return (tags ?? []).sort();
    },

    /** In-toto statements of an index, each with the digest of its platform. */
    async statements(reference: string): Promise<{ of: string; statement: Statement }[]> {
      const index = await manifest(reference);
      const found: { of: string; statement: Statement }[] = [];
      for (const entry of index?.manifests ?? []) {
        if (entry.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest') continue;
        const of = entry.annotations['vnd.docker.reference.digest'] ?? '';
        for (const layer of (await manifest(entry.digest))?.layers ?? []) {
          const statement = JSON.parse((await blob(layer.digest)).toString()) as Statement;
          found.push({ of, statement });
        }
      }
      return found;
    },

    /** All content of a tag or digest as one text: manifests, configs and unpacked layers. */
    async everything(reference: string): Promise<string> {
      const root = await manifest(reference);
      if (root === undefined) return '';
      const children = await Promise.all((root.manifests ?? []).map(({ digest }) => this.everything(digest)));
      const blobs = [...(root.config ? [root.config] : []), ...(root.layers ?? [])];
      const bytes = await Promise.all(blobs.map(({ digest }) => blob(digest)));
      return [JSON.stringify(root), ...children, ...bytes.map((part) => part.toString('latin1'))].join('\n');
    },
  };
}
