import { type Server, type Socket, connect, createServer } from 'node:net';

export interface BuildkitProxy {
  /** `tcp://127.0.0.1:PORT`: for `docker buildx create --driver remote`. */
  address: string;
  port: number;
  stop(): Promise<void>;
}

const UPGRADE = [
  'POST /grpc HTTP/1.1',
  'Host: docker',
  'Connection: Upgrade',
  'Upgrade: h2c',
  'Content-Length: 0',
  '\r\n',
].join('\r\n');

/**
 * Makes the BuildKit inside a Docker daemon reachable for buildx's `remote` driver, which, unlike the
 * `docker` driver, pushes by digest. The daemon serves BuildKit's gRPC after an upgrade of `POST /grpc`
 * (moby, api/server/router/grpc).
 * @param options.dockerHost `unix://…`
 * @param options.gateway a further address to listen on, for containers without the machine's network
 */
export async function startBuildkitProxy(options: {
  dockerHost: string;
  gateway?: string;
  port?: number;
}): Promise<BuildkitProxy> {
  const socketPath = options.dockerHost.replace(/^unix:\/\//, '');
  const open = new Set<Socket>();
  const serve = () => createServer((client) => joinBuildkit(client, socketPath, open));
  const first = serve();
  const port = await listen(first, '127.0.0.1', options.port ?? 0);
  const servers = [first];
  if (options.gateway !== undefined) {
    const second = serve();
    await listen(second, options.gateway, port);
    servers.push(second);
  }
  return {
    address: `tcp://127.0.0.1:${port}`,
    port,
    stop: async () => {
      for (const socket of open) socket.destroy();
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

function joinBuildkit(client: Socket, socketPath: string, open: Set<Socket>): void {
  const daemon = connect(socketPath);
  for (const [socket, other] of [
    [client, daemon],
    [daemon, client],
  ] as const) {
    open.add(socket);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      open.delete(socket);
      other.destroy();
    });
  }
  daemon.write(UPGRADE);
  let head = Buffer.alloc(0);
  const onHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    daemon.off('data', onHead);
    if (!head.toString('latin1').startsWith('HTTP/1.1 101 ')) {
      client.destroy();
      return;
    }
    client.write(head.subarray(end + 4));
    daemon.pipe(client);
    client.pipe(daemon);
  };
  daemon.on('data', onHead);
}
