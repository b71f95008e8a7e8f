import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ISSUER } from '../../../testing/fake-sigstore/oidc.js';
import { run as runProgram } from '../../../src/lib/process.js';
import { Secret } from '../../../src/lib/secret.js';
import { signByCosign, verifyByCosign, type Cosign } from '../../../src/registry/signing/cosign.js';
import { signByGithub, type GithubSigning } from '../../../src/registry/signing/sign-release.js';
import { readTrustedRoots } from '../../../src/registry/signing/trusted-roots.js';
import { release, run } from '../../registry/fixtures/release.js';
import { openRegistryFixture, type RegistryFixture } from '../../registry/fixtures/registry.js';
import { REPOSITORY, startSigners, WEAK_TOKEN, type Signers } from '../../registry/signing/fixtures/signers.js';
import { told, type FollowedFix, type OutOfReach, type Told } from '../followed-fix.js';

let fixture: RegistryFixture;
let signers: Signers;

export async function openSigning(): Promise<void> {
  fixture = await openRegistryFixture();
  signers = await startSigners();
}

export async function closeSigning(): Promise<void> {
  await signers.stop();
  await fixture.stop();
}

/** Problems of a release with `sign: github`. */
async function signed(over: Partial<GithubSigning> = {}): Promise<Told> {
  const { images, built } = await release(fixture, { keys: ['api'] });
  return told(() => run(fixture, { images, built, sign: signByGithub(signers.signing('public-good', over)) }));
}

const STAND_IN = fileURLToPath(new URL('../../../testing/fake-cosign', import.meta.url));
const JOB = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1/token',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job-token',
  GITHUB_WORKFLOW_REF: 'acme/app/.github/workflows/build-push.yml@refs/heads/main',
};
const SIGNER = { repository: REPOSITORY, issuer: ISSUER };

function cosign(env: Record<string, string>, path = STAND_IN): Cosign {
  const whole = {
    PATH: `${path}:${dirname(process.execPath)}:/usr/bin:/bin`,
    FAKE_COSIGN_LOG: '/dev/null',
    ...env,
  };
  return {
    run: (args) => runProgram('cosign', args, { env: whole }),
    keys: { private: 'unset', public: env['COSIGN_PUBLIC_KEY'] ? 'set' : 'unset' },
    signal: new AbortController().signal,
    redact: (text) => text,
  };
}

/** Problems of `verify` for an image with or without a signature by cosign. */
async function verified(
  how: 'signed' | 'unsigned',
  verifier: Cosign = cosign({}),
  signer: typeof SIGNER | undefined = SIGNER,
): Promise<Told> {
  const { images, built, digests } = await release(fixture, { keys: ['api'] });
  const sign = how === 'signed' ? { sign: signByCosign(cosign(JOB)) } : {};
  await run(fixture, { images, built, ...sign });
  const image = { key: 'api', image: images[0]!.image, digest: digests['api']! };
  return (await verifyByCosign(image, signer, verifier, fixture.client())).problems;
}

const trusted = async (text: string): Promise<Told> => {
  const folder = await mkdtemp(join(tmpdir(), 'errors-roots-'));
  const path = join(folder, 'trusted-root.jsonl');
  await writeFile(path, text);
  try {
    return await told(() => readTrustedRoots(path));
  } finally {
    await rm(folder, { recursive: true });
  }
};

const steady = (text: string) => text.replaceAll(/\br\d+\//g, 'acme/');

export const signingFixes: (FollowedFix | OutOfReach)[] = [
  {
    code: 'signing/not-permitted',
    provoke: () => signed({ store: { ...signers.signing().store, token: new Secret(WEAK_TOKEN) } }),
    follow: () => signed(),
  },
  {
    code: 'signing/not-offered',
    provoke: () => signed({ store: { ...signers.signing().store, repository: 'acme/other' } }),
    follow: async ({ fix }) => {
      expect(fix).toContain('`attest: { sign: cosign }`');
      const { images, built } = await release(fixture, { keys: ['api'] });
      return told(() => run(fixture, { images, built, sign: signByCosign(cosign(JOB)) }));
    },
  },
  {
    code: 'signing/failed',
    provoke: () => {
      signers.sigstore.faults.push({ on: 'fulcio', answer: 401 });
      return signed();
    },
    follow: () => signed(),
  },
  {
    code: 'signing/unavailable',
    provoke: () => {
      signers.sigstore.faults.push({ on: 'rekor', answer: 503, times: 4 });
      return signed();
    },
    // Stands for running again after the outage.
    follow: () => {
      signers.sigstore.faults.length = 0;
      return signed();
    },
  },
  {
    code: 'signing/failed',
    variant: 'cosign is not installed',
    provoke: async () => {
      const { images, built } = await release(fixture, { keys: ['api'] });
      return told(() => run(fixture, { images, built, sign: signByCosign(cosign(JOB, '/nowhere')) }));
    },
    follow: async () => {
      const { images, built } = await release(fixture, { keys: ['api'] });
      return told(() => run(fixture, { images, built, sign: signByCosign(cosign(JOB)) }));
    },
    steady,
  },
  {
    code: 'signing/missing',
    provoke: () => verified('unsigned'),
    follow: () => verified('signed'),
    steady,
  },
  {
    code: 'signing/invalid',
    provoke: () => verified('signed', cosign({}), { ...SIGNER, repository: 'acme/other' }),
    outOfReach: 'who signed an image of yours is for you to find out; going back is proved by the tests of rollback',
    steady,
  },
  {
    code: 'signing/unchecked',
    variant: 'cosign is not installed',
    provoke: () => verified('signed', cosign({}, '/nowhere')),
    follow: () => verified('signed'),
    steady,
  },
  {
    code: 'signing/unchecked',
    provoke: () => trusted('{}'),
    follow: () => trusted(signers.sigstore.trustedRoot),
  },
];
