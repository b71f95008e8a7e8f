import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { HttpClient, HttpResponse } from '../../lib/http.js';
import { Secret } from '../../lib/secret.js';

/** Where the runner's cache service is. */
export interface CacheAccess {
  version: 'v1' | 'v2';
  url: URL;
  token: Secret;
  mode: 'read-write' | 'read' | 'write';
}

/**
 * What the runner has handed over; undefined: no cache service, or one that may not be used.
 * Rule: `@actions/cache`, internal/config: GitHub Enterprise Server has v1 alone; of ACTIONS_CACHE_MODE's values
 * `none`, `read`, `write`, `write-only` an unknown one permits all.
 */
export function readCacheAccess(env: Readonly<Record<string, string | undefined>>): CacheAccess | undefined {
  const host = URL.canParse(env['GITHUB_SERVER_URL'] ?? '')
    ? new URL(env['GITHUB_SERVER_URL']!).hostname
    : 'github.com';
  const cloud = /(^github\.com|\.ghe\.com|\.localhost)$/i.test(host);
  const version = cloud && env['ACTIONS_CACHE_SERVICE_V2'] ? 'v2' : 'v1';
  const url = (version === 'v1' && env['ACTIONS_CACHE_URL']) || env['ACTIONS_RESULTS_URL'];
  const token = env['ACTIONS_RUNTIME_TOKEN'];
  const mode = MODES[(env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase()] ?? 'read-write';
  if (!token || !url || !URL.canParse(url) || mode === 'none') return undefined;
  return { version, url: new URL(url), token: new Secret(token), mode };
}

const MODES: Partial<Record<string, CacheAccess['mode'] | 'none'>> = {
  none: 'none',
  read: 'read',
  write: 'read-write',
  'write-only': 'write',
};

/** Files by key in the Actions cache. Entries are never overwritten; a branch sees the default branch's. */
export interface CacheService {
  /** The entry of that key, else the newest whose key begins with a prefix, prefix by prefix. */
  find(key: string, prefixes: readonly string[]): Promise<CacheHit | undefined>;
  /** @returns bytes */
  download(hit: CacheHit, file: string): Promise<number>;
  /** `refused`: the run may not write; `exists`: another run has been faster. */
  save(key: string, file: string): Promise<'saved' | 'exists' | 'refused'>;
}

export interface CacheHit {
  key: string;
  /** Signed: for nobody's eyes. */
  url: Secret;
}

/**
 * A client of our own: `@actions/cache` is 1.4 MB bundled, more than the rest of this program, most of it a client
 * for all of Azure's storage. It needs ranged reads and block uploads alone, over the proxy that others use, too.
 * All methods throw an Error with one sentence when the service fails; each request is tried three times.
 */
export function createCacheService(
  access: CacheAccess,
  http: HttpClient,
  signal?: AbortSignal,
): CacheService {
  const protocol = PROTOCOLS[access.version];
  const exchange: Exchange = (request) => tried(http, { maxBytes: ANSWER_BYTES, signal, ...request });
  const call: Call = (path, body, method = 'POST', headers = {}) =>
    exchange({
      method,
      url: new URL(`${access.url.href.replace(/\/$/, '')}/${path}`),
      headers: {
        authorization: `Bearer ${access.token.reveal()}`,
        accept: 'application/json;api-version=6.0-preview.1',
        'content-type': Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json',
        ...headers,
      },
      body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  return {
    find: (key, prefixes) =>
      access.mode === 'write' ? Promise.resolve(undefined) : protocol.find(call, key, prefixes),
    download: ({ url }, file) => download(exchange, new URL(url.reveal()), file),
    save: async (key, file) =>
      access.mode === 'read' ? 'refused' : protocol.save({ call, exchange, key, file }),
  };
}

type Exchange = (request: Omit<Parameters<HttpClient['exchange']>[0], 'maxBytes'>) => Promise<HttpResponse>;
type Call = (
  path: string,
  body?: object | Buffer,
  method?: 'GET' | 'POST' | 'PATCH',
  headers?: Record<string, string>,
) => Promise<HttpResponse>;

interface Protocol {
  find(call: Call, key: string, prefixes: readonly string[]): Promise<CacheHit | undefined>;
  save(request: {
    call: Call;
    exchange: Exchange;
    key: string;
    file: string;
  }): Promise<'saved' | 'exists' | 'refused'>;
}

/** Of the contents: another form of the archive gets another one. */
const VERSION = createHash('sha256').update('image-release cache mounts 1').digest('hex');
const TWIRP = 'twirp/github.actions.results.api.v1.CacheService';
const REST = '_apis/artifactcache';

const PROTOCOLS: Record<CacheAccess['version'], Protocol> = {
  v1: {
    async find(call, key, prefixes) {
      const keys = [key, ...prefixes].map(encodeURIComponent).join(',');
      const answer = await call(`${REST}/cache?keys=${keys}&version=${VERSION}`, undefined, 'GET');
      if (answer.status === 204) return undefined;
      const { archiveLocation, cacheKey } = json<{ archiveLocation?: string; cacheKey?: string }>(answer);
      return hit(cacheKey, archiveLocation);
    },
    async save({ call, key, file }) {
      const reserved = await call(`${REST}/caches`, { key, version: VERSION });
      if (reserved.status === 409) return 'exists';
      if (reserved.status === 403) return 'refused';
      const { cacheId } = json<{ cacheId: number }>(reserved);
      const size = await eachBlock(file, async (block, start) => {
        const range = { 'content-range': `bytes ${start}-${start + block.length - 1}/*` };
        accepted(await call(`${REST}/caches/${cacheId}`, block, 'PATCH', range));
      });
      accepted(await call(`${REST}/caches/${cacheId}`, { size }));
      return 'saved';
    },
  },
  v2: {
    async find(call, key, prefixes) {
      const answer = await call(`${TWIRP}/GetCacheEntryDownloadURL`, {
        key,
        restore_keys: prefixes,
        version: VERSION,
      });
      const found = json<{ ok: boolean; signed_download_url?: string; matched_key?: string }>(answer);
      return found.ok ? hit(found.matched_key, found.signed_download_url) : undefined;
    },
    async save({ call, exchange, key, file }) {
      const reserved = await call(`${TWIRP}/CreateCacheEntry`, { key, version: VERSION });
      if (reserved.status === 409) return 'exists';
      const { ok, signed_upload_url } = json<{ ok: boolean; signed_upload_url?: string }>(reserved);
      if (!ok || signed_upload_url === undefined) return 'refused';
      const size = await uploadBlocks(exchange, new URL(signed_upload_url), file);
      const finished = await call(`${TWIRP}/FinalizeCacheEntryUpload`, {
        key,
        version: VERSION,
        size_bytes: String(size),
      });
      if (!json<{ ok: boolean }>(finished).ok)
        throw new Error('the cache service did not accept what was uploaded');
      return 'saved';
    },
  },
};

function hit(key: string | undefined, url: string | undefined): CacheHit | undefined {
  return key !== undefined && url !== undefined && URL.canParse(url)
    ? { key, url: new Secret(url) }
    : undefined;
}

/** Azure's Put Block and Put Block List; ids of blocks have one length. */
async function uploadBlocks(exchange: Exchange, url: URL, file: string): Promise<number> {
  const ids: string[] = [];
  const part = (parameters: Record<string, string>) => {
    const address = new URL(url);
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    return address;
  };
  const size = await eachBlock(file, async (block) => {
    const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64');
    ids.push(id);
    const headers = { 'x-ms-version': AZURE };
    accepted(
      await exchange({ method: 'PUT', url: part({ comp: 'block', blockid: id }), headers, body: block }),
    );
  });
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`;
  const headers = { 'x-ms-version': AZURE, 'content-type': 'application/xml' };
  accepted(await exchange({ method: 'PUT', url: part({ comp: 'blocklist' }), headers, body: list }));
  return size;
}

async function download(exchange: Exchange, url: URL, file: string): Promise<number> {
  const handle = await open(file, 'w');
  try {
    for (let at = 0, size = Infinity; at < size;) {
      const headers = { range: `bytes=${at}-${at + BLOCK_BYTES - 1}` };
      const answer = accepted(await exchange({ method: 'GET', url, headers }));
      size = Number(/\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1] ?? answer.body.length);
      if (answer.body.length === 0) throw new Error('the cache service sent less than it has announced');
      await handle.write(answer.body, 0, answer.body.length, at);
      at += answer.body.length;
    }
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** @returns bytes of the whole file */
async function eachBlock(
  file: string,
  use: (block: Buffer, start: number) => Promise<void>,
): Promise<number> {
  const handle = await open(file);
  try {
    for (let start = 0; ;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, start);
      if (bytesRead === 0) return start;
      await use(buffer.subarray(0, bytesRead), start);
      start += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

const BLOCK_BYTES = 16 * 2 ** 20;
const ANSWER_BYTES = BLOCK_BYTES + 2 ** 20;
const AZURE = '2021-12-02';
const TRIES = 3;

async function tried(
  http: HttpClient,
  request: Parameters<HttpClient['exchange']>[0],
): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await http.exchange(request);
      if (attempt === TRIES || (answer.status < 500 && answer.status !== 429)) return answer;
    } catch (error) {
      if (attempt === TRIES || request.signal?.aborted) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200 * 3 ** attempt));
  }
}

function accepted(answer: HttpResponse): HttpResponse {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`the cache service answers ${answer.status}`);
}

function json<T>(answer: HttpResponse): T {
  return JSON.parse(accepted(answer).body.toString()) as T;
}
