import { createServer, type Server, type Socket } from 'node:net';
import { createHttpClient, type HttpRequest } from '../../src/lib/http.js';

let server: Server;
let answer: (socket: Socket) => void;
let url: URL;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = new URL(`http://127.0.0.1:${typeof address === 'object' && address?.port}/`);
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const client = createHttpClient({ userAgent: 'test', silenceMs: 400, maxSockets: 2 });
const ask = (over: Partial<HttpRequest> = {}) => client.exchange({ method: 'GET', url, maxBytes: 1 << 20, ...over });

/** Writes one byte at a time until the socket closes. */
const drip = (socket: Socket, head: string, everyMs: number) => {
  socket.write(head);
  const timer = setInterval(() => socket.write('x'), everyMs);
  socket.on('close', () => clearInterval(timer));
};

test.each<[string, (socket: Socket) => void, string, Partial<HttpRequest>?]>([
  ['a body that arrives byte by byte', (s) => drip(s, 'HTTP/1.1 200 OK\r\n\r\n', 50), 'SLOW'],
  ['headers that arrive byte by byte', (s) => drip(s, 'HTTP/1.1 200 OK\r\nx: ', 50), 'SLOW'],
  [
    'endless 1xx responses',
    (s) => {
      const timer = setInterval(() => s.write('HTTP/1.1 100 Continue\r\n\r\n'), 50);
      s.on('close', () => clearInterval(timer));
    },
    'SLOW',
  ],
  [
    'another protocol',
    (s) => s.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    'UPGRADE',
  ],
  ['a silent server', () => {}, 'SILENT'],
  ['a closed connection', (s) => s.end(), 'ECONNRESET'],
  ['an incomplete body', (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'), 'ECONNRESET'],
  ['an invalid request header', () => {}, 'ERR_INVALID_CHAR', { headers: { authorization: 'Bearer a\nb' } }],
])(
  'fails with an error code: %s',
  async (_, act, code, over = {}) => {
    answer = act;
    await expect(ask({ timeoutMs: 500, ...over })).rejects.toMatchObject({ name: 'HttpFailure', code });
  },
  5000,
);

test('gives a large body more time', async () => {
  answer = (socket) => {
    const half = 'x'.repeat(200_000);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 400000\r\nconnection: close\r\n\r\n' + half);
    setTimeout(() => socket.end(half), 300);
  };
  expect((await ask({ timeoutMs: 100 })).body).toHaveLength(400_000);
});
