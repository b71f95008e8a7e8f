import {
  Agent,
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  /** Path with query. */
  path: string;
  authorization: string | undefined;
}

/** What the front does with a request instead of passing it on; undefined: pass it on. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** The connection is cut before an answer. */
  | { cut: true }
  /** The registry does what it is asked, but its answer is lost. */
  | { loseAnswer: true }
  | { silence: true }
  /** Passed on once the promise resolves. */
  | { after: Promise<unknown> }
  /** Passed on with these headers changed. */
  | { rewrite: Record<string, string> };

export interface Front {
  host: string;
  seen: SeenRequest[];
  /** Decides anew for every request; requests are recorded before. */
  onRequest(decide: (request: SeenRequest) => Fault | undefined): void;
  stop(): Promise<void>;
}

/** To registries: without, each request passed on would cost a connection. */
const agent = new Agent({ keepAlive: true });

/** A loopback server before a registry that fails as registries and networks fail. */
export async function startFront(registryHost: string): Promise<Front> {
  let decide: (request: SeenRequest) => Fault | undefined = () => undefined;
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      authorization: incoming.headers.authorization,
    };
    seen.push(request);
    void act(decide(request), incoming, outgoing, registryHost);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    onRequest: (next) => (decide = next),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function act(
  fault: Fault | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  registryHost: string,
) {
  if (fault === undefined) return pass(incoming, outgoing, registryHost, {});
  if ('cut' in fault) return incoming.socket.destroy();
  if ('silence' in fault) return;
  if ('loseAnswer' in fault) return pass(incoming, undefined, registryHost, {});
  if ('rewrite' in fault) return pass(incoming, outgoing, registryHost, fault.rewrite);
  if ('after' in fault) {
    await fault.after;
    return pass(incoming, outgoing, registryHost, {});
  }
  incoming.resume();
  outgoing.writeHead(fault.status, fault.headers).end(fault.body);
}

function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse | undefined,
  registryHost: string,
  rewrite: Record<string, string>,
) {
  // The client has given up while the request was held back.
  if (incoming.socket.destroyed) return;
  const [hostname, port] = registryHost.split(':');
  const { method, url: path, headers } = incoming;
  const request = forward({ hostname, port, method, path, headers, agent }, (answer) => {
    if (outgoing === undefined) {
      answer.resume();
      answer.on('end', () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...rewrite });
    answer.pipe(outgoing);
  });
  request.on('error', () => incoming.socket.destroy());
  outgoing?.on('close', () => request.destroy());
  incoming.pipe(request);
}

/** A fault for the first `times` requests that match. */
export function times(
  count: number,
  matches: (request: SeenRequest) => boolean,
  fault: Fault,
): (request: SeenRequest) => Fault | undefined {
  let left = count;
  return (request) => (left > 0 && matches(request) && left-- > 0 ? fault : undefined);
}
