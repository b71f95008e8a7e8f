import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listenOnLoopback } from '../loopback.js';
import { jsonAnswer } from './answer.js';
import type { Answer } from './answer.js';
import { FaultQueue, land } from './faults.js';
import type { Fault } from './faults.js';
import { answerGit } from './git-http.js';
import { answerGraphql, rootFields } from './graphql.js';
import { readRequest, repositoryOf } from './incoming.js';
import type { Incoming } from './incoming.js';
import { apiHeaders, rateLimitAnswer } from './rate-limit.js';
import type { Rate } from './rate-limit.js';
import type { RefView } from './refs.js';
import { findRepository, identify } from './repository.js';
import type { FakeRepository, ServedRepository } from './repository.js';
import { tokenName } from './requests.js';
import type { RecordedRequest } from './requests.js';
import { answerRest } from './rest.js';
import type { FakePackage } from './rest-packages.js';
import { logText } from './rest-actions.js';
import type { Urls } from './route.js';

export interface FakeGithubOptions {
  repositories: readonly FakeRepository[];
  packages?: readonly FakePackage[];
  /** Default: any free one. Only 127.0.0.1 is listened on. */
  port?: number;
  /** Requests per hour that `x-ratelimit-*` counts down from; default 1000, as for GITHUB_TOKEN. */
  rateLimit?: number;
  log?: (line: string) => void;
}

export interface FakeGithub extends Urls {
  faults: FaultQueue;
  requests: RecordedRequest[];
  /** By `owner/name`: rules and settings may be changed while it runs. */
  repository(fullName: string): ServedRepository;
  /** `http://127.0.0.1:PORT/owner/name.git` */
  cloneUrl(fullName: string): string;
  stop(): Promise<void>;
}

/** Starts the double. It serves until `stop()`; open connections are cut then. */
export async function startFakeGithub(options: FakeGithubOptions): Promise<FakeGithub> {
  const repositories = options.repositories.map((repository, index): ServedRepository => {
    return { ...repository, id: 1000 + index, rules: repository.rules ?? [], pulls: [] };
  });
  const state: State = {
    repositories,
    packages: options.packages ?? [],
    faults: new FaultQueue(),
    requests: [],
    urls: { url: '', apiUrl: '', graphqlUrl: '' },
    rate: { limit: options.rateLimit ?? 1000, used: 0, reset: Math.floor(Date.now() / 1000) + 3600 },
    log: options.log ?? (() => {}),
  };
  const server = createServer((request, response) => {
    serve(state, request, response).catch((error: unknown) => {
      const message = `the fake GitHub broke: ${error instanceof Error ? error.stack : String(error)}`;
      state.log(message);
      send(response, jsonAnswer(500, { message }), {});
    });
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server, options.port)}`;
  Object.assign(state.urls, { url, apiUrl: `${url}/api/v3`, graphqlUrl: `${url}/api/graphql` });
  return {
    ...state.urls,
    faults: state.faults,
    requests: state.requests,
    repository: (fullName) => {
      const [owner = '', name = ''] = fullName.split('/');
      const found = findRepository(repositories, owner, name);
      if (!found) throw new Error(`fake GitHub serves no ${fullName}`);
      return found;
    },
    cloneUrl: (fullName) => `${url}/${fullName}.git`,
    stop: () => closeServer(server),
  };
}

interface State {
  repositories: ServedRepository[];
  packages: readonly FakePackage[];
  faults: FaultQueue;
  requests: RecordedRequest[];
  urls: Urls;
  rate: Rate;
  log: (line: string) => void;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const begun = performance.now();
  const incoming = await readRequest(request);
  const path = decodeURIComponent(incoming.target).replace(/^\/api\/v3(?=\/)/, '');
  const operations = path === '/api/graphql' ? rootFields(incoming.json?.query) : [];
  const faults = state.faults.take({ method: incoming.method, path, operations });
  const record: RecordedRequest = {
    method: incoming.method,
    path,
    operations,
    ...(incoming.token ? { token: tokenName(incoming.token) } : {}),
    ...(incoming.json ? { body: incoming.json } : {}),
    faults: faults.map((fault) => fault.type),
    begun,
  };
  state.requests.push(record);
  const answer = await answerWithFaults(state, incoming, faults);
  record.ended = performance.now();
  if (answer === 'cut') {
    state.log(`${incoming.method} ${path} [${record.faults.join(', ')}] connection cut`);
    request.socket.destroy();
    return;
  }
  record.status = answer.status;
  const labels = [...operations, ...record.faults.map((type) => `fault ${type}`)].join(', ');
  state.log(`${incoming.method} ${path} ${labels ? `[${labels}] ` : ''}${answer.status}`);
  send(response, answer, apiHeaders(state.rate));
}

function send(response: ServerResponse, answer: Answer, headers: Record<string, string>): void {
  response.writeHead(answer.status, {
    ...headers,
    ...answer.headers,
    'content-length': answer.body.length,
  });
  response.end(answer.body);
}

/** What a fault does before the request is handled: another answer, a cut connection, or nothing more. */
async function strike(state: State, incoming: Incoming, fault: Fault): Promise<Answer | 'cut' | undefined> {
  if (fault.type === 'slow') await sleep(fault.ms);
  if (fault.type === 'cut') return 'cut';
  if (fault.type === '5xx-before') return jsonAnswer(fault.status ?? 502, { message: 'Server Error' });
  if (fault.type === 'rate-limited') return rateLimitAnswer(state.rate, fault);
  if (fault.type === 'stale') {
    const repository = repositoryOf(state.repositories, incoming);
    if (!repository) throw new Error('fault "stale" hit a request that names no repository');
    if (typeof fault.land === 'function') await fault.land(repository);
    else await land(repository, fault.land);
  }
  return undefined;
}

async function answerWithFaults(state: State, incoming: Incoming, faults: readonly Fault[]): Promise<Answer | 'cut'> {
  for (const fault of faults) {
    const struck = await strike(state, incoming, fault);
    if (struck) return struck;
  }
  const unreadable = faults.find((fault) => fault.type === 'unreadable');
  if (unreadable) {
    if (unreadable.landed) await answerFor(state, incoming, 'current');
    return {
      status: unreadable.status ?? 200,
      headers: { 'content-type': unreadable.contentType ?? 'application/json; charset=utf-8' },
      body: Buffer.from(unreadable.body),
    };
  }
  const lagging = faults.some((fault) => fault.type === 'stale-read');
  const answer = await answerFor(state, incoming, lagging ? 'lagging' : 'current');
  const lost = faults.find((fault) => fault.type === '5xx-after-landing');
  if (!lost) return answer;
  return lost.end === 'cut' ? 'cut' : jsonAnswer(lost.status ?? 502, { message: 'Server Error' });
}

function answerFor(state: State, incoming: Incoming, view: RefView): Promise<Answer> {
  const { repositories, urls } = state;
  const identity = identify(repositories, incoming.token);
  const target = new URL(incoming.target, urls.url);
  const git = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/(?:info\/refs|git-(?:upload|receive)-pack))$/.exec(target.pathname);
  if (git) {
    return answerGit({
      ...incoming,
      path: git[3] ?? '',
      query: target.search.slice(1),
      identity,
      repository: findRepository(repositories, git[1] ?? '', git[2] ?? ''),
      url: urls.url,
    });
  }
  const log = /^\/_logs\/([^/]+)\/([^/]+)\/(\d+)$/.exec(target.pathname);
  if (log) return Promise.resolve(answerLog(state, incoming, log));
  state.rate.used += 1;
  if (state.rate.used > state.rate.limit) {
    return Promise.resolve(rateLimitAnswer(state.rate, { type: 'rate-limited', status: 403, limit: 'primary' }));
  }
  if (target.pathname === '/api/graphql') {
    if (identity.kind !== 'token') {
      const message =
        identity.kind === 'anonymous' ? 'This endpoint requires you to be authenticated.' : 'Bad credentials';
      return Promise.resolve(jsonAnswer(401, { message, documentation_url: 'https://docs.github.com/graphql' }));
    }
    if (!incoming.json) return Promise.resolve(jsonAnswer(400, { message: 'Problems parsing JSON' }));
    return answerGraphql(incoming.json, { repositories, identity, urls, view });
  }
  return answerRest({
    method: incoming.method,
    target,
    body: incoming.body.length > 0 ? incoming.json : {},
    packages: state.packages,
    repositories,
    identity,
    urls,
    view,
  });
}

/** Logs lie with a store of blobs, which knows no tokens of GitHub. */
function answerLog(state: State, { headers, target }: Incoming, [, owner = '', name = '', job = '']: string[]): Answer {
  if (headers.authorization !== undefined) return jsonAnswer(400, { message: 'InvalidAuthenticationInfo' });
  const repository = findRepository(state.repositories, owner, name);
  if (!repository || !/[?&]sig=[0-9a-f]{64}$/.test(target)) return jsonAnswer(403, { message: 'AuthenticationFailed' });
  const body = Buffer.from(logText(repository, job));
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
