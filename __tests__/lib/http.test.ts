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

/** Writes one byte after the other, for ever. */
const drip = (socket: Socket, head: string, everyMs: number) => {
  socket.write(head);
  const timer = setInterval(() => socket.write('x'), everyMs);
  socket.on('close', () => clearInterval(timer));
};

test.each<[string, (socket: Socket) => void, string, Partial<HttpRequest>?]>([
  ['an answer that comes byte by byte', (s) => drip(s, 'HTTP/1.1 200 OK\r\n\r\n', 50), 'SLOW'],
  ['headers that come byte by byte', (s) => drip(s, 'HTTP/1.1 200 OK\r\nx: ', 50), 'SLOW'],
  [
    'hints without an end',
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
  ['silence', () => {}, 'SILENT'],
  ['a connection that is closed', (s) => s.end(), 'ECONNRESET'],
  ['half an answer', (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'), 'ECONNRESET'],
  ['what can not be a header', () => {}, 'ERR_INVALID_CHAR', { headers: { authorization: 'Bearer a\nb' } }],
])(
  '%s ends the exchange with a reason',
  async (_, act, code, over = {}) => {
    answer = act;
    await expect(ask({ timeoutMs: 500, ...over })).rejects.toMatchObject({ name: 'HttpFailure', code });
  },
  5000,
);

test('what is large has more time, as long as it comes', async () => {
  answer = (socket) => {
    const half = 'x'.repeat(200_000);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 400000\r\nconnection: close\r\n\r\n' + half);
    setTimeout(() => socket.end(half), 300);
  };
  expect((await ask({ timeoutMs: 100 })).body).toHaveLength(400_000);
});
