import type { Config } from '../config/config.js';
import type { SigningFacts } from '../facts/facts.js';
import { createHttpClient, proxyOf } from '../lib/http.js';
import { run } from '../lib/process.js';
import { Secret } from '../lib/secret.js';
import { sleep } from '../lib/sleep.js';
import type { ReuseObjection } from '../registry/baseline/candidate.js';
import type { RegistryClient } from '../registry/client.js';
import { listAttestations, type AttestationStore } from '../registry/signing/attestation-store.js';
import { findCosign, signByCosign, verifyByCosign, type Cosign } from '../registry/signing/cosign.js';
import type { JobIdentity } from '../registry/signing/identity.js';
import type { ServiceContext } from '../registry/signing/service.js';
import { issuerOf, signByGithub, type SignImages } from '../registry/signing/sign-release.js';
import type { SigstoreBundle } from '../registry/signing/sign-statement.js';
import type { fetchTrustedRootFor, readTrustedRoots } from '../registry/signing/trusted-roots.js';
import { verifySignatures, type CheckedSignatures } from '../registry/signing/verify-signatures.js';
import type { DeployedImage } from '../registry/verify-deployed.js';
import type { RunContext } from './run-context.js';

export interface SigningSetting {
  /** `verify`: this run signs nothing, so it needs no signer. */
  purpose: 'sign' | 'verify';
  /** Undefined: the runner passed none. */
  identity?: JobIdentity;
  /** For GitHub's attestations of the repository. */
  token?: Secret;
  /** File with trusted roots; undefined: they are fetched. */
  trustedRoot?: string;
}

type SigningContext = Pick<
  RunContext,
  'signal' | 'redact' | 'say' | 'environment' | 'signing' | 'userAgent' | 'env' | 'temp' | 'source' | 'forge'
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
  context: SigningContext,
  { attest: { sign } }: Pick<Config, 'attest'>,
  client: RegistryClient,
) {
  const { signal, redact, say, environment, signing, userAgent, env, temp, source, forge } = context;
  const { serverUrl, apiUrl } = forge;
  const http = createHttpClient({ userAgent, silenceMs: SILENCE_MS, maxSockets: 4, proxy: proxyOf(env) });
  const { identity, token } = signing;
  const store: AttestationStore | undefined =
    source.repository === undefined ? undefined : { apiUrl, repository: source.repository, token };
  const services: ServiceContext = { http, sleep, signal, redact };

  // Trusted roots are the same for all images of a run.
  let given: ReturnType<typeof readTrustedRoots> | undefined;
  const fetched = new Map<string, ReturnType<typeof fetchTrustedRootFor>>();

  async function rootsFor(bundle: SigstoreBundle, within: AbortSignal = signal) {
    // Heavy, so loaded only to verify a signature.
    const [{ readTrustedRoots, fetchTrustedRootFor }, { certifierOf }] = await Promise.all([
      import('../registry/signing/trusted-roots.js'),
      import('../registry/signing/verify-bundle.js'),
    ]);
    if (signing.trustedRoot !== undefined) return (given ??= readTrustedRoots(signing.trustedRoot));
    const certifier = certifierOf(bundle) === 'GitHub, Inc.' ? 'github' : 'sigstore';
    const root =
      fetched.get(certifier) ?? fetchTrustedRootFor(certifier, serverUrl, { ...services, signal: within, temp });
    fetched.set(certifier, root);
    return [await root];
  }

  const cosign: Cosign = {
    run: (args, more) => run('cosign', args, { env: { ...env, ...more }, signal, group: 'own' }),
    keys: {
      private: env['COSIGN_PRIVATE_KEY'] ? 'set' : 'unset',
      public: env['COSIGN_PUBLIC_KEY'] ? 'set' : 'unset',
    },
    signal,
    redact,
  };

  const byGithub = sign === 'github' && identity !== undefined && store !== undefined;
  const signer: SignImages | undefined = byGithub
    ? signByGithub({ ...services, identity, store, serverUrl, say })
    : undefined;

  function workflowOf(repository: string | undefined) {
    return repository === undefined ? undefined : { repository, issuer: issuerOf(serverUrl) };
  }

  return {
    sign: sign === 'cosign' ? signByCosign(cosign) : signer,

    async probe(): Promise<SigningFacts | undefined> {
      if (signing.purpose !== 'sign' || sign === 'off') return undefined;
      const inActions = environment.kind === 'actions';
      if (sign === 'cosign') {
        if ((await findCosign(cosign)) === 'missing') return { by: 'cosign', signer: 'no-program' };
        const nobody = inActions && cosign.keys.private === 'unset' && identity === undefined;
        return { by: 'cosign', signer: nobody ? 'no-identity' : 'ready' };
      }
      if (identity !== undefined) return { by: 'github', identity: 'granted' };
      return { by: 'github', identity: inActions ? 'not-granted' : 'no-job' };
    },

    /** An invalid signature counts as none: the image is built and signed again. */
    async objection(
      ...[{ key, image }, { tag, digest }, access]: Parameters<ReuseObjection>
    ): Promise<string | undefined> {
      const checked = { key, image, digest };
      const expected = workflowOf(source.repository);
      const { signer: found, problems } =
        sign === 'cosign'
          ? await verifyByCosign(checked, expected, cosign, access.client)
          : await verifySignatures(checked, {
              client: access.client,
              required: 'github',
              ...(expected && { signer: expected }),
              // The signature has to be next to the image, where the cluster looks.
              listElsewhere: async () => [],
              rootsFor: (bundle) => rootsFor(bundle, access.signal),
            });
      if (found !== undefined) return undefined;
      const [problem] = problems;
      return problem === undefined || problem.code === 'signing/missing'
        ? `${tag} is not signed, but \`attest.sign\` asks for it`
        : problem.message.replace(/\.$/, '');
    },

    async verify({ sign: required, repository, ...image }: DeployedImage): Promise<CheckedSignatures> {
      const expected = workflowOf(repository);
      if (required === 'cosign') return verifyByCosign(image, expected, cosign, client);
      return verifySignatures(image, {
        client,
        required: required === 'github' ? required : 'none',
        ...(expected && { signer: expected }),
        listElsewhere: async (digest) => (store === undefined ? [] : listAttestations(store, digest, services)),
        rootsFor,
      });
    },

    close: () => http.close(),
  };
}
