import { Secret } from '../../../src/lib/secret.js';
import { type GithubSigning, signByGithub, sigstoreEndpoints } from '../../../src/registry/signing/sign-release.js';
import { findBundles } from '../../../src/registry/signing/referrers.js';
import { LOGIN, puts, release, run } from '../fixtures/release.js';
import { codesOf, openRegistryFixture, login, problemsOf, type RegistryFixture } from '../fixtures/registry.js';
import { REPOSITORY, startSigners, type Signers } from './fixtures/signers.js';

let fixture: RegistryFixture;
let signers: Signers;
beforeAll(async () => {
  fixture = await openRegistryFixture();
  signers = await startSigners();
});
beforeEach(() => {
  fixture.front.onRequest(() => undefined);
  for (const list of [fixture.front.seen, signers.sigstore.requests, signers.sigstore.faults, signers.said]) {
    list.length = 0;
  }
  signers.github.faults.clear();
  signers.github.repository(REPOSITORY).attestations = [];
});
afterAll(async () => {
  await signers.stop();
  await fixture.stop();
});

const kept = () => signers.github.repository(REPOSITORY).attestations ?? [];

interface Signed {
  subject: { name: string; digest: { sha256: string } }[];
  predicate: { buildDefinition: object; runDetails: object };
}

function statementIn(bundle: Record<string, unknown> | undefined): Signed {
  const { payload } = bundle!['dsseEnvelope'] as { payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Signed;
}

test('signs two images with one statement, stores it once at GitHub and attaches it to each image in the registry', async () => {
  const { images, built, digests } = await release(fixture);
  await run(fixture, { images, built, sign: signByGithub(signers.signing()) });
  expect(kept()).toHaveLength(1);
  const { subject, predicate } = statementIn(kept()[0]?.bundle);
  expect(subject).toEqual(
    images.map(({ key, image }) => ({ name: image, digest: { sha256: digests[key]?.slice(7) } })),
  );
  expect(predicate).toMatchObject({
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: {
          ref: 'refs/heads/main',
          repository: 'https://github.com/acme/app',
          path: '.github/workflows/build-push.yml',
        },
      },
      resolvedDependencies: [
        { uri: 'git+https://github.com/acme/app@refs/heads/main', digest: { gitCommit: 'a'.repeat(40) } },
      ],
    },
    runDetails: {
      metadata: { invocationId: 'https://github.com/acme/app/actions/runs/7000000001/attempts/1' },
    },
  });
  const client = fixture.client(login(LOGIN));
  for (const { key, image } of images) {
    expect(await findBundles(client, image, digests[key] ?? '')).toEqual([kept()[0]?.bundle]);
  }
  expect(signers.said).toEqual(['Signed for all 2 images: https://github.com/acme/app/attestations/5000001']);
});

test('attaches all signatures before it writes the first tag', async () => {
  const { images, built } = await release(fixture);
  await run(fixture, { images, built, sign: signByGithub(signers.signing()) });
  const writes = fixture.front.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path);
  const firstTag = writes.findIndex((path) => /\/manifests\/(main-1234567|latest|1\.2)$/.test(path));
  const lastReferrer = writes.findLastIndex((path) => /\/manifests\/sha256[-:]/.test(path));
  expect(lastReferrer).toBeGreaterThan(0);
  expect(lastReferrer).toBeLessThan(firstTag);
});

test('does not sign a reused image again', async () => {
  const { images, built, digests } = await release(fixture);
  const [api, web] = images;
  const since = { tag: 'main-0000000' };
  const again = { ...web!, status: 'unchanged' as const, digest: digests['web']!, since };
  await run(fixture, { images: [api!, again], built: [built[0]!], sign: signByGithub(signers.signing()) });
  expect(statementIn(kept()[0]?.bundle).subject.map(({ name }) => name)).toEqual([api!.image]);
  await run(fixture, { images: [again], built: [], sign: signByGithub(signers.signing()) });
  expect(kept()).toHaveLength(1);
});

/** More failures are in `__tests__/errors/followed/signing.ts`. */
test.each<[string, () => Partial<GithubSigning>, string, RegExp]>([
  [
    'Fulcio is down',
    () => strike({ on: 'fulcio', answer: 500, times: 9 }),
    'signing/unavailable',
    /Fulcio .* answered 500 in several tries/,
  ],
  [
    'GitHub rejects the token',
    () => ({ store: { ...signers.signing().store, token: new Secret('ghs_nobody') } }),
    'signing/not-permitted',
    /401\): Bad credentials[^]*input `token`/,
  ],
  [
    'GitHub is down',
    () => {
      signers.github.faults.push(
        ...[1, 2, 3, 4].map(() => ({ match: { method: 'POST' }, fault: { type: '5xx-before' as const } })),
      );
      return {};
    },
    'signing/unavailable',
    /GitHub's attestation store .* answered 502/,
  ],
])('writes no tag if %s', async (_, change, code, words) => {
  const { images, built, tags } = await release(fixture, { keys: ['api'] });
  const sign = signByGithub(signers.signing('public-good', change()));
  const problems = await problemsOf(run(fixture, { images, built, sign }));
  expect(codesOf(problems)).toEqual([code]);
  const [{ message, fix, detail } = { message: '', fix: '', detail: '' }] = problems;
  expect(`${message}\n${fix}`).toMatch(words);
  expect(detail).toContain('no tag that anybody follows was moved');
  expect(await tags('api')).toEqual(['latest']);
  expect(fixture.front.seen.filter(puts('latest'))).toEqual([]);
});

function strike(...faults: Signers['sigstore']['faults']): object {
  signers.sigstore.faults.push(...faults);
  return {};
}

test('retries temporary failures and stores one statement', async () => {
  const { images, built } = await release(fixture, { keys: ['api'] });
  strike(
    { on: 'oidc', answer: 502 },
    { on: 'fulcio', answer: 'cut' },
    { on: 'rekor', answer: 500 },
    { on: 'rekor', answer: 429 },
  );
  signers.github.faults.push({ match: { method: 'POST' }, fault: { type: '5xx-before' } });
  await run(fixture, { images, built, sign: signByGithub(signers.signing()) });
  expect(kept()).toHaveLength(1);
});

test('finds the log entry whose response was lost instead of creating a second one', async () => {
  const { images, built } = await release(fixture, { keys: ['api'] });
  strike({ on: 'rekor', answer: 'lost' });
  await run(fixture, { images, built, sign: signByGithub(signers.signing()) });
  expect(kept()).toHaveLength(1);
  expect(signers.sigstore.requests.slice(2).map(({ service, status }) => `${service} ${status}`)).toEqual([
    'rekor lost',
    'rekor 409',
    'rekor 200',
  ]);
});

test('the reported problems contain no secret of the job', async () => {
  const { images, built } = await release(fixture, { keys: ['api'] });
  const { signing } = signers;
  const token = 'ghs_SecretThatNobodyKnows';
  const over = { store: { ...signing().store, token: new Secret(token) } };
  const problems = await problemsOf(run(fixture, { images, built, sign: signByGithub(signing('github', over)) }));
  expect(JSON.stringify(problems)).not.toMatch(/ghs_|job-token|eyJ/);
});

test.each([
  ['public', 'https://github.com', 'https://fulcio.sigstore.dev', 'rekor https://rekor.sigstore.dev'],
  ['private', 'https://github.com', 'https://fulcio.githubapp.com', 'tsa https://timestamp.githubapp.com'],
  ['internal', 'https://acme.ghe.com', 'https://fulcio.acme.ghe.com', 'tsa https://timestamp.acme.ghe.com'],
  [undefined, 'https://github.com', 'https://fulcio.githubapp.com', 'tsa https://timestamp.githubapp.com'],
])('a repository with visibility %s on %s signs with %s and %s', (visibility, server, fulcio, witness) => {
  const endpoints = sigstoreEndpoints(visibility, server);
  expect(endpoints.fulcio).toBe(fulcio);
  expect(`${endpoints.witness.type} ${endpoints.witness.url}`).toBe(witness);
});
