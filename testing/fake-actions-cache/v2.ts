import type { Answer, Handler, Question } from './server.js';

const ROOT = '/twirp/github.actions.results.api.v1.CacheService/';

interface CacheMessage {
  key: string;
  version: string;
  restore_keys?: string[];
  size_bytes?: string;
}

type Method = Pick<Handler, 'operation'> & { answer(question: Question, message: CacheMessage): Answer };

/** The second protocol: Twirp with JSON, blobs by signed URL. Messages: `@actions/cache`, `generated/results`. */
const METHODS: Record<string, Method> = {
  CreateCacheEntry: { operation: 'reserve', answer: createEntry },
  FinalizeCacheEntryUpload: { operation: 'commit', answer: finalizeUpload },
  GetCacheEntryDownloadURL: { operation: 'lookup', answer: findDownload },
};

export function answerV2(question: Question): Handler | undefined {
  const { url, method } = question;
  if (method !== 'POST' || !url.pathname.startsWith(ROOT)) return undefined;
  const called = METHODS[url.pathname.slice(ROOT.length)];
  if (called === undefined) return undefined;
  const message = JSON.parse(question.body.toString()) as CacheMessage;
  return {
    operation: called.operation,
    version: 'v2',
    key: message.key,
    answer: () => called.answer(question, message),
  };
}

function createEntry({ store, scopes, base }: Question, { key, version }: CacheMessage): Answer {
  const reservation = store.reserve(scopes, key, version);
  switch (reservation.status) {
    case 'reserved':
      return ok({ ok: true, signed_upload_url: `${base}/blobs/lab/v2/${reservation.entry.id}?sig=lab` });
    case 'exists':
      return {
        status: 409,
        body: { code: 'already_exists', msg: `cache entry with key ${key} already exists` },
      };
    case 'denied':
      return ok({
        ok: false,
        message: `cache write denied: the token may not write to ${reservation.scope}`,
      });
  }
}

function finalizeUpload({ store, scopes }: Question, { key, version, size_bytes }: CacheMessage): Answer {
  const entry = store.entries.find(
    (candidate) =>
      candidate.key === key &&
      candidate.version === version &&
      scopes.some(({ Scope, Permission }) => Scope === candidate.scope && Permission !== 1),
  );
  if (entry === undefined || !store.commit(entry, Number(size_bytes))) {
    return ok({ ok: false, message: 'nothing of that size was uploaded' });
  }
  return ok({ ok: true, entry_id: String(entry.id) });
}

function findDownload({ store, scopes, base }: Question, message: CacheMessage): Answer {
  const keys = [message.key, ...(message.restore_keys ?? [])];
  const entry = store.find(scopes, keys, message.version);
  if (entry === undefined) return ok({ ok: false });
  return ok({
    ok: true,
    signed_download_url: `${base}/blobs/lab/v2/${entry.id}?sig=lab`,
    matched_key: entry.key,
  });
}

const ok = (body: object): Answer => ({ status: 200, body });
