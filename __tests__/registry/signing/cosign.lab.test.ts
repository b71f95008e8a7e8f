import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run as runProgram } from '../../../src/lib/process.js';
import { findCosign, signByCosign, verifyByCosign, type Cosign } from '../../../src/registry/signing/cosign.js';
import { release, run } from '../fixtures/release.js';
import { codesOf, openRegistryFixture, problemsOf, type RegistryFixture } from '../fixtures/registry.js';

const STAND_IN = fileURLToPath(new URL('../../../testing/fake-cosign', import.meta.url));
const SIGNER = { repository: 'acme/app', issuer: 'https://token.actions.githubusercontent.com' };
const KEYLESS = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1/token',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job-token',
  GITHUB_WORKFLOW_REF: 'acme/app/.github/workflows/build-push.yml@refs/heads/main',
};
const PRIVATE = { COSIGN_PRIVATE_KEY: 'secret-key-of-acme' };
const KEYED = { ...PRIVATE, COSIGN_PUBLIC_KEY: 'secret-key-of-acme' };

let fixture: RegistryFixture;
let folder: string;
beforeAll(async () => {
  fixture = await openRegistryFixture();
  folder = await mkdtemp(join(tmpdir(), 'cosign-'));
});
beforeEach(() => writeFile(join(folder, 'log'), ''));
afterAll(async () => {
  await fixture.stop();
  await rm(folder, { recursive: true, force: true });
});

function cosign(env: Record<string, string>, path = STAND_IN): Cosign {
  const nodeAndShell = `${dirname(process.execPath)}:/usr/bin:/bin`;
  const whole = () => ({ PATH: `${path}:${nodeAndShell}`, FAKE_COSIGN_LOG: join(folder, 'log'), ...env });
  return {
    run: (args, more) => runProgram('cosign', args, { env: { ...whole(), ...more } }),
    keys: {
      private: env['COSIGN_PRIVATE_KEY'] ? 'set' : 'unset',
      public: env['COSIGN_PUBLIC_KEY'] ? 'set' : 'unset',
    },
    signal: new AbortController().signal,
    redact: (text) => text,
  };
}

const asked = async () =>
  (await readFile(join(folder, 'log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);

/** Publishes an image that cosign signs. */
async function publish(env: Record<string, string>) {
  const made = await release(fixture, { keys: ['api'] });
  await run(fixture, { images: made.images, built: made.built, sign: signByCosign(cosign(env)) });
  const [api] = made.images;
  return { made, image: { key: 'api', image: api!.image, digest: made.digests['api']! } };
}

test.each([
  ['with the identity of the job', KEYLESS, [], 'a workflow of acme/app'],
  ['with a key pair', KEYED, ['--key', 'env://COSIGN_PRIVATE_KEY'], 'the key of cosign'],
  ['with only a private key', PRIVATE, ['--key', 'env://COSIGN_PRIVATE_KEY'], 'the key of cosign'],
])(
  'cosign signs an image by its digest %s and verifies it, without a key in the arguments',
  async (_, env, key, workflow) => {
    const { made, image } = await publish(env);
    expect(await asked()).toEqual([['sign', '--yes', ...key, `${image.image}@${image.digest}`]]);
    expect(await readFile(join(folder, 'log'), 'utf8')).not.toContain('secret-key');
    expect(await made.tags('api')).toContain('latest');
    const checked = await verifyByCosign(image, SIGNER, cosign(env), fixture.client());
    expect(checked).toEqual({ signer: { workflow, predicateType: 'cosign' }, problems: [] });
  },
);

/** More failures are in `__tests__/errors/followed/signing.ts`. */
test('writes no tag if cosign has neither a key nor the identity of a job', async () => {
  const { images, built, tags } = await release(fixture, { keys: ['api'] });
  const problems = await problemsOf(run(fixture, { images, built, sign: signByCosign(cosign({})) }));
  expect(codesOf(problems)).toEqual(['signing/failed']);
  expect(problems[0]?.message).toMatch(/retrieving ID token: no provider/);
  expect(problems[0]?.detail).toContain('no tag that anybody follows was moved');
  expect(await tags('api')).toEqual(['latest']);
});

let signed: Awaited<ReturnType<typeof publish>>['image'] | undefined;
test.each<[string, { repository: string; issuer: string } | undefined, Cosign, string]>([
  [
    'a repository whose name would match as a pattern',
    { ...SIGNER, repository: 'acme/...' },
    cosign({}),
    'error signing/invalid api',
  ],
  ['another key', SIGNER, cosign({ COSIGN_PUBLIC_KEY: 'other' }), 'error signing/invalid api'],
  ['unknown', undefined, cosign({}), 'error signing/unchecked api'],
])('reports an error if the expected signer is %s', async (_, signer, program, expected) => {
  signed ??= (await publish(KEYLESS)).image;
  const { problems, signer: found } = await verifyByCosign(signed, signer, program, fixture.client());
  expect(found).toBeUndefined();
  expect(problems.map(({ severity, code, image: key }) => `${severity} ${code} ${key}`)).toEqual([expected]);
});

test('reports an image without a signature by cosign, without running cosign', async () => {
  const { digests, images } = await release(fixture, { keys: ['api'] });
  const image = { key: 'api', image: images[0]!.image, digest: digests['api']! };
  const { problems } = await verifyByCosign(image, SIGNER, cosign({}, '/nowhere'), fixture.client());
  expect(codesOf(problems)).toEqual(['signing/missing']);
});

test('detects whether cosign is installed', async () => {
  expect(await findCosign(cosign({}))).toBe('found');
  expect(await findCosign(cosign({}, '/nowhere'))).toBe('missing');
});
