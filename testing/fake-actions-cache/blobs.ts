import type { Answer, Handler, Question } from './server.js';
import type { CacheEntry } from './store.js';

const PATH = /^\/blobs\/lab\/(v[12])\/(\d+)$/;

/**
 * The storage behind both protocols, as much of Azure's as the clients use: whole and staged uploads
 * (Put Blob, Put Block, Put Block List), properties, ranges.
 */
export function answerBlob(question: Question): Handler | undefined {
  const [, version, id] = PATH.exec(question.url.pathname) ?? [];
  if (version === undefined) return undefined;
  const entry = question.store.byId(Number(id));
  const upload = question.method === 'PUT';
  return {
    operation: upload ? 'upload' : 'download',
    version: version === 'v1' ? 'v1' : 'v2',
    key: entry?.key,
    answer: () => {
      if (entry === undefined) return notFound();
      return upload ? put(question, entry) : get(question, entry);
    },
  };
}

function put({ url, body, store }: Question, entry: CacheEntry): Answer {
  const comp = url.searchParams.get('comp');
  if (comp === 'block') {
    store.putPart(entry.id, url.searchParams.get('blockid') ?? '', body);
    return { status: 201, headers: AZURE };
  }
  if (comp === 'blocklist') {
    const names = [...body.toString().matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g)].map(
      ([, name = '']) => name,
    );
    return store.join(entry, names) ? { status: 201, headers: AZURE } : { status: 400, headers: AZURE };
  }
  entry.blob = body;
  return { status: 201, headers: AZURE };
}

function get({ headers }: Question, entry: CacheEntry): Answer {
  const { blob } = entry;
  if (blob === undefined) return notFound();
  const range = /^bytes=(\d+)-(\d*)$/.exec(String(headers['x-ms-range'] ?? headers.range ?? ''));
  if (range === null) return { status: 200, body: blob, headers: { ...AZURE, 'accept-ranges': 'bytes' } };
  const start = Number(range[1]);
  if (start >= blob.length) return { status: 416, headers: AZURE };
  const end = Math.min(range[2] ? Number(range[2]) : blob.length - 1, blob.length - 1);
  return {
    status: 206,
    body: blob.subarray(start, end + 1),
    headers: { ...AZURE, 'content-range': `bytes ${start}-${end}/${blob.length}` },
  };
}

const AZURE = {
  'x-ms-version': '2025-01-05',
  'x-ms-blob-type': 'BlockBlob',
  // BuildKit's client takes it for granted: without it the whole daemon ends in a panic.
  'x-ms-request-id': '00000000-0000-0000-0000-000000000000',
  etag: '"0x8D0"',
};

function notFound(): Answer {
  return { status: 404, headers: { ...AZURE, 'x-ms-error-code': 'BlobNotFound' } };
}
