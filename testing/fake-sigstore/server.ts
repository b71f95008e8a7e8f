import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { closeServer, listenOnLoopback } from '../loopback.js';
import { certifyHosts } from './certificate.js';
import { createInstance, refused, type SigstoreAnswer, type SigstoreInstance } from './instance.js';
import { createTokenIssuer, type JobClaims } from './oidc.js';

export type SigstoreService = 'oidc' | 'fulcio' | 'rekor' | 'tsa';

/** What happens to a request instead of its proper answer. */
export interface SigstoreFault {
  on: SigstoreService;
  /** `cut`: the connection is closed; `lost`: that too, once what was asked is done. */
  answer: number | 'cut' | 'lost';
  /** How many requests it hits; default 1. */
  times?: number;
}

export interface SigstoreRequest {
  service: SigstoreService;
  instance?: InstanceName;
  status: number | 'cut' | 'lost';
}

type InstanceName = 'public-good' | 'github';

export interface FakeSigstore {
  /** Without TLS: `http://127.0.0.1:PORT/public-good` and `…/github` are the two instances. */
  url: string;
  /** For HTTPS_PROXY: leads to the hosts of both instances here, and refuses (502) every other. */
  proxy: string;
  /** PEM, for NODE_EXTRA_CA_CERTS: who certifies those hosts. */
  authority: string;
  /** What the proxy was asked for, `host:port`. */
  tunnels: string[];
  /** JSON lines as `gh attestation trusted-root` prints them: one for each instance. */
  trustedRoot: string;
  /** What the tokens of the job say; may be changed at any time. */
  claims: JobClaims;
  /** What the runner sets for a job with `id-token: write`. */
  environment: { ACTIONS_ID_TOKEN_REQUEST_URL: string; ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
  faults: SigstoreFault[];
  requests: SigstoreRequest[];
  stop(): Promise<void>;
}

const REQUEST_TOKEN = 'job-token-that-asks-for-tokens';

const HOSTS: Record<string, InstanceName> = {
  'fulcio.sigstore.dev': 'public-good',
  'rekor.sigstore.dev': 'public-good',
  'fulcio.githubapp.com': 'github',
  'timestamp.githubapp.com': 'github',
};

const PATHS: Record<string, SigstoreService> = {
  '/api/v2/signingCert': 'fulcio',
  '/api/v1/log/entries': 'rekor',
  '/api/v1/timestamp': 'tsa',
};

interface State extends Pick<FakeSigstore, 'faults' | 'requests' | 'claims'> {
  instances: Record<InstanceName, SigstoreInstance>;
  issue(audience: string): string;
}

/**
 * Starts doubles of the runner's token service and of two Sigstores, sigstore.dev and GitHub's own. The cryptography
 * is real (`@sigstore/mock`); what it leaves out, the proofs that Fulcio and Rekor ask for, is here.
 */
export async function startFakeSigstore(options: { claims: JobClaims; port?: number }): Promise<FakeSigstore> {
  const issuer = createTokenIssuer(() => state.claims);
  const state: State = {
    claims: options.claims,
    faults: [],
    requests: [],
    issue: (audience) => issuer.issue(audience),
    instances: {
      'public-good': await createInstance('public-good', issuer),
      github: await createInstance('github', issuer),
    },
  };
  const tunnels: string[] = [];
  const { authority, certificate, key } = await certifyHosts(Object.keys(HOSTS));
  const listener = listen(state);
  const plain = createServer(listener);
  const secure = createTlsServer({ cert: certificate, key }, listener);
  const proxy = createServer((_, response) => response.writeHead(405).end());
  const ports = await Promise.all([
    listenOnLoopback(plain, options.port),
    listenOnLoopback(secure),
    listenOnLoopback(proxy),
  ]);
  proxy.on('connect', ({ url: asked = '' }: IncomingMessage, socket) => {
    tunnels.push(asked);
    socket.on('error', () => socket.destroy());
    if (HOSTS[asked.replace(/:443$/, '')] === undefined) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const onwards = connect(ports[1], '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onwards.pipe(socket);
      socket.pipe(onwards);
    });
    onwards.on('error', () => socket.destroy());
    socket.on('close', () => onwards.destroy());
  });
  const url = `http://127.0.0.1:${ports[0]}`;
  return Object.assign(state, {
    url,
    proxy: `http://127.0.0.1:${ports[2]}`,
    authority,
    tunnels,
    trustedRoot: `${Object.values(state.instances)
      .map(({ trustedRoot }) => JSON.stringify(trustedRoot))
      .join('\n')}\n`,
    environment: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    },
    stop: async () => {
      await Promise.all([plain, secure, proxy].map((server) => closeServer(server)));
    },
  });
}

function listen(state: State): RequestListener {
  return (request, response) => {
    serve(state, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  };
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const { service, instance, entry } = addressOf(request);
  if (service === undefined) {
    response.writeHead(404).end();
    return;
  }
  const fault = takeFault(state.faults, service);
  if (fault === 'cut') {
    state.requests.push({ service, instance, status: fault });
    request.socket.destroy();
    return;
  }
  const answer =
    fault === undefined || fault === 'lost'
      ? await answerOf(state, service, instance, request, entry ?? body)
      : refused(fault, `fault ${fault}`);
  state.requests.push({ service, instance, status: fault === 'lost' ? fault : answer.status });
  if (fault === 'lost') {
    request.socket.destroy();
    return;
  }
  const { status, type, location } = answer;
  response.writeHead(status, { 'content-type': type, ...(location && { location }) }).end(answer.body);
}

/** By host behind the proxy, by the first part of the path without TLS. */
function addressOf(request: IncomingMessage): {
  service?: SigstoreService;
  instance?: InstanceName;
  entry?: string;
} {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (pathname === '/token') return { service: 'oidc' };
  const named = /^\/(public-good|github)(\/.*)$/.exec(pathname);
  const instance = (named?.[1] as InstanceName | undefined) ?? HOSTS[request.headers.host ?? ''];
  const path = named?.[2] ?? pathname;
  const [, entry] = /^\/api\/v1\/log\/entries\/(\w+)$/.exec(path) ?? [];
  if (instance && entry !== undefined) return { service: 'rekor', instance, entry };
  return { service: instance && PATHS[path], instance };
}

async function answerOf(
  state: State,
  service: SigstoreService,
  name: InstanceName | undefined,
  request: IncomingMessage,
  body: string,
): Promise<SigstoreAnswer> {
  if (service === 'oidc') return answerToken(state, request);
  const instance = state.instances[name ?? 'public-good'];
  const rekor = request.method === 'GET' ? instance.readLog : instance.log;
  const answers = { fulcio: instance.certify, rekor, tsa: instance.timestamp };
  return answers[service](body);
}

function answerToken(state: State, { url, headers, method }: IncomingMessage): SigstoreAnswer {
  if (headers.authorization?.toLowerCase() !== `bearer ${REQUEST_TOKEN}`) return refused(401, 'Unauthorized');
  if (method !== 'GET') return refused(405, 'Method not allowed');
  const audience = new URL(url ?? '/', 'http://127.0.0.1').searchParams.get('audience') ?? 'default';
  const value = state.issue(audience);
  return { status: 200, body: JSON.stringify({ count: value.length, value }), type: 'application/json' };
}

function takeFault(faults: SigstoreFault[], service: SigstoreService): SigstoreFault['answer'] | undefined {
  const index = faults.findIndex(({ on }) => on === service);
  const fault = faults[index];
  if (fault === undefined) return undefined;
  const left = (fault.times ?? 1) - 1;
  if (left > 0) faults[index] = { ...fault, times: left };
  else faults.splice(index, 1);
  return fault.answer;
}
