import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Channels, StreamOrder } from './channels.js';
import { SpdyHeaders } from './spdy-headers.js';

const TYPES = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 } as const;
const FIN = 1;

interface Frame {
  /** Of a control frame. */
  type?: number;
  /** Of a data frame. */
  stream?: number;
  flags: number;
  body: Buffer;
}

/**
 * Answers the request to become SPDY/3.1, which is what clients before the WebSocket protocol speak, and waits for the
 * streams that go with the order. Without flow control, as in the library that Kubernetes uses for both sides.
 */
export async function acceptSpdy(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  order: StreamOrder,
): Promise<Channels> {
  const offered = (request.headers['x-stream-protocol-version'] ?? '').toString();
  const version = offered.includes('v4.channel.k8s.io') ? 'v4.channel.k8s.io' : offered.split(',')[0];
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      `X-Stream-Protocol-Version: ${version}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  const connection = new SpdyConnection(socket);
  const wanted = ['error', ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => order[name])];
  await connection.streamsOpen(order.tty ? wanted.filter((name) => name !== 'stderr') : wanted);
  return {
    stdin: connection.stdin,
    closed: connection.closed,
    write: (stream, chunk) => connection.write(stream, chunk),
    finish(status) {
      // Success is said by an error stream that ends without a word.
      if (status.status === 'Failure') connection.write('error', Buffer.from(JSON.stringify(status)));
      for (const name of wanted) if (name !== 'stdin') connection.end(name);
      connection.close();
    },
    destroy: () => socket.destroy(),
  };
}

class SpdyConnection {
  readonly stdin: Readable;
  readonly closed: Promise<void>;
  #headers = new SpdyHeaders();
  /** Name → id, of the streams that the client opened. */
  #streams = new Map<string, number>();
  #onStream: () => void = () => {};
  #rest: Buffer = Buffer.alloc(0);
  #work = Promise.resolve();

  constructor(readonly socket: Socket) {
    this.stdin = new Readable({ read: () => void socket.resume() });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        if (!this.stdin.readableEnded) this.stdin.push(null);
        this.#headers.close();
        this.#onStream();
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  async streamsOpen(names: readonly string[]): Promise<void> {
    while (!this.socket.destroyed && !names.every((name) => this.#streams.has(name))) {
      await new Promise<void>((resolve) => (this.#onStream = resolve));
    }
  }

  write(stream: string, chunk: Buffer): void {
    // Frames have three bytes for their length.
    for (let at = 0; at < chunk.length; at += 1 << 16) this.#data(stream, chunk.subarray(at, at + (1 << 16)), 0);
  }

  end(stream: string): void {
    this.#data(stream, Buffer.alloc(0), FIN);
  }

  close(): void {
    this.socket.resume();
    this.stdin.resume();
    this.socket.end();
  }

  #data(stream: string, bytes: Buffer, flags: number): void {
    const id = this.#streams.get(stream);
    if (id === undefined || this.socket.destroyed) return;
    const header = Buffer.alloc(8);
    header.writeUInt32BE(id, 0);
    header.writeUInt32BE(bytes.length, 4);
    header[4] = flags;
    this.socket.write(Buffer.concat([header, bytes]));
  }

  #control(type: number, body: Buffer): void {
    const header = Buffer.alloc(8);
    header.writeUInt16BE(0x8003, 0);
    header.writeUInt16BE(type, 2);
    header.writeUInt32BE(body.length, 4);
    this.socket.write(Buffer.concat([header, body]));
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 8) {
      const length = this.#rest.readUInt32BE(4) & 0xffffff;
      if (this.#rest.length < 8 + length) return;
      const frame = frameOf(this.#rest.subarray(0, 8), this.#rest.subarray(8, 8 + length));
      this.#rest = this.#rest.subarray(8 + length);
      // One after the other: headers are decompressed while data waits.
      this.#work = this.#work.then(() => this.#handle(frame)).catch(() => void this.socket.destroy());
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.stream !== undefined) {
      if (frame.stream !== this.#streams.get('stdin')) return;
      if (frame.body.length > 0 && !this.stdin.push(frame.body)) this.socket.pause();
      if (frame.flags & FIN) this.stdin.push(null);
    } else if (frame.type === TYPES.synStream) {
      const id = frame.body.readUInt32BE(0) & 0x7fffffff;
      const headers = await this.#headers.read(frame.body.subarray(10));
      const reply = Buffer.alloc(4);
      reply.writeUInt32BE(id);
      this.#control(TYPES.synReply, Buffer.concat([reply, await this.#headers.writeNone()]));
      this.#streams.set(headers.get('streamtype') ?? '', id);
      this.#onStream();
    } else if (frame.type === TYPES.ping) {
      this.#control(TYPES.ping, frame.body);
    } else if (frame.type === TYPES.reset) {
      if (frame.body.readUInt32BE(0) === this.#streams.get('stdin')) this.stdin.push(null);
    }
  }
}

function frameOf(header: Buffer, body: Buffer): Frame {
  const flags = header[4] ?? 0;
  return header.readUInt8(0) & 0x80
    ? { type: header.readUInt16BE(2), flags, body }
    : { stream: header.readUInt32BE(0), flags, body };
}
