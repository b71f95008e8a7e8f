import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { listenOnLoopback } from './loopback.js';

/** What a hostile registry does with one request. */
export type Misbehaviour = (asked: Asked) => void;

export interface Asked {
  method: string;
  path: string;
  /** `HOST:PORT` of the registry. */
  host: string;
  socket: Socket;
  /** Writes an answer as HTTP has it. */
  answer(status: number, headers?: Record<string, string | number>, body?: string | Buffer): void;
  /** Writes bytes as they are. */
  raw(bytes: string | Buffer): void;
  /** What a right registry would do. */
  right(): void;
}

export interface HostileRegistry {
  host: string;
  stop(): void;
}

export const CONFIG = JSON.stringify({
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
});
export const sha256 = (bytes: string | Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: MANIFEST_TYPE,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: sha256(CONFIG),
    size: CONFIG.length,
  },
  layers: [],
});

/**
 * A registry in plain HTTP on loopback that holds one image under every name and tag, and misbehaves as it is told.
 * It speaks through bare sockets: what is no HTTP is part of what it does.
 */
export async function startHostileRegistry(misbehave: Misbehaviour): Promise<HostileRegistry> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      // A TLS handshake: docker and this program then try plain HTTP on loopback.
      if (received.charCodeAt(0) === 22) return void socket.destroy();
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const [method = '', path = ''] = received.split(' ', 2);
        received = received.slice(end + 4);
        misbehave(askedOn(socket, method, path, host));
      }
    });
  });
  const host = `127.0.0.1:${await listenOnLoopback(server)}`;
  return {
    host,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function askedOn(socket: Socket, method: string, path: string, host: string): Asked {
  const raw = (bytes: string | Buffer) => void (socket.writable && socket.write(bytes));
  const answer: Asked['answer'] = (status, headers = {}, body = '') => {
    const all = { 'content-length': Buffer.byteLength(body), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    raw(`HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n`);
    if (method !== 'HEAD') raw(Buffer.from(body));
  };
  const right = () => {
    if (path === '/v2/') return answer(200);
    if (path.includes('/manifests/'))
      return answer(200, { 'content-type': MANIFEST_TYPE, 'docker-content-digest': sha256(MANIFEST) }, MANIFEST);
    if (path.includes(`/blobs/${sha256(CONFIG)}`)) return answer(200, {}, CONFIG);
    return answer(404, {}, '{"errors":[{"code":"NAME_UNKNOWN"}]}');
  };
  return { method, path, host, socket, answer, raw, right };
}
