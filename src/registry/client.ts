import { createHash } from 'node:crypto';
import { ReleaseError } from '../lib/errors.js';
import { parseJson } from '../lib/json.js';
import { createHttpClient, type HttpClient, type ProxySettings } from '../lib/http.js';
import { sleep as realSleep, type Sleep } from '../lib/sleep.js';
import { splitImageName } from '../plan/references.js';
import { at } from './attestations.js';
import { withDigestsOnce } from './cached-reads.js';
import { createConnection, type Connection, type RegistryAnswer } from './connection.js';
import type { CredentialLookup } from './credentials.js';
import { INDEX_TYPES, MANIFEST_TYPES } from './manifest.js';
import { garbage } from './registry-problem.js';

export interface ManifestDescription {
  digest: string;
  mediaType: string;
  /** Bytes. */
  size: number;
}

export interface FetchedManifest {
  bytes: Buffer;
  /** Computed from the bytes. */
  digest: string;
  mediaType: string;
}

export interface PutManifest {
  digest: string;
  /** `answered`: the registry named the digest in its answer. That header is optional in the specification. */
  proof: 'answered' | 'unknown';
}

/**
 * The parts of the OCI distribution API that a release needs. `image` is a repository reference without tag;
 * `reference` a tag or a digest. All methods throw ReleaseError `registry/*`, or Cancelled when the signal
 * was aborted.
 */
export interface RegistryClient {
  /** Undefined: there is no such tag or digest. */
  headManifest(image: string, reference: string): Promise<ManifestDescription | undefined>;
  getManifest(image: string, reference: string): Promise<FetchedManifest | undefined>;
  /** Puts the very bytes, so that the digest stays. */
  putManifest(image: string, reference: string, bytes: Uint8Array, mediaType: string): Promise<PutManifest>;
  /** Undefined: the registry doesn't have it. `maxBytes` default 64 MiB. */
  getBlob(image: string, digest: string, maxBytes?: number): Promise<Buffer | undefined>;
  hasBlob(image: string, digest: string): Promise<boolean>;
  /** Puts a blob that the registry may have already; returns its digest. */
  putBlob(image: string, bytes: Uint8Array): Promise<string>;
  /** The index of what refers to a digest; undefined: this registry keeps no such list. */
  getReferrers(image: string, digest: string): Promise<Buffer | undefined>;
  /** All tags, in the registry's order; none if there is no such repository. */
  listTags(image: string): Promise<string[]>;
  /** By tag or digest; what isn't there counts as deleted. Many registries delete no tags, some nothing: `false` then. */
  deleteManifest(image: string, reference: string): Promise<boolean>;
  /**
   * Resolves when this login may push: mounts a blob where it is already, or starts and cancels an upload.
   * @param known digest of a blob of this image in the registry
   */
  checkPush(image: string, known?: string): Promise<void>;
  /** The same client (connections, tokens) under another signal. */
  withSignal(signal: AbortSignal | undefined): RegistryClient;
  /** Closes idle connections. */
  close(): void;
}

export interface RegistryClientOptions {
  credentials: CredentialLookup;
  signal?: AbortSignal;
  userAgent: string;
  proxy?: ProxySettings;
  sleep?: Sleep;
  /** Longest silence of a registry, default 8 s, for writes 30 s. */
  silenceMs?: number;
}

/** OCI's distribution specification lets registries refuse manifests above 4 MiB. */
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_BLOB = 64 * 1024 * 1024;
const MAX_ERROR = 64 * 1024;
const TAGS_PER_PAGE = 1000;
/** As many as a plan of a few images asks side by side. */
const REQUESTS_PER_HOST = 16;
const ACCEPT = { accept: [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ') };

/** A registry may need time to process what it gets; what it has it serves at once. */
const SILENCE_MS = { read: 8_000, write: 30_000 };

/**
 * A client for any number of registries: one login, one set of kept-alive connections per host. It reads each digest
 * once.
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { credentials, silenceMs, sleep = realSleep } = options;
  const client = createHttpClient({
    userAgent: options.userAgent,
    silenceMs: silenceMs ?? SILENCE_MS.write,
    maxSockets: REQUESTS_PER_HOST,
    proxy: options.proxy,
  });
  const http: HttpClient = {
    ...client,
    exchange: (request) => {
      const isRead = ['GET', 'HEAD'].includes(request.method);
      return client.exchange({ ...(!silenceMs && isRead && { silenceMs: SILENCE_MS.read }), ...request });
    },
  };
  const connections = new Map<string, Connection>();
  const connect = (host: string) => {
    const connection = connections.get(host) ?? createConnection({ host, http, credentials, sleep });
    connections.set(host, connection);
    return connection;
  };
  return withDigestsOnce(clientFor(connect, () => client.close(), options.signal));
}

function clientFor(connect: (host: string) => Connection, close: () => void, signal: AbortSignal | undefined) {
  type Request = Omit<Parameters<Connection>[0], 'repository' | 'signal' | 'maxBytes'>;
  const send = (image: string, request: Request & { maxBytes?: number }) => {
    const { host, repository } = splitImageName(image);
    return connect(host)({ maxBytes: MAX_ERROR, ...request, repository, signal });
  };
  const pull = (image: string, path: string, more: { maxBytes?: number; headers?: typeof ACCEPT } = {}) =>
    send(image, { method: 'GET', path, access: 'pull', ...more });

  const client: RegistryClient = {
    async headManifest(image, reference) {
      const path = `manifests/${reference}`;
      const answer = await send(image, { method: 'HEAD', path, access: 'pull', headers: ACCEPT });
      if (answer.status === 404) return undefined;
      const digest = header(expectStatus(answer, 200), 'docker-content-digest');
      const mediaType = mediaTypeOf(answer);
      const size = Number(answer.headers['content-length']);
      const matches = digest !== undefined && (!reference.includes(':') || digest === reference);
      if (matches && mediaType !== undefined && Number.isInteger(size)) return { digest, mediaType, size };
      // The header is optional in the specification, and may be wrong: hash the bytes.
      const manifest = await client.getManifest(image, reference);
      return manifest && { ...manifest, size: manifest.bytes.length };
    },

    getManifest: withSecondTry(async (image: string, reference: string) => {
      const answer = await pull(image, `manifests/${reference}`, { headers: ACCEPT, maxBytes: MAX_MANIFEST });
      if (answer.status === 404) return undefined;
      const bytes = expectStatus(answer, 200).body;
      const claimed = header(answer, 'docker-content-digest');
      const digest = checkDigest(image, reference, bytes, reference.includes(':') ? reference : claimed);
      if (claimed !== digest) checkDigest(image, reference, bytes, claimed);
      return { bytes, digest, mediaType: mediaTypeOf(answer) ?? '' };
    }),

    putManifest: withSecondTry(async (image: string, reference: string, bytes: Uint8Array, type: string) => {
      const path = `manifests/${reference}`;
      const headers = { 'content-type': type };
      const answer = await send(image, { method: 'PUT', path, access: 'push', headers, body: bytes });
      if (answer.status < 200 || answer.status > 299) throw answer.refused();
      const claimed = header(answer, 'docker-content-digest');
      const digest = checkDigest(image, reference, bytes, claimed);
      return { digest, proof: claimed === undefined ? 'unknown' : 'answered' };
    }),

    getBlob: withSecondTry(async (image: string, digest: string, maxBytes = MAX_BLOB) => {
      const answer = await pull(image, `blobs/${digest}`, { maxBytes });
      if (answer.status === 404) return undefined;
      const bytes = expectStatus(answer, 200).body;
      checkDigest(image, digest, bytes, digest);
      return bytes;
    }),

    async hasBlob(image, digest) {
      const answer = await send(image, { method: 'HEAD', path: `blobs/${digest}`, access: 'pull' });
      return answer.status !== 404 && expectStatus(answer, 200).status === 200;
    },

    async putBlob(image, bytes) {
      const digest = digestOf(bytes);
      if (await client.hasBlob(image, digest)) return digest;
      const begun = await send(image, { method: 'POST', path: 'blobs/uploads/', access: 'push' });
      const { location } = begun.headers;
      if (begun.status !== 202 || location === undefined) throw begun.refused();
      const path = locationOf(image, location, begun.url);
      path.searchParams.set('digest', digest);
      const headers = { 'content-type': 'application/octet-stream' };
      const answer = await send(image, { method: 'PUT', path, access: 'push', headers, body: bytes });
      if (answer.status !== 201) throw answer.refused();
      return digest;
    },

    async getReferrers(image, digest) {
      const answer = await pull(image, `referrers/${digest}`, { maxBytes: MAX_MANIFEST });
      // Registries without this API answer with a page, a redirect to one, or 404.
      return answer.status === 200 && INDEX_TYPES.includes(mediaTypeOf(answer) ?? '') ? answer.body : undefined;
    },

    async listTags(image) {
      const tags: string[] = [];
      for (let path: string | URL | undefined = `tags/list?n=${TAGS_PER_PAGE}`; path !== undefined;) {
        const answer = await send(image, { method: 'GET', path, access: 'pull', maxBytes: MAX_MANIFEST });
        if (answer.status === 404 && tags.length === 0) return [];
        const page: unknown = at(parseJson(expectStatus(answer, 200).body), 'tags') ?? [];
        if (!Array.isArray(page) || !page.every((tag) => typeof tag === 'string'))
          throw garbage(splitImageName(image).host, `the list of tags of ${image} can't be read`);
        tags.push(...page);
        const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(header(answer, 'link') ?? '')?.[1];
        path = next !== undefined && page.length > 0 ? locationOf(image, next, answer.url) : undefined;
      }
      return tags;
    },

    async deleteManifest(image, reference) {
      const answer = await send(image, { method: 'DELETE', path: `manifests/${reference}`, access: 'delete' });
      return answer.status === 404 || (answer.status >= 200 && answer.status < 300);
    },

    async checkPush(image, known) {
      const mount = known && new URLSearchParams({ mount: known, from: splitImageName(image).repository }).toString();
      const path = `blobs/uploads/${mount ? `?${mount}` : ''}`;
      const answer = await send(image, { method: 'POST', path, access: 'push' });
      if (answer.status === 201 && mount) return;
      if (answer.status !== 202) throw answer.refused();
      const { location } = answer.headers;
      if (location === undefined) return;
      // An upload that can't be cancelled expires by itself.
      const upload = locationOf(image, location, answer.url);
      await send(image, { method: 'DELETE', path: upload, access: 'push' }).catch(() => {});
    },

    withSignal: (other) => clientFor(connect, close, other),
    close,
  };
  return client;
}

/** A cache on the way may cut an answer short, or mix it up with another: an invalid answer gets a second try. */
function withSecondTry<Args extends unknown[], T>(work: (...args: Args) => Promise<T>) {
  return async (...args: Args): Promise<T> => {
    try {
      return await work(...args);
    } catch (error) {
      if (!(error instanceof ReleaseError) || error.code !== 'registry/garbage') throw error;
      return work(...args);
    }
  };
}

function locationOf(image: string, location: string, base: URL): URL {
  if (URL.canParse(location, base.href)) return new URL(location, base);
  throw garbage(splitImageName(image).host, 'an address in its answer is none');
}

function expectStatus(answer: RegistryAnswer, status: number): RegistryAnswer {
  if (answer.status !== status) throw answer.refused();
  return answer;
}

function header(answer: RegistryAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim() || undefined;
}

function mediaTypeOf(answer: RegistryAnswer): string | undefined {
  return header(answer, 'content-type')?.split(';')[0]?.trim();
}

/** Digest of `bytes` by the algorithm that `like` uses. */
export function digestOf(bytes: Uint8Array, like?: string): string {
  const algorithm = like?.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** @returns the digest of the bytes, which has to be the expected one if there is one */
function checkDigest(image: string, reference: string, bytes: Uint8Array, expected?: string): string {
  const digest = digestOf(bytes, expected);
  if (expected === undefined || expected === digest) return digest;
  const { host } = splitImageName(image);
  throw garbage(host, `${formatReference(image, reference)} should be ${expected} and is ${digest}`);
}

/** `image:tag`, or `image@digest` for a digest. */
export function formatReference(image: string, reference: string): string {
  return reference.includes(':') ? `${image}@${reference}` : `${image}:${reference}`;
}
