import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { FaultQueue } from '../faults.js';
import { cutChannels, cutResponse } from '../streams/cut.js';
import { acceptSpdy } from '../streams/spdy.js';
import { streamOrder } from '../streams/channels.js';
import { attach, exec } from '../streams/connections.js';
import { acceptWebSocket } from '../streams/websocket.js';
import { denial, identify, isAllowed, type User } from './access.js';
import type { Ask, ServerWorld } from './ask.js';
import { discoveryAnswer, openApiAnswer } from './discovery.js';
import { requestFailure } from './failures.js';
import { answerLog, containerName, existingPod } from './logs.js';
import { answerRest } from './rest.js';
import { ApiError, apiError, failureStatus, type Status } from './status.js';
import { isWatch, parseTarget, verbOf } from './target.js';
import { answerWatch } from './watch.js';

/** What came in, and what became of it. */
export interface RecordedRequest {
  method: string;
  path: string;
  /** Of requests to objects: `create`, and `pods/attach`. */
  verb?: string;
  resource?: string;
  namespace?: string;
  name?: string;
  user?: string;
  status?: number;
  fault?: string;
}

export interface ApiServerOptions {
  world: ServerWorld;
  users: readonly User[];
  faults: FaultQueue;
  /** How long after a restart the cache of Roles is empty. */
  rbacMs: number;
  /** Clients send tokens over TLS alone. PEM. */
  tls: { certificate: string; key: string };
}

export interface ApiServer {
  url: string;
  requests: RecordedRequest[];
  /** Cuts every connection and refuses new ones until the returned function is called; the cluster goes on. */
  interrupt(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const requests: RecordedRequest[] = [];
  const front = new Front(options, requests);
  let { server, sockets } = await front.listen(0);
  const { port } = server.address() as AddressInfo;
  let stopped = false;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `https://127.0.0.1:${port}`,
    requests,
    async interrupt() {
      await close();
      return async () => {
        front.rolesKnownAt = Date.now() + options.rbacMs;
        if (!stopped) ({ server, sockets } = await front.listen(port));
      };
    },
    stop() {
      stopped = true;
      return close();
    },
  };
}

class Front {
  /** Until then an API server that was just started knows nobody's Roles. */
  rolesKnownAt = 0;

  constructor(
    readonly options: ApiServerOptions,
    readonly requests: RecordedRequest[],
  ) {}

  async listen(port: number): Promise<{ server: Server; sockets: Set<Socket> }> {
    const sockets = new Set<Socket>();
    const { certificate: cert, key } = this.options.tls;
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    const server = createServer({ cert, key }, serve);
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket as Socket, head));
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    // Watches and logs may be silent for long.
    server.requestTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return { server, sockets };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = this.#record(request);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    response.once('finish', () => (record.status = response.statusCode));
    try {
      const body = await readBody(request);
      const url = new URL(request.url ?? '/', 'http://cluster');
      const user = identify(this.options.users, request.headers.authorization);
      record.user = user.name;
      const plain = this.#plainAnswer(url.pathname, request.headers.accept ?? '');
      if (plain && user.rights === 'bound' && Date.now() < this.rolesKnownAt) {
        throw apiError(403, `forbidden: User "${user.name}" cannot get path "${url.pathname}"`);
      }
      if (plain) return send(response, 200, plain.body, plain.type);
      const ask = this.#ask(request, { url, body, user, record });
      const failure = this.#fail(ask, record);
      if (failure.cut !== undefined) cutResponse(response, failure.cut);
      const streamed = { response, closed };
      if (ask.target.subresource === 'log') return await answerLog(this.options.world, ask, streamed);
      if (isWatch(ask.query) && ask.method === 'GET') {
        return await answerWatch(this.options.world.store, ask, streamed);
      }
      const answer = answerRest(this.options.world, ask);
      if (failure.lose) return void request.socket.destroy();
      send(response, answer.code, answer.body);
    } catch (error) {
      sendStatus(response, this.#statusOf(error));
    }
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const record = this.#record(request);
    socket.on('error', () => {});
    try {
      const url = new URL(request.url ?? '/', 'http://cluster');
      const user = identify(this.options.users, request.headers.authorization);
      record.user = user.name;
      const ask = this.#ask(request, { url, body: Buffer.alloc(0), user, record });
      const failure = this.#fail(ask, record);
      const { world } = this.options;
      const pod = existingPod(world, ask);
      const found = world.kubelet.container(pod, containerName(pod, ask.query.get('container')));
      const order = streamOrder(ask.query);
      record.status = 101;
      const spdy = /spdy/i.test(request.headers.upgrade ?? '');
      const opened = spdy
        ? await acceptSpdy(request, socket, head, order)
        : await acceptWebSocket(request, socket, head);
      const channels = failure.cut === undefined ? opened : cutChannels(opened, failure.cut);
      if (ask.target.subresource === 'attach') await attach(channels, found, order);
      else await exec(channels, world.kubelet.world.docker, found, order);
    } catch (error) {
      const status = this.#statusOf(error);
      record.status ??= status.code;
      const body = JSON.stringify(status);
      if (record.status === 101) socket.destroy();
      else {
        socket.end(
          `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\n` +
            `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        );
      }
    }
  }

  #record({ method = '', url = '' }: IncomingMessage): RecordedRequest {
    const record = { method, path: url };
    this.requests.push(record);
    return record;
  }

  #plainAnswer(path: string, accept: string): { body: unknown; type: string } | undefined {
    if (/^\/(livez|readyz|healthz)$/.test(path)) return { body: 'ok', type: 'text/plain' };
    if (path === '/version') return { body: VERSION, type: 'application/json' };
    const document = path.startsWith('/openapi/v3') ? openApiAnswer(path) : undefined;
    if (document !== undefined) return { body: document, type: 'application/json' };
    return discoveryAnswer(path, accept);
  }

  /** @throws ApiError 404 for a path that is none, 403 for what the user may not */
  #ask(
    request: IncomingMessage,
    { url, body, user, record }: { url: URL; body: Buffer; user: User; record: RecordedRequest },
  ): Ask {
    const target = parseTarget(url.pathname);
    if (!target) throw apiError(404, 'the server could not find the requested resource');
    const method = request.method ?? '';
    const verb = verbOf(method, target, url.searchParams);
    const { resource, namespace, subresource } = target;
    const named = subresource ? `${resource.plural}/${subresource}` : resource.plural;
    // The name of what is made stands in the body.
    const name = target.name || nameIn(body);
    Object.assign(record, { verb, resource: named, namespace, name });
    // Lists of a single object, as `rollout status` watches them, fall under `resourceNames`.
    const selected = /^metadata\.name=([^,]+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
    const asked = target.name || (method === 'GET' ? (selected ?? '') : '');
    const attributes = { verb, group: resource.group, resource: named, namespace, name: asked };
    const known = user.rights === 'all' || Date.now() >= this.rolesKnownAt;
    if (!known || !isAllowed(this.options.world.store, user, attributes)) throw denial(user, attributes);
    return { method, target, verb, query: url.searchParams, headers: request.headers, body, user };
  }

  /** Lets the planned faults strike. */
  #fail(ask: Ask, record: RecordedRequest): { lose: boolean; cut?: number | undefined } {
    const { verb = '', resource = '', name = '', namespace = '' } = record;
    const faults = this.options.faults.takeForRequest({ verb, resource, name, namespace });
    let lose = false;
    let cut: number | undefined;
    for (const fault of faults) {
      record.fault = fault.type;
      if (fault.type === 'lost') lose = true;
      else if (fault.type === 'stream-cut') cut = fault.bytes;
      else throw requestFailure(fault, ask, record);
    }
    return { lose, cut };
  }

  #statusOf(error: unknown): Status {
    if (error instanceof ApiError) return error.status;
    this.options.world.log(`the fake cluster broke: ${error instanceof Error ? error.stack : String(error)}`);
    return failureStatus(500, `Internal error occurred: ${String(error)}`);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function nameIn(body: Buffer): string {
  const start = body.subarray(0, 1).toString();
  if (start !== '{') return '';
  try {
    const { metadata } = JSON.parse(body.toString()) as {
      metadata?: { name?: string; generateName?: string };
    };
    return metadata?.name ?? metadata?.generateName ?? '';
  } catch {
    return '';
  }
}

function send(response: ServerResponse, code: number, body: unknown, type = 'application/json'): void {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function sendStatus(response: ServerResponse, status: Status): void {
  if (response.headersSent) response.destroy();
  else send(response, status.code, status);
}

const VERSION = {
  ...{ major: '1', minor: '32', gitVersion: 'v1.32.3', gitCommit: '0'.repeat(40), gitTreeState: 'clean' },
  ...{ buildDate: '2025-01-01T00:00:00Z', goVersion: 'go1.23.6', compiler: 'gc', platform: 'linux/amd64' },
};
