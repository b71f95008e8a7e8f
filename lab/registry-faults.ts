import {
  Agent,
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How a registry, or the network before it, fails.
 * cut: the connection breaks before the registry hears of the request · lost: it does what it is asked, and the answer
 * never arrives · 500 · 429: with `retry-after: 1` · silent: no answer at all · wrong-digest: a right answer under a
 * wrong `docker-content-digest` · lying-head: what is there is denied, to HEAD alone.
 */
export type RegistryFault = (typeof REGISTRY_FAULTS)[number];
export const REGISTRY_FAULTS = ['cut', 'lost', '500', '429', 'silent', 'wrong-digest', 'lying-head'] as const;

export interface FaultPlan {
  fault: RegistryFault;
  /** Number of the first request that fails, from 1. */
  at: number;
  /** `lasting`: all after it fail, too. */
  length: 'once' | 'lasting';
}

export interface FaultyRegistry {
  /** `127.0.0.1:PORT` */
  host: string;
  /** What was asked since the last `begin`: `PUT /v2/acme/api/manifests/latest`. */
  requests: string[];
  /** Starts counting at 1. Undefined: nothing fails. */
  begin(plan: FaultPlan | undefined): void;
  stop(): Promise<void>;
}

/** A loopback proxy before a registry that fails at the n-th request, as planned. */
export async function startFaultyRegistry(registryHost: string): Promise<FaultyRegistry> {
  const agent = new Agent({ keepAlive: true });
  const requests: string[] = [];
  let plan: FaultPlan | undefined;
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    const number = requests.length;
    const fails = plan && (plan.length === 'once' ? number === plan.at : number >= plan.at);
    const pass = (answerTo: ServerResponse | undefined, headers = {}) =>
      passOn({ incoming, outgoing: answerTo, headers, registryHost, agent });
    ACTS[fails && plan ? plan.fault : 'none']({ incoming, outgoing, pass });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    begin(next) {
      plan = next;
      requests.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

interface Scene {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  /** To the registry; its answer goes to `answerTo`, or nowhere. */
  pass(answerTo: ServerResponse | undefined, headers?: Record<string, string>): void;
}

function answer({ incoming, outgoing }: Scene, status: number, headers = {}) {
  incoming.resume();
  const body = JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'the lab fails as planned' }] });
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

const ACTS: Record<RegistryFault | 'none', (scene: Scene) => void> = {
  none: ({ outgoing, pass }) => pass(outgoing),
  cut: ({ incoming }) => void incoming.socket.destroy(),
  lost: ({ pass }) => pass(undefined),
  '500': (scene) => answer(scene, 500),
  '429': (scene) => answer(scene, 429, { 'retry-after': '1' }),
  silent: ({ incoming }) => void incoming.resume(),
  'wrong-digest': ({ outgoing, pass }) =>
    pass(outgoing, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
  'lying-head': (scene) =>
    scene.incoming.method === 'HEAD' ? answer(scene, 404) : scene.pass(scene.outgoing),
};

function passOn(way: {
  incoming: IncomingMessage;
  outgoing: ServerResponse | undefined;
  headers: Record<string, string>;
  registryHost: string;
  agent: Agent;
}) {
  const { incoming, outgoing, agent } = way;
  const [hostname, port] = way.registryHost.split(':');
  const { method, url: path, headers } = incoming;
  const request = forward({ hostname, port, method, path, headers, agent }, (answer) => {
    if (outgoing === undefined) {
      answer.resume().on('end', () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...way.headers });
    answer.pipe(outgoing);
  });
  request.on('error', () => incoming.socket.destroy());
  incoming.pipe(request);
}
