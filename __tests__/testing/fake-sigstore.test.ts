import { bundleFromJSON, bundleToJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } from '@sigstore/sign';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { ISSUER, jobClaims } from '../../testing/fake-sigstore/oidc.js';
import { startFakeSigstore, type FakeSigstore } from '../../testing/fake-sigstore/server.js';

const REPOSITORY = 'acme/app';
const STATEMENT = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');

let sigstore: FakeSigstore;
beforeAll(async () => {
  sigstore = await startFakeSigstore({ claims: jobClaims({ repository: REPOSITORY }) });
});
afterEach(() => {
  sigstore.faults.length = 0;
  sigstore.requests.length = 0;
});
afterAll(() => sigstore.stop());

async function tokenOf(environment = sigstore.environment): Promise<string> {
  const url = `${environment.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sigstore`;
  const headers = { authorization: `Bearer ${environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`token: ${answer.status}`);
  return ((await answer.json()) as { value: string }).value;
}

/** Signs with Sigstore's own client. */
async function signAt(instance: 'public-good' | 'github', token: string) {
  const base = `${sigstore.url}/${instance}`;
  const options = { retry: 0, timeout: 5000 };
  const signer = new FulcioSigner({
    fulcioBaseURL: base,
    identityProvider: { getToken: async () => token },
    ...options,
  });
  const witness =
    instance === 'public-good'
      ? new RekorWitness({ rekorBaseURL: base, ...options })
      : new TSAWitness({ tsaBaseURL: `${base}/api/v1/timestamp`, ...options });
  const builder = new DSSEBundleBuilder({ signer, witnesses: [witness] });
  return builder.create({ data: STATEMENT, type: 'application/vnd.in-toto+json' });
}

function verifierOf(line: number): Verifier {
  const root = TrustedRoot.fromJSON(JSON.parse(sigstore.trustedRoot.split('\n')[line] ?? '') as object);
  const thresholds = { tlogThreshold: root.tlogs.length, ctlogThreshold: root.ctlogs.length };
  return new Verifier(toTrustMaterial(root), { ...thresholds, timestampThreshold: 1 });
}

test.each([
  ['public-good', 0, ['fulcio', 'rekor']],
  ['github', 1, ['fulcio', 'tsa']],
] as const)(
  "Sigstore's own packages can sign at %s and verify with its trusted root only",
  async (name, line, services) => {
    const bundle = await signAt(name, await tokenOf());
    const read = bundleFromJSON(bundleToJSON(bundle));
    const { identity } = verifierOf(line).verify(toSignedEntity(read));
    expect(identity?.extensions?.issuer).toBe(ISSUER);
    expect(identity?.subjectAlternativeName).toBe(
      `https://github.com/${REPOSITORY}/.github/workflows/build-push.yml@refs/heads/main`,
    );
    expect(() => verifierOf(1 - line).verify(toSignedEntity(read))).toThrow();
    expect(sigstore.requests.slice(1)).toEqual(services.map((service) => ({ service, instance: name, status: 201 })));
  },
);

test('issues no certificate for a forged token', async () => {
  const [header, , signature] = (await tokenOf()).split('.');
  const claims = { ...jobClaims({ repository: 'somebody/else' }), aud: 'sigstore', exp: 9e9 };
  const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
  await expect(signAt('github', forged)).rejects.toThrow(/error creating signing certificate/);
  expect(sigstore.requests.at(-1)).toMatchObject({ service: 'fulcio', status: 401 });
});

test('issues no token without the request token of the job', async () => {
  const stranger = { ...sigstore.environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'guessed' };
  await expect(tokenOf(stranger)).rejects.toThrow('token: 401');
});

test('applies each fault once', async () => {
  const token = await tokenOf();
  sigstore.faults.push({ on: 'rekor', answer: 503 }, { on: 'fulcio', answer: 'cut' });
  await expect(signAt('public-good', token)).rejects.toThrow(/signing certificate/);
  await expect(signAt('public-good', token)).rejects.toThrow(/tlog entry/);
  await expect(signAt('public-good', token)).resolves.toBeDefined();
});
