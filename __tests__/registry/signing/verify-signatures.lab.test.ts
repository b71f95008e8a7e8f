import { TrustedRoot } from '@sigstore/protobuf-specs';
import { ISSUER } from '../../../testing/fake-sigstore/oidc.js';
import { listAttestations } from '../../../src/registry/signing/attestation-store.js';
import { requestIdToken } from '../../../src/registry/signing/identity.js';
import { attachBundle, findBundles, tagOf } from '../../../src/registry/signing/referrers.js';
import {
  describeRelease,
  issuerOf,
  PROVENANCE_TYPE,
  signByGithub,
} from '../../../src/registry/signing/sign-release.js';
import { signStatement, type SigstoreBundle } from '../../../src/registry/signing/sign-statement.js';
import { verifySignatures, type SignatureCheck } from '../../../src/registry/signing/verify-signatures.js';
import { openRegistryFixture, type RegistryFixture } from '../fixtures/registry.js';
import { pushSingle } from '../fixtures/images.js';
import { REPOSITORY, startSigners, type Signers } from './fixtures/signers.js';

let fixture: RegistryFixture;
let signers: Signers;
beforeAll(async () => {
  fixture = await openRegistryFixture();
  signers = await startSigners();
});
beforeEach(() => {
  fixture.front.onRequest(() => undefined);
  fixture.front.seen.length = 0;
});
afterAll(async () => {
  await signers.stop();
  await fixture.stop();
});

let count = 0;

/** Pushes an unsigned image to a separate repository. */
async function publish() {
  const path = `signed${++count}`;
  const image = `${fixture.front.host}/${path}`;
  const { digest } = await pushSingle(fixture.registry, path, path, undefined, 'v1');
  const document = await fixture.client().getManifest(image, digest);
  if (document === undefined) throw new Error('not pushed');
  return { key: 'api', image, document, digest };
}

type Published = Awaited<ReturnType<typeof publish>>;

const sign = (images: Published[], instance?: 'public-good' | 'github') =>
  signByGithub(signers.signing(instance))(images, fixture.client());

const rootsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => TrustedRoot.fromJSON(JSON.parse(line)));

const check = (image: Published, over: Partial<SignatureCheck> = {}) =>
  verifySignatures(image, {
    client: fixture.client(),
    required: 'github',
    signer: { repository: REPOSITORY, issuer: ISSUER },
    listElsewhere: async () => [],
    rootsFor: async () => rootsOf(signers.sigstore.trustedRoot),
    ...over,
  });

const told = async (work: ReturnType<typeof check>) => {
  const { signer, problems } = await work;
  expect(signer).toBeUndefined();
  return problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
};

test.each(['public-good', 'github'] as const)('accepts a signature from the Sigstore instance %s', async (instance) => {
  const image = await publish();
  await sign([image, await publish()], instance);
  expect(await check(image)).toEqual({
    signer: {
      workflow: `https://github.com/${REPOSITORY}/.github/workflows/build-push.yml@refs/heads/main`,
      predicateType: PROVENANCE_TYPE,
    },
    problems: [],
  });
});

let signed: Published | undefined;
test.each<[string, Partial<SignatureCheck>, RegExp]>([
  [
    'a workflow of another repository',
    { signer: { repository: 'acme/other', issuer: ISSUER } },
    /a workflow of acme\/app signed it, not one of acme\/other/,
  ],
  [
    'a repository whose name only starts with the expected name',
    { signer: { repository: 'acme/ap', issuer: ISSUER } },
    /not one of acme\/ap\./,
  ],
  [
    'a workflow of another forge',
    { signer: { repository: REPOSITORY, issuer: issuerOf('https://github.example.com') } },
    /vouched for by https:\/\/token\.actions\.githubusercontent\.com, not by https:\/\/github\.example\.com/,
  ],
  [
    'an untrusted Sigstore instance',
    { rootsFor: async () => rootsOf(signers.sigstore.trustedRoot).slice(1) },
    /certificate chain|timestamp/i,
  ],
])('rejects a signature by %s', async (_, over, why) => {
  if (signed === undefined) await sign([(signed = await publish())]);
  const problems = await told(check(signed, over));
  expect(problems).toEqual([expect.stringMatching(/^error signing\/invalid /)]);
  expect(problems[0]).toMatch(why);
});

async function bundleFor(subject: string, change: (statement: object) => object = (same) => same) {
  const signing = signers.signing();
  const token = await requestIdToken(signing.identity, signing);
  const statement = describeRelease([{ image: 'x', digest: subject }], token.claims, signing.serverUrl);
  return signStatement(change(statement), token, signing.endpoints!, signing);
}

const attach = (image: Published, bundle: SigstoreBundle) =>
  attachBundle(fixture.client(), image.image, image.document, {
    bundle,
    predicateType: PROVENANCE_TYPE,
    now: new Date(),
  });

test.each<[string, (image: Published) => Promise<SigstoreBundle>, RegExp]>([
  ['a signature of another image', async () => bundleFor(`sha256:${'9'.repeat(64)}`), /describes other images/],
  [
    'a statement that was changed after it was signed',
    async ({ digest }) => {
      const bundle = await bundleFor(`sha256:${'9'.repeat(64)}`);
      const envelope = bundle['dsseEnvelope'] as { payload: string };
      const text = Buffer.from(envelope.payload, 'base64').toString();
      const payload = Buffer.from(text.replace('9'.repeat(64), digest.slice(7))).toString('base64');
      return { ...bundle, dsseEnvelope: { ...envelope, payload } };
    },
    /payload hash mismatch|signature verification failed/i,
  ],
  [
    'a signed statement that is not provenance',
    ({ digest }) => bundleFor(digest, (statement) => ({ ...statement, predicateType: 'https://example.org/other' })),
    /it is no provenance/,
  ],
  ['an invalid bundle', async () => ({ mediaType: 'text/plain' }), /invalid/i],
])('rejects %s', async (_, make, why) => {
  const image = await publish();
  await attach(image, await make(image));
  const problems = await told(check(image));
  expect(problems).toEqual([expect.stringMatching(/^error signing\/invalid /)]);
  expect(problems[0]).toMatch(why);
});

test('accepts an image if one of its two signatures is valid', async () => {
  const image = await publish();
  await attach(image, await bundleFor(`sha256:${'8'.repeat(64)}`));
  await sign([image]);
  expect((await findBundles(fixture.client(), image.image, image.digest)).length).toBe(2);
  expect(await check(image)).toMatchObject({ signer: {}, problems: [] });
});

test('finds a signature at GitHub if the registry lost it', async () => {
  const image = await publish();
  await sign([image]);
  // A cleanup of untagged versions also deletes the referrers.
  fixture.front.onRequest(({ path }) => (path.endsWith(tagOf(image.digest)) ? { status: 404 } : undefined));
  const signing = signers.signing();
  const listElsewhere = (digest: string) => listAttestations(signing.store, digest, signing);
  expect(await check(image, { listElsewhere })).toMatchObject({ signer: {}, problems: [] });
});

test('reports an unsigned image only if a signature is required', async () => {
  const image = await publish();
  expect(await told(check(image))).toEqual([expect.stringMatching(/^error signing\/missing /)]);
  expect(await check(image, { required: 'none' })).toEqual({ problems: [] });
});

test('rejects an invalid signature even if no signature is required', async () => {
  const image = await publish();
  await attach(image, await bundleFor(`sha256:${'7'.repeat(64)}`));
  expect(await told(check(image, { required: 'none' }))).toEqual([expect.stringMatching(/^error signing\/invalid /)]);
});

test('reports a signature by a key as unchecked, with a warning', async () => {
  const image = await publish();
  const bundle = await bundleFor(image.digest);
  const material = { ...(bundle['verificationMaterial'] as object), publicKey: { hint: 'k' } };
  await attach(image, {
    ...bundle,
    verificationMaterial: { ...material, certificate: undefined },
  });
  expect(await told(check(image, { required: 'none' }))).toEqual([
    expect.stringMatching(/^warning signing\/unchecked .*by a key/),
  ]);
});

test('uses the referrers API if the registry has it, and neither reads nor writes the fallback tag', async () => {
  const image = await publish();
  const entries: object[] = [];
  fixture.front.onRequest(({ method, path }) => {
    if (method !== 'GET' || !path.includes('/referrers/')) return undefined;
    const body = JSON.stringify({ schemaVersion: 2, manifests: entries });
    return { status: 200, headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' }, body };
  });
  const bundle = await bundleFor(image.digest);
  const digest = await attach(image, bundle);
  expect(fixture.front.seen.filter(({ path }) => path.includes(tagOf(image.digest)))).toEqual([]);
  entries.push({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest,
    size: 1,
    artifactType: bundle['mediaType'],
  });
  expect(await check(image)).toMatchObject({ signer: {}, problems: [] });
});

test.each([
  ['https://github.com', 'https://token.actions.githubusercontent.com'],
  ['https://acme.ghe.com', 'https://token.actions.acme.ghe.com'],
  ['https://git.example.com', 'https://git.example.com/_services/token'],
])('the token issuer of workflows on %s is %s', (server, issuer) => {
  expect(issuerOf(server)).toBe(issuer);
});
