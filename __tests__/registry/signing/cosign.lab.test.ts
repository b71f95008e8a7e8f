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

/** An image that cosign has signed. */
async function publish(env: Record<string, string>) {
  const made = await release(fixture, { keys: ['api'] });
  await run(fixture, { images: made.images, built: made.built, sign: signByCosign(cosign(env)) });
  const [api] = made.images;
  return { made, image: { key: 'api', image: api!.image, digest: made.digests['api']! } };
}

test.each([
  ['for its job', KEYLESS, [], 'a workflow of acme/app'],
  ['with its key', KEYED, ['--key', 'env://COSIGN_PRIVATE_KEY'], 'the key of cosign'],
  ['with its private key alone', PRIVATE, ['--key', 'env://COSIGN_PRIVATE_KEY'], 'the key of cosign'],
])('cosign signs each image by its digest %s, and verifies it', async (_, env, key, workflow) => {
  const { made, image } = await publish(env);
  expect(await asked()).toEqual([['sign', '--yes', ...key, `${image.image}@${image.digest}`]]);
  expect(await readFile(join(folder, 'log'), 'utf8')).not.toContain('secret-key');
  expect(await made.tags('api')).toContain('latest');
  const checked = await verifyByCosign(image, SIGNER, cosign(env), fixture.client());
  expect(checked).toEqual({ signer: { workflow, predicateType: 'cosign' }, problems: [] });
});

/** Further ones are in `__tests__/errors/followed/signing.ts`. */
test('no tag is put when cosign has neither key nor job', async () => {
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
    'a repository whose name is a pattern',
    { ...SIGNER, repository: 'acme/...' },
    cosign({}),
    'error signing/invalid api',
  ],
  ['another key', SIGNER, cosign({ COSIGN_PUBLIC_KEY: 'other' }), 'error signing/invalid api'],
  ['nobody known', undefined, cosign({}), 'error signing/unchecked api'],
])('an image that should be signed by %s is reported', async (_, signer, program, expected) => {
  signed ??= (await publish(KEYLESS)).image;
  const { problems, signer: found } = await verifyByCosign(signed, signer, program, fixture.client());
  expect(found).toBeUndefined();
  expect(problems.map(({ severity, code, image: key }) => `${severity} ${code} ${key}`)).toEqual([expected]);
});

test('an image that cosign did not sign is reported without asking it', async () => {
  const { digests, images } = await release(fixture, { keys: ['api'] });
  const image = { key: 'api', image: images[0]!.image, digest: digests['api']! };
  const { problems } = await verifyByCosign(image, SIGNER, cosign({}, '/nowhere'), fixture.client());
  expect(codesOf(problems)).toEqual(['signing/missing']);
});

test('whether there is a cosign is known beforehand', async () => {
  expect(await findCosign(cosign({}))).toBe('found');
  expect(await findCosign(cosign({}, '/nowhere'))).toBe('missing');
});
