import { createHash } from 'node:crypto';
import { openClientFixture, problemsOf, type ClientFixture } from './fixtures/clients.js';
import type { Fault } from './fixtures/front.js';

const TYPE = 'application/vnd.oci.image.index.v1+json';
const BODY = '{"schemaVersion":2,"manifests":[]}';
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const DIGEST = digestOf(BODY);
const WRONG = digestOf('another');

const answer = (body: string, digest: string | undefined, status = 200): Fault => ({
  status,
  headers: {
    'content-type': TYPE,
    'content-length': String(Buffer.byteLength(body)),
    ...(digest !== undefined && { 'docker-content-digest': digest }),
  },
  body,
});

let fixture: ClientFixture;
beforeAll(async () => (fixture = await openClientFixture()));
afterAll(() => fixture.stop());

type Client = ReturnType<ClientFixture['client']>;
const image = () => `${fixture.front.host}/acme/api`;
const READS: [string, (client: Client) => Promise<unknown>, Fault, unknown][] = [
  [
    'a wrong digest header for a tag',
    (client) => client.getManifest(image(), 'v1'),
    answer(BODY, WRONG),
    { digest: DIGEST },
  ],
  [
    'a truncated manifest',
    (client) => client.getManifest(image(), DIGEST),
    answer(BODY.slice(9), undefined),
    { digest: DIGEST },
  ],
  [
    'a wrong digest header for a requested digest',
    (client) => client.headManifest(image(), DIGEST),
    answer(BODY, WRONG),
    { digest: DIGEST },
  ],
  [
    'a truncated blob',
    (client) => client.getBlob(image(), DIGEST),
    answer(BODY.slice(9), undefined),
    Buffer.from(BODY),
  ],
  [
    'a wrong digest header for a pushed manifest',
    (client) => client.putManifest(image(), 'v1', Buffer.from(BODY), TYPE),
    answer('', WRONG, 201),
    { digest: DIGEST },
  ],
];

test.each(READS)('retries once after an answer with %s', async (_, ask, wrong, expected) => {
  let asked = 0;
  fixture.front.onRequest(({ path }) => {
    if (path === '/v2/') return { status: 200 };
    return asked++ === 0 ? wrong : answer(BODY, DIGEST);
  });
  expect(await ask(fixture.client())).toEqual(
    Buffer.isBuffer(expected) ? expected : expect.objectContaining(expected as object),
  );
  expect(asked).toBe(2);
});

test.each(READS)('fails after at most three requests if every answer has %s', async (_, ask, wrong) => {
  let asked = 0;
  fixture.front.onRequest(({ path }) => (path === '/v2/' ? { status: 200 } : (asked++, wrong)));
  expect(await problemsOf(ask(fixture.client()))).toMatchObject([{ code: 'registry/garbage' }]);
  expect(asked).toBeLessThanOrEqual(3);
});
