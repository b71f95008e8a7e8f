import { HttpFailure, type HttpClient } from '../../src/lib/http.js';
import { isPrivate } from '../../src/lib/loopback.js';
import { ping } from '../../src/registry/connection.js';

/** A server that answers plain http, and breaks off whoever begins with TLS in this way. */
async function originOf(host: string, tls: string): Promise<string> {
  const http: HttpClient = {
    async exchange({ url }) {
      if (url.protocol === 'https:') throw new HttpFailure(tls, 'no TLS');
      return { status: 200, headers: {}, body: Buffer.alloc(0) };
    },
    close() {},
  };
  const sleep = async () => {};
  const { origin } = await ping({ host, http, sleep, credentials: async () => undefined }, undefined);
  return origin.origin;
}

test.each([
  ['127.0.0.1:5000', 'ECONNRESET'],
  ['10.1.2.3:5000', 'EPROTO'],
  ['registry.builds.svc:5000', 'EPROTO'],
  ['registry.local', 'ERR_SSL_WRONG_VERSION_NUMBER'],
])('%s is spoken to in plain http when it answers TLS with something else', async (host, tls) => {
  expect(await originOf(host, tls)).toBe(`http://${host}`);
});

test.each([
  ['10.1.2.3:5000', 'ECONNRESET'],
  ['ghcr.io', 'EPROTO'],
  ['registry.example.org:5000', 'EPROTO'],
])('%s is not: %s may be somebody in between, or a network that broke', async (host, tls) => {
  await expect(originOf(host, tls)).rejects.toMatchObject({ code: tls });
});

test('what a private network is', () => {
  const yes = [
    '10.0.0.1',
    '172.16.0.1:80',
    '172.31.9.9',
    '192.168.1.1:5000',
    'a.local',
    'r.ns.svc.cluster.local',
  ];
  const no = [
    '172.15.0.1',
    '172.32.0.1',
    '11.0.0.1',
    '10.example.org',
    'local',
    'svc.example.org',
    '192.168.1.1.io',
  ];
  expect(yes.filter(isPrivate)).toEqual(yes);
  expect(no.filter(isPrivate)).toEqual([]);
});
