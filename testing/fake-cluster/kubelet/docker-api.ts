import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Docker's Engine API: what the command line does, without a process per container. */
export interface DockerApi {
  /** @throws DockerError when the daemon refuses */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** The lines of an answer that reports as it goes: of a pull. */
  lines(method: string, path: string): Promise<string[]>;
  /** A connection that becomes a container's or a command's own. */
  hijack(path: string, body?: unknown): Promise<Socket>;
}

export class DockerError extends Error {
  override readonly name = 'DockerError';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** @param dockerHost `unix:///…` or `tcp://host:port` */
export function dockerApi(dockerHost: string): DockerApi {
  const url = new URL(dockerHost);
  const place =
    url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: Number(url.port) };

  const open = (method: string, path: string, headers: Record<string, string>): ClientRequest =>
    request({ ...place, method, path, headers: { host: 'docker', ...headers } });

  async function send(method: string, path: string, body?: unknown): Promise<Buffer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const outgoing = open(method, path, {
      ...(text && { 'content-type': 'application/json' }),
      'content-length': String(Buffer.byteLength(text)),
    });
    outgoing.end(text);
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks);
    if ((incoming.statusCode ?? 500) >= 400) throw new DockerError(incoming.statusCode ?? 500, messageOf(answer));
    return answer;
  }

  return {
    async call<T>(method: string, path: string, body?: unknown) {
      const answer = await send(method, path, body);
      return (answer.length > 0 ? JSON.parse(answer.toString()) : undefined) as T;
    },
    async lines(method, path) {
      return (await send(method, path)).toString().split('\n').filter(Boolean);
    },
    hijack(path, body) {
      const text = body === undefined ? '' : JSON.stringify(body);
      const outgoing = open('POST', path, {
        connection: 'Upgrade',
        upgrade: 'tcp',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      });
      return new Promise((resolve, reject) => {
        outgoing.once('upgrade', (_answer, socket: Socket, head: Buffer) => {
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
        });
        outgoing.once('response', (answer) => {
          answer.resume();
          reject(new DockerError(answer.statusCode ?? 500, `docker refuses to attach (${answer.statusCode})`));
        });
        outgoing.once('error', reject);
        outgoing.end(text);
      });
    },
  };
}

function messageOf(answer: Buffer): string {
  try {
    return (JSON.parse(answer.toString()) as { message: string }).message;
  } catch {
    return answer.toString();
  }
}

/** Takes docker's frames apart: one byte for the stream, three empty ones, the length, the bytes. */
export function readFrames(socket: Socket, on: { stdout(chunk: Buffer): void; stderr(chunk: Buffer): void }) {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4);
      if (rest.length < 8 + length) return;
      const bytes = rest.subarray(8, 8 + length);
      if (rest[0] === 2) on.stderr(bytes);
      else on.stdout(bytes);
      rest = rest.subarray(8 + length);
    }
  });
}
