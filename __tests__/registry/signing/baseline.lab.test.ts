import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBundles, attachBundle } from '../../../src/registry/signing/referrers.js';
import { PROVENANCE_TYPE, signByGithub } from '../../../src/registry/signing/sign-release.js';
import type { SigstoreBundle } from '../../../src/registry/signing/sign-statement.js';
import { connectSigning } from '../../../src/app/signing.js';
import { sourceOf } from '../../plan/fixtures.js';
import { createShelf, RELEASE_TAG, verdicts, type Shelf } from '../baseline/fixtures.js';
import { openRegistryFixture, type RegistryFixture } from '../fixtures/registry.js';
import { REPOSITORY, startSigners, type Signers } from './fixtures/signers.js';

const COSIGN = fileURLToPath(new URL('../../../testing/fake-cosign', import.meta.url));
const PATH = `${COSIGN}:${dirname(process.execPath)}:/usr/bin:/bin`;

let folder: string;
let fixture: RegistryFixture;
let signers: Signers;
let shelf: Shelf;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signed-baseline-'));
  fixture = await openRegistryFixture();
  signers = await startSigners();
  await writeFile(join(folder, 'trusted-root.jsonl'), signers.sigstore.trustedRoot);
});
beforeEach(async () => {
  shelf = await createShelf(fixture);
});
afterAll(async () => {
  await signers.stop();
  await fixture.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The verdicts of a run of `repository` on the published images. */
async function judged(
  sign: 'github' | 'cosign',
  { repository = REPOSITORY, env = {} }: { repository?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const signing = connectSigning(
    {
      source: sourceOf({ repository }),
      environment: { kind: 'terminal' },
      signing: { purpose: 'verify', trustedRoot: join(folder, 'trusted-root.jsonl') },
      forge: { serverUrl: 'https://github.com', apiUrl: 'https://api.github.com' },
      signal: new AbortController().signal,
      userAgent: 'image-release-test',
      temp: folder,
      env: { PATH, ...env },
      redact: (text) => text,
      say: () => {},
    },
    { attest: { provenance: 'max', sbom: 'on', sign } },
    fixture.client(),
  );
  try {
    return verdicts((await shelf.find({ objection: signing.objection })).reading);
  } finally {
    signing.close();
  }
}

async function documentOf(digest: string) {
  const { image } = shelf.image();
  const client = fixture.client();
  return { image, client, document: (await client.getManifest(image, digest))! };
}

async function sign(digest: string) {
  const { image, client, document } = await documentOf(digest);
  await signByGithub(signers.signing())([{ key: 'api', image, document }], client);
}

async function attach(digest: string, bundle: SigstoreBundle) {
  const { image, client, document } = await documentOf(digest);
  await attachBundle(client, image, document, { bundle, predicateType: PROVENANCE_TYPE, now: new Date() });
}

const WHOLE = [`${RELEASE_TAG} whole`];
const UNSIGNED = [`${RELEASE_TAG} ${RELEASE_TAG} is not signed, but \`attest.sign\` asks for it`];
const INVALID = [expect.stringMatching(/No signature of \S+ is valid: /)];

test('reuses an earlier build only if it has a valid signature from this repository', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  expect(await judged('github')).toEqual(UNSIGNED);
  expect(await judged('cosign')).toEqual(UNSIGNED);
  await sign(digest);
  expect(await judged('github')).toEqual(WHOLE);
  expect(await judged('github', { repository: 'acme/other' })).toEqual([
    expect.stringContaining('a workflow of acme/app signed it, not one of acme/other'),
  ]);
});

test('rejects a bundle that names the image but has a forged signature', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  const genuine = await shelf.publish();
  await sign(genuine.digest);
  const { image, client } = await documentOf(genuine.digest);
  const [bundle] = await findBundles(client, image, genuine.digest);
  const envelope = bundle?.['dsseEnvelope'] as { payload: string; signatures: object[] };
  const statement = Buffer.from(envelope.payload, 'base64').toString();
  const ours = statement.replaceAll(genuine.digest.slice(7), digest.slice(7));
  await attach(digest, {
    ...bundle,
    dsseEnvelope: {
      ...envelope,
      payload: Buffer.from(ours).toString('base64'),
      signatures: [{ sig: 'AAAA' }],
    },
  });
  expect(await judged('github')).toEqual(INVALID);
});

test('rejects a signature of another image that is attached to this one', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  const other = await shelf.publish();
  await sign(other.digest);
  const { image, client } = await documentOf(other.digest);
  const list = await client.getManifest(image, other.digest.replace(':', '-'));
  await client.putManifest(image, digest.replace(':', '-'), list!.bytes, list!.mediaType);
  expect(await judged('github')).toEqual(INVALID);
});

test('reuses an image signed by cosign only if cosign is installed and verifies it, and never with `sign: github`', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  const { image } = shelf.image();
  const { run } = await import('../../../src/lib/process.js');
  const signing = { PATH, COSIGN_PRIVATE_KEY: 'key-of-acme' };
  const signed = await run('cosign', ['sign', '--yes', '--key', 'env://COSIGN_PRIVATE_KEY', `${image}@${digest}`], {
    env: signing,
  });
  expect(signed.code).toBe(0);
  expect(await judged('cosign', { env: signing })).toEqual(WHOLE);
  expect(await judged('cosign', { env: { COSIGN_PUBLIC_KEY: 'another-key' } })).toEqual([
    expect.stringContaining('cosign does not verify'),
  ]);
  expect(await judged('cosign', { env: { ...signing, PATH: '/nowhere' } })).toEqual([
    expect.stringContaining('cosign is not installed here'),
  ]);
  expect(await judged('github')).toEqual(UNSIGNED);
});
