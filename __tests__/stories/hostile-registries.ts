import { deflateSync, gzipSync } from 'node:zlib';
import {
  INDEX_TYPE,
  MANIFEST,
  MANIFEST_TYPE,
  sha256,
  type Asked,
  type Misbehaviour,
} from '../../testing/hostile-registry.js';

/** Misbehaves only for manifests. */
const manifest =
  (act: Misbehaviour): Misbehaviour =>
  (asked) =>
    asked.path.includes('/manifests/') ? act(asked) : asked.right();
/** Serves a document in place of a manifest, with the correct digest. */
const document = (body: string | Buffer | ((asked: Asked) => string), type = MANIFEST_TYPE): Misbehaviour =>
  manifest((asked) => {
    const bytes = typeof body === 'function' ? body(asked) : body;
    asked.answer(200, { 'content-type': type, 'docker-content-digest': sha256(bytes) }, bytes);
  });
const redirect = (to: string | ((asked: Asked) => string)): Misbehaviour =>
  manifest((asked) => asked.answer(302, { location: typeof to === 'function' ? to(asked) : to }));
const always =
  (text: string): Misbehaviour =>
  (asked) =>
    asked.raw(text);
const challenge =
  (header: string): Misbehaviour =>
  (asked) =>
    asked.answer(401, { 'www-authenticate': header });
const drip = (asked: Asked, head: string, bytes = ' ') => {
  asked.raw(head);
  const timer = setInterval(() => asked.raw(bytes), 3000);
  asked.socket.on('close', () => clearInterval(timer));
};
const index = (manifests: unknown) => JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
const item = (at: number) => ({
  ...{ mediaType: MANIFEST_TYPE, digest: `sha256:${at.toString(16).padStart(64, '0')}`, size: 100 },
  platform: { os: 'linux', architecture: 'amd64' },
});
const bearer =
  (realm: (asked: Asked) => string, token: Misbehaviour): Misbehaviour =>
  (asked) =>
    asked.path.startsWith('/token')
      ? token(asked)
      : asked.answer(401, { 'www-authenticate': `Bearer realm="${realm(asked)}",service="x"` });
const own = ({ host }: Asked) => `http://${host}/token`;

/** Misbehaviours of a registry, or of a server in its place, by kind. */
export const MISBEHAVIOURS: readonly Record<string, Misbehaviour>[] = [
  {
    'never responds': () => {},
    'never responds to requests for manifests': manifest(() => {}),
    'answers a byte every 3 s': manifest((asked) =>
      drip(asked, `HTTP/1.1 200 OK\r\ncontent-type: ${MANIFEST_TYPE}\r\n\r\n`),
    ),
    'sends its headers a byte every 3 s': manifest((asked) => drip(asked, 'HTTP/1.1 200 OK\r\nx-a: ', 'a')),
    'sends hints forever': manifest((asked) =>
      drip(asked, 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Hints\r\n\r\n'),
    ),
  },
  {
    'switches protocols at once': always('HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    'switches protocols later': manifest((asked) =>
      asked.raw('HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    ),
    'closes each connection': ({ socket }) => void socket.end(),
    'resets connections that ask for manifests': manifest(({ socket }) => void socket.resetAndDestroy()),
    'speaks another protocol': always('SSH-2.0-OpenSSH_9.2\r\n'),
    'speaks HTTP/0.9': always('<html>it works</html>'),
  },
  {
    'answers with the status 000': always('HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n'),
    'answers with the status 999': always('HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'),
  },
  {
    'sends headers without an end': manifest((asked) => asked.raw(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(20_000)}`)),
    'sends a header of 1 MB': manifest((asked) => asked.answer(200, { 'x-a': 'a'.repeat(1e6) }, MANIFEST)),
  },
  {
    'sends two lengths': manifest((asked) =>
      asked.raw('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
    ),
    'sends a negative length': manifest((asked) => asked.raw('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n')),
    'announces a length of a terabyte': manifest((asked) =>
      asked.answer(200, { 'content-length': 1e12, 'content-type': MANIFEST_TYPE }, MANIFEST),
    ),
  },
  {
    'sends an incomplete manifest': manifest((asked) => {
      asked.raw(`HTTP/1.1 200 OK\r\ncontent-length: ${MANIFEST.length}\r\n\r\n${MANIFEST.slice(0, 20)}`);
      asked.socket.end();
    }),
    'sends wrong chunks': manifest((asked) =>
      asked.raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n'),
    ),
    'sends unrequested gzip': manifest((asked) =>
      asked.answer(200, { 'content-encoding': 'gzip' }, gzipSync(MANIFEST)),
    ),
    'sends a compression bomb': manifest((asked) =>
      asked.answer(200, { 'content-encoding': 'deflate' }, deflateSync(Buffer.alloc(5e7))),
    ),
  },
  {
    'answers with HTML pages': (asked) => asked.answer(200, { 'content-type': 'text/html' }, '<html>Sign in</html>'),
    'answers with nothing': manifest((asked) => asked.answer(204)),
  },
  {
    'has null as a manifest': document('null'),
    'has text as a manifest': document('hello'),
    'has an empty manifest': document(''),
    'has a list as a manifest': document('[]'),
    'has a manifest of invalid UTF-8': document(Buffer.from([0xff, 0xfe, 0x00, 0x80])),
  },
  {
    'nests a manifest 100,000 deep': document('['.repeat(100_000) + ']'.repeat(100_000)),
    'has a manifest of 5 MB': document(`{"schemaVersion":2,"x":"${'x'.repeat(5e6)}"}`),
    'has a manifest with infinite numbers': document(
      '{"schemaVersion":1e999,"config":{"digest":"sha256:0","size":1e999},"layers":[{"size":-1}]}',
    ),
  },
  {
    'has an index of 5,000 entries': document(index(Array.from({ length: 5000 }, (_, at) => item(at))), INDEX_TYPE),
    'has an index of itself': document(index([{ ...item(1), mediaType: INDEX_TYPE }]), INDEX_TYPE),
    'has an index without entries': document(index([]), INDEX_TYPE),
    'has an index of nonsense': document(
      index([null, 1, 'x', {}, { digest: '../../x', size: -1, platform: [] }]),
      INDEX_TYPE,
    ),
    'has a manifest with values of the wrong type': document(
      '{"schemaVersion":[],"mediaType":{},"config":7,"layers":"x","annotations":[1]}',
    ),
  },
  {
    'names a digest of another kind': manifest((asked) =>
      asked.answer(200, { 'content-type': MANIFEST_TYPE, 'docker-content-digest': 'md5:0' }, MANIFEST),
    ),
    'names a wrong digest': manifest((asked) =>
      asked.answer(200, { 'content-type': MANIFEST_TYPE, 'docker-content-digest': sha256('x') }, MANIFEST),
    ),
  },
  {
    'redirects in circles': redirect(({ path }) => path),
    'redirects to an invalid address': redirect('http://[::'),
    'redirects to a link-local address': redirect('http://169.254.169.254/latest/meta-data'),
    'redirects to a file': redirect('file:///etc/passwd'),
    'redirects without a location': manifest((asked) => asked.answer(302)),
  },
  {
    'always fails': manifest((asked) => asked.answer(500, {}, 'x'.repeat(1e6))),
    'is overloaded for a day': manifest((asked) => asked.answer(429, { 'retry-after': 86_400 })),
    'is overloaded until an invalid time': manifest((asked) => asked.answer(429, { 'retry-after': '-1e9 Foo' })),
  },
  {
    'requires an unknown kind of login': challenge('Negotiate'),
    'requires a login without a realm': challenge('Bearer service="x"'),
    'requires a login at an invalid address': challenge('Bearer realm="::::",service="x"'),
    'requires a login at a link-local address': challenge('Bearer realm="http://169.254.169.254/",service="x"'),
    'requires a login with 1,500 parameters': challenge(`Bearer ${'a="b",'.repeat(1500)}realm="\\\\\\"`),
  },
  {
    'issues no token': bearer(own, (asked) => asked.answer(200, {}, '{}')),
    'issues a token of several lines': bearer(own, (asked) => asked.answer(200, {}, '{"token":"a\\nb: c"}')),
    'issues a token that is a number': bearer(own, (asked) => asked.answer(200, {}, '{"token":1}')),
    'rejects the token that it issued': bearer(own, (asked) => asked.answer(200, {}, '{"token":"x"}')),
    'has a token server that requires a login': bearer(own, (asked) =>
      asked.answer(401, { 'www-authenticate': 'Bearer realm="x"' }),
    ),
  },
  {
    'denies access in a message with commands and escapes': (asked) =>
      asked.answer(
        403,
        {},
        JSON.stringify({ errors: [{ code: 'X', message: '\u001b]0;x\u0007\r\n::error::x\n##[error]y' }] }),
      ),
    'denies access in a message of the wrong type': (asked) =>
      asked.answer(403, {}, '{"errors":{"a":1},"message":[{}],"details":7}'),
  },
];
