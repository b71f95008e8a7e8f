import type { Config } from '../config/config.js';
import type { SigningFacts } from '../facts/facts.js';
import { createHttpClient } from '../lib/http.js';
import { run } from '../lib/process.js';
import { Secret } from '../lib/secret.js';
import { sleep } from '../lib/http-retry.js';
import type { ReuseObjection } from '../registry/baseline/candidate.js';
import type { RegistryClient } from '../registry/client.js';
import { listAttestations, type AttestationStore } from '../registry/signing/attestation-store.js';
import { findCosign, signByCosign, verifyByCosign, type Cosign } from '../registry/signing/cosign.js';
import { issuerOf, signByGithub, type SignImages } from '../registry/signing/sign-release.js';
import type { JobIdentity } from '../registry/signing/identity.js';
import type { Asking } from '../registry/signing/service.js';
import type { SigstoreBundle } from '../registry/signing/sign-statement.js';
import {
  type fetchTrustedRoot,
  GITHUB_TUF,
  PUBLIC_GOOD_TUF,
  type readTrustedRoots,
} from '../registry/signing/trusted-roots.js';
import { verifySignatures, type CheckedSignatures } from '../registry/signing/verify-signatures.js';
import type { DeployedImage } from '../registry/verify-deployed.js';
import { proxyOf } from './registry.js';
import type { Setting } from './run-context.js';

/** What an entry point knows of signing. */
export interface SigningSetting {
  /** `verify`: this run signs nothing, so it looks for no signer. */
  purpose: 'sign' | 'verify';
  /** Undefined: the runner handed over none. */
  identity?: JobIdentity;
  /** Where GitHub keeps attestations; undefined: the source is not on GitHub. */
  store?: AttestationStore;
  /** `https://github.com` */
  serverUrl: string;
  /** File with what signatures are verified against; undefined: that is fetched. */
  trustedRoot?: string;
}

type SignerPlace = Pick<
  Setting,
  'signal' | 'redact' | 'say' | 'environment' | 'signing' | 'userAgent' | 'env' | 'temp' | 'source'
>;

const SILENCE_MS = 30_000;

/** The identity that the runner passes to a job with `id-token: write`, and the trusted root of an offline machine. */
export function signingIn(env: NodeJS.ProcessEnv): Pick<SigningSetting, 'identity' | 'trustedRoot'> {
  const [url, token] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  const trustedRoot = env['IMAGE_RELEASE_TRUSTED_ROOT'];
  return {
    ...(url && token && { identity: { url, token: new Secret(token) } }),
    ...(trustedRoot && { trustedRoot }),
  };
}

/** Connects the signer that the configuration asks for. */
export function connectSigning(
  setting: SignerPlace,
  { attest: { sign } }: Pick<Config, 'attest'>,
  client: RegistryClient,
) {
  const { signal, redact, say, environment, signing } = setting;
  const http = createHttpClient({
    userAgent: setting.userAgent,
    silenceMs: SILENCE_MS,
    maxSockets: 4,
    proxy: proxyOf(setting.env),
  });
  const asking: Asking = { http, sleep, signal, redact };

  let given: ReturnType<typeof readTrustedRoots> | undefined;
  const fetched = new Map<string, ReturnType<typeof fetchTrustedRoot>>();

  async function rootsFor(bundle: SigstoreBundle, within: AbortSignal = signal) {
    const [{ readTrustedRoots, fetchTrustedRoot }, { certifierOf }] = await Promise.all([
      import('../registry/signing/trusted-roots.js'),
      import('../registry/signing/verify-bundle.js'),
    ]);
    const path = signing?.trustedRoot;
    if (path !== undefined) return (given ??= readTrustedRoots(path));
    const byGithub = certifierOf(bundle) === 'GitHub, Inc.';
    const target = byGithub ? githubTarget(signing?.serverUrl) : 'trusted_root.json';
    const known =
      fetched.get(target + byGithub) ??
      fetchTrustedRoot(byGithub ? GITHUB_TUF : PUBLIC_GOOD_TUF, target, {
        ...asking,
        signal: within,
        temp: setting.temp,
      });
    fetched.set(target + byGithub, known);
    return [await known];
  }

  const cosign: Cosign = {
    run: (args, env) => run('cosign', args, { env: { ...setting.env, ...env }, signal, group: 'own' }),
    keys: {
      private: setting.env['COSIGN_PRIVATE_KEY'] ? 'set' : 'unset',
      public: setting.env['COSIGN_PUBLIC_KEY'] ? 'set' : 'unset',
    },
    signal,
    redact,
  };

  async function probeCosign(): Promise<SigningFacts> {
    if ((await findCosign(cosign)) === 'missing') return { by: 'cosign', signer: 'no-program' };
    const nobody =
      environment.kind === 'actions' && cosign.keys.private === 'unset' && signing?.identity === undefined;
    return { by: 'cosign', signer: nobody ? 'no-identity' : 'ready' };
  }

  function signer(): SignImages | undefined {
    if (sign === 'cosign') return signByCosign(cosign);
    const { identity, store, serverUrl } = signing ?? {};
    if (sign !== 'github' || identity === undefined || store === undefined || serverUrl === undefined)
      return undefined;
    return signByGithub({ ...asking, identity, store, serverUrl, say });
  }

  function signerOf(repository: string | undefined) {
    const { serverUrl } = signing ?? {};
    return serverUrl === undefined || repository === undefined
      ? undefined
      : { repository, issuer: issuerOf(serverUrl) };
  }

  return {
    sign: signer(),

    async probe(): Promise<SigningFacts | undefined> {
      if (signing?.purpose !== 'sign' || sign === 'off') return undefined;
      if (sign === 'cosign') return probeCosign();
      if (signing.identity !== undefined) return { by: 'github', identity: 'granted' };
      return { by: 'github', identity: environment.kind === 'actions' ? 'not-granted' : 'no-job' };
    },

    /** A signature that doesn't verify is no better than none: the image is built and signed again. */
    async objection(
      ...[{ key, image }, { tag, digest }, access]: Parameters<ReuseObjection>
    ): Promise<string | undefined> {
      const checked = { key, image, digest };
      const expected = signerOf(setting.source.repository);
      const { signer: found, problems } =
        sign === 'cosign'
          ? await verifyByCosign(checked, expected, cosign, access.client)
          : await verifySignatures(checked, {
              client: access.client,
              required: 'github',
              ...(expected && { signer: expected }),
              // It has to be next to the image, where the cluster looks.
              listElsewhere: async () => [],
              rootsFor: (bundle) => rootsFor(bundle, access.signal),
            });
      if (found !== undefined) return undefined;
      const [problem] = problems;
      return problem === undefined || problem.code === 'signing/missing'
        ? `${tag} is not signed, and \`attest.sign\` asks for it`
        : problem.message.replace(/\.$/, '');
    },

    async verify({ sign: required, repository, ...image }: DeployedImage): Promise<CheckedSignatures> {
      const expected = signerOf(repository);
      if (required === 'cosign') return verifyByCosign(image, expected, cosign, client);
      return verifySignatures(image, {
        client,
        required: required === 'github' ? required : 'none',
        ...(expected && { signer: expected }),
        listElsewhere: async (digest) =>
          signing?.store === undefined ? [] : listAttestations(signing.store, digest, asking),
        rootsFor,
      });
    },

    close: () => http.close(),
  };
}

/** GitHub with data residency has a Sigstore for each tenant: `acme.ghe.com`. */
function githubTarget(serverUrl = 'https://github.com'): string {
  const [, tenant] = /^([^.]+)\.ghe\.com$/.exec(new URL(serverUrl).hostname) ?? [];
  return tenant === undefined ? 'trusted_root.json' : `${tenant}.trusted_root.json`;
}
