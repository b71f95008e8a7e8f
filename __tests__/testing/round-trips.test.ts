import { createServer, request, type Server } from 'node:http';
import { startDelayProxy } from '../../testing/delay-proxy.js';
import { listenOnLoopback } from '../../testing/loopback.js';
import { countRoundTrips } from '../../testing/round-trips.js';

test.each([
  ['no request', '', 0],
  ['parallel requests', '0-10 1-11 2-12', 1],
  ['sequential requests', '0-10 10-20 25-30', 3],
  ['two waves of requests', '0-10 1-11 12-20 13-25', 2],
  ['a slow request parallel to three short ones', '0-100 0-10 11-20 21-30', 3],
  ['overlapping requests', '0-10 5-15 10-20 15-25', 2],
  ['requests in the order of their answers', '11-20 0-10', 2],
])('counts rounds: %s', (_, times, rounds) => {
  const log = [...times.matchAll(/(\d+)-(\d+)/g)].map(([, from, to]) => ({ from: Number(from), to: Number(to) }));
  expect(countRoundTrips(log)).toEqual({ requests: log.length, rounds });
});

describe('a proxy that delays answers', () => {
  let server: Server;
  let target: string;
  let seen: string[];
  beforeEach(async () => {
    seen = [];
    server = createServer((incoming, outgoing) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        seen.push(`${incoming.method} ${incoming.url} ${incoming.headers.host} ${body}`);
        outgoing.writeHead(201, { 'x-answer': 'yes' }).end('made');
      });
    });
    target = `127.0.0.1:${await listenOnLoopback(server)}`;
  });
  afterEach(() => server.close());

  const send = (host: string, path: string) =>
    new Promise<{ status?: number; answer: unknown; body: string }>((resolve, reject) => {
      const options = { method: 'PUT', headers: { host, 'user-agent': 'client/1', connection: 'close' } };
      const outgoing = request(`http://${host}${path}`, options, (incoming) => {
        let body = '';
        incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
        incoming.on('end', () => resolve({ status: incoming.statusCode, answer: incoming.headers['x-answer'], body }));
      });
      outgoing.on('error', reject);
      outgoing.end('words');
    });

  test('forwards requests, delays the answers, and logs both', async () => {
    const proxy = await startDelayProxy({ target, delayMs: 50 });
    const answers = [
      await send(proxy.host, '/a?b=1'),
      ...(await Promise.all(['/c', '/d'].map((path) => send(proxy.host, path)))),
    ];
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ status: 201, answer: 'yes', body: 'made' })));
    expect(seen[0]).toBe(`PUT /a?b=1 ${proxy.host} words`);
    expect(proxy.log).toMatchObject([{ method: 'PUT', path: '/a?b=1', client: 'client/1' }, {}, {}]);
    expect(proxy.log.every(({ from, to }) => to - from >= 49)).toBe(true);
    expect(countRoundTrips(proxy.log)).toEqual({ requests: 3, rounds: 2 });
    await proxy.stop();
  });
});
