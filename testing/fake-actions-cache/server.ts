import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../loopback.js';
import { answerBlob } from './blobs.js';
import { CacheStore } from './store.js';
import { readToken, scopesOf, signToken } from './token.js';
import { answerV1 } from './v1.js';
import { answerV2 } from './v2.js';

export const SILENCE = 0;

/** What a request is about, in the words of both versions. */
export type CacheOperation = 'lookup' | 'reserve' | 'upload' | 'commit' | 'download';

/** An answer that a request gets instead of its proper one. */
export interface CacheFault {
  on: CacheOperation;
  /** `SILENCE`: it is accepted, and never answered. */
  status: 429 | 500 | 502 | 503 | typeof SILENCE;
  /** How many requests it hits; default 1. */
  times?: number;
}

export interface CacheRequest {
  operation: CacheOperation;
  version: 'v1' | 'v2';
  /** Of the entry, where the request names one. */
  key?: string;
  status: number;
}

export interface Answer {
  status: number;
  body?: object | Buffer;
  headers?: Record<string, string>;
}

/** A request, read; `scopes` are those of its token. */
export interface Question {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: Buffer;
  store: CacheStore;
  scopes: ReturnType<typeof scopesOf>;
  /** Base of URLs that answers name, without a slash at the end. */
  base: string;
}

/** What a request turned out to be, with its answer, which a fault may take the place of. */
export interface Handler {
  operation: CacheOperation;
  version: 'v1' | 'v2';
  key?: string;
  answer(): Answer;
}

export interface FakeActionsCache {
  /** `http://127.0.0.1:PORT/`, with the slash that clients count on. */
  url: string;
  store: CacheStore;
  /** Queue of faults, the first that fits is taken. */
  faults: CacheFault[];
  requests: CacheRequest[];
  /** What the runner sets for an action of this run; `v2` as it is on github.com. */
  environment(run: CacheRun): Record<string, string>;
  stop(): Promise<void>;
}

export interface CacheRun {
  version: 'v1' | 'v2';
  /** Such as `refs/heads/main`. */
  ref: string;
  /** Default `main`. */
  defaultBranch?: string;
  /** The token may read only, as in a run that an outsider's event has started. */
  readOnly?: boolean;
}

/** Starts the double of the Actions cache service, v1 and v2 on one port. It keeps everything in memory. */
export async function startFakeActionsCache(options: { port?: number } = {}): Promise<FakeActionsCache> {
  const secret = randomBytes(16).toString('hex');
  const store = new CacheStore();
  const faults: CacheFault[] = [];
  const requests: CacheRequest[] = [];
  const server = createServer((request, response) => {
    serve({ secret, store, faults, requests }, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server, options.port)}/`;
  return {
    url,
    store,
    faults,
    requests,
    environment: (run) => environmentOf(url, secret, run),
    stop: () => closeServer(server),
  };
}

function environmentOf(url: string, secret: string, run: CacheRun): Record<string, string> {
  const scopes = scopesOf({
    ref: run.ref,
    defaultBranch: run.defaultBranch ?? 'main',
    readOnly: run.readOnly,
  });
  return {
    ACTIONS_RUNTIME_TOKEN: signToken(secret, scopes, Math.floor(Date.now() / 1000)),
    ACTIONS_CACHE_URL: url,
    ACTIONS_RESULTS_URL: url,
    ...(run.version === 'v2' && { ACTIONS_CACHE_SERVICE_V2: 'true' }),
  };
}

interface State {
  secret: string;
  store: CacheStore;
  faults: CacheFault[];
  requests: CacheRequest[];
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const base = `http://${request.headers.host}`;
  const question: Question = {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', base),
    headers: request.headers,
    body: Buffer.concat(chunks),
    store: state.store,
    scopes: [],
    base,
  };
  const { status, body, headers } = answer(state, question);
  if (status === SILENCE) return;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json',
    'content-length': String(bytes?.length ?? 0),
    ...headers,
  });
  response.end(question.method === 'HEAD' ? undefined : bytes);
}

function answer(state: State, question: Question): Answer {
  const handler = answerBlob(question) ?? authorized(state, question);
  if ('status' in handler) return handler;
  const { operation, version, key } = handler;
  const result = takeFault(state.faults, operation) ?? handler.answer();
  state.requests.push({ operation, version, key, status: result.status });
  return result;
}

/** Blobs have signed URLs; everything else wants the run's token. */
function authorized(state: State, question: Question): Handler | Answer {
  const token = (question.headers.authorization ?? '').replace(/^Bearer /, '');
  const scopes = readToken(state.secret, token);
  if (scopes === undefined) return { status: 401, body: { message: 'token refused' } };
  const asked = { ...question, scopes };
  return answerV1(asked) ?? answerV2(asked) ?? { status: 404, body: { message: 'no such resource' } };
}

function takeFault(faults: CacheFault[], operation: CacheOperation): Answer | undefined {
  const index = faults.findIndex(({ on }) => on === operation);
  const fault = faults[index];
  if (fault === undefined) return undefined;
  const left = (fault.times ?? 1) - 1;
  if (left > 0) faults[index] = { ...fault, times: left };
  else faults.splice(index, 1);
  return {
    status: fault.status,
    body: { message: `fault ${fault.status}`, msg: `fault ${fault.status}` },
  };
}
