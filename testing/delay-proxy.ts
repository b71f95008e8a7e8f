import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { closeServer, listenOnLoopback } from './loopback.js';

/** A request and its answer, as the proxy saw them. */
export interface LoggedRequest {
  method: string;
  /** With query. */
  path: string;
  /** `image-release/1.0.0`, `buildkit/v0.12`, …; empty: the client named none. */
  client: string;
  /** Arrival of the request and end of its answer, milliseconds of one clock. */
  from: number;
  to: number;
}

export interface DelayProxy {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Answered requests; those in flight are not in it yet. */
  log: LoggedRequest[];
  stop(): Promise<void>;
}

/**
 * Stands before a server on this machine as a distance does: each request is passed on `delayMs` after it arrived.
 * @param target `127.0.0.1:PORT`
 */
export async function startDelayProxy({ target, delayMs }: { target: string; delayMs: number }): Promise<DelayProxy> {
  const log: LoggedRequest[] = [];
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const from = performance.now();
    const { method = '', url: path = '', headers } = incoming;
    const note = () => log.push({ method, path, client: headers['user-agent'] ?? '', from, to: performance.now() });
    void delay(delayMs).then(() => pass(incoming, outgoing, { target, agent, note }));
  });
  return {
    host: `127.0.0.1:${await listenOnLoopback(server)}`,
    log,
    stop: async () => {
      await closeServer(server);
      agent.destroy();
    },
  };
}

function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { target, agent, note }: { target: string; agent: Agent; note(): void },
): void {
  const [hostname, port] = target.split(':');
  const { method, url: path, headers } = incoming;
  // The host stays: registries make the addresses of uploads from it.
  const request = forward({ hostname, port, method, path, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    // Before the client can react to the end.
    answer.on('end', note);
    answer.pipe(outgoing);
  });
  request.on('error', () => incoming.socket.destroy());
  outgoing.on('close', () => request.destroy());
  incoming.pipe(request);
}
