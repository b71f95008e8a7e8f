import type { Answer, Handler, Question } from './server.js';
import type { CacheEntry } from './store.js';

const ROOT = '/_apis/artifactcache/';

/** The first protocol: REST, chunks by `Content-Range`. Client: `@actions/cache`, `internal/cacheHttpClient`. */
export function answerV1(question: Question): Handler | undefined {
  const { url, method, store } = question;
  if (!url.pathname.startsWith(ROOT)) return undefined;
  const [resource, id] = url.pathname.slice(ROOT.length).split('/');
  const named = store.byId(Number(id));
  if (method === 'GET' && resource === 'cache') {
    return handle('lookup', url.searchParams.get('keys')?.split(',')[0], () => lookUp(question));
  }
  if (method === 'POST' && resource === 'caches' && id === undefined) {
    const request = JSON.parse(question.body.toString()) as { key: string; version: string };
    return handle('reserve', request.key, () => reserve(question, request));
  }
  if (method === 'PATCH' && named) return handle('upload', named.key, () => upload(question, named));
  if (method === 'POST' && named) return handle('commit', named.key, () => commit(question, named));
  return undefined;
}

function handle(operation: Handler['operation'], key: string | undefined, answer: () => Answer): Handler {
  return { operation, version: 'v1', key, answer };
}

function lookUp({ url, store, scopes, base }: Question): Answer {
  const keys = (url.searchParams.get('keys') ?? '').split(',');
  const entry = store.find(scopes, keys, url.searchParams.get('version') ?? '');
  if (entry === undefined) return { status: 204 };
  return {
    status: 200,
    body: {
      cacheKey: entry.key,
      scope: entry.scope,
      cacheVersion: entry.version,
      creationTime: entry.created.toISOString(),
      archiveLocation: `${base}/blobs/lab/v1/${entry.id}?sig=lab`,
    },
  };
}

function reserve({ store, scopes }: Question, { key, version }: { key: string; version: string }): Answer {
  const reservation = store.reserve(scopes, key, version);
  switch (reservation.status) {
    case 'reserved':
      return { status: 201, body: { cacheId: reservation.entry.id } };
    case 'exists':
      return refusal(409, `Cache already exists. Key: ${key}, Version: ${version}`, 'AlreadyExists');
    case 'denied':
      return refusal(403, `cache write denied: the token may not write to ${reservation.scope}`, 'AccessDenied');
  }
}

function refusal(status: number, message: string, kind: string): Answer {
  const typeKey = `ArtifactCacheItem${kind}Exception`;
  return { status, body: { $id: '1', message, typeName: typeKey, typeKey, errorCode: 0, eventId: 3000 } };
}

function upload({ headers, body, store }: Question, entry: CacheEntry): Answer {
  const start = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1];
  if (start === undefined) return refusal(400, 'Content-Range is missing', 'Range');
  store.putPart(entry.id, start, body);
  return { status: 204 };
}

function commit({ body, store }: Question, entry: CacheEntry): Answer {
  const { size } = JSON.parse(body.toString()) as { size: number };
  const offsets = store.partOffsets(entry.id);
  if (offsets.length > 0) store.join(entry, offsets);
  return store.commit(entry, size) ? { status: 204 } : refusal(400, 'size differs from what was uploaded', 'Size');
}
