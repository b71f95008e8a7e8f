import { ReleaseError, withRemark } from '../../lib/errors.js';
import type { RegistryClient } from '../client.js';
import type { VerifiedDocument } from '../published-image.js';
import { type AttestationStore, storeAttestation } from './attestation-store.js';
import { type Claims, type JobIdentity, requestIdToken } from './identity.js';
import { digestSet } from '../attestations/documents.js';
import { attachBundle } from './referrers.js';
import type { ServiceContext } from './service.js';
import { signStatement } from './sign-statement.js';

/** Signs all verified images of a release; none of them has a tag that anybody follows yet. */
export type SignImages = (
  images: readonly ({ key: string } & Pick<VerifiedDocument, 'image' | 'document'>)[],
  client: RegistryClient,
) => Promise<void>;

export interface GithubSigning extends ServiceContext {
  identity: JobIdentity;
  store: AttestationStore;
  /** `https://github.com` */
  serverUrl: string;
  /** Default: those that fit the repository. */
  endpoints?: SigstoreEndpoints;
  /** A sentence of progress. */
  say(line: string): void;
}

export const NOTHING_PUBLISHED = 'Nothing was deployed, and no tag that anybody follows was moved.';

/**
 * Makes one statement about all images, signs it once, stores it at GitHub once, and attaches it to each image.
 * @throws ReleaseError `signing/*`, `registry/*`; Cancelled
 */
export function signByGithub(signing: GithubSigning): SignImages {
  return async (images, client) => {
    if (images.length === 0) return;
    try {
      const { identity, store, serverUrl, redact } = signing;
      const idToken = await requestIdToken(identity, signing);
      const context: ServiceContext = {
        ...signing,
        redact: (text) => redact(text).replaceAll(idToken.token.reveal(), '***'),
      };
      const { claims } = idToken;
      const endpoints = signing.endpoints ?? sigstoreEndpoints(claims.repository_visibility, serverUrl);
      const subjects = images.map(({ image, document }) => ({ image, digest: document.digest }));
      const statement = describeRelease(subjects, claims, serverUrl);
      const bundle = await signStatement(statement, idToken, endpoints, context);
      const id = await storeAttestation(store, bundle, context);
      const attached = { bundle, predicateType: PROVENANCE_TYPE, now: new Date() };
      await Promise.all(images.map(({ image, document }) => attachBundle(client, image, document, attached)));
      const count = images.length === 1 ? 'the image' : `all ${images.length} images`;
      signing.say(`Signed for ${count}: ${serverUrl}/${store.repository}/attestations/${id}`);
    } catch (error) {
      throw error instanceof ReleaseError ? withRemark(error, NOTHING_PUBLISHED) : error;
    }
  };
}

export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
const BUILD_TYPE = 'https://actions.github.io/buildtypes/workflow/v1';

/**
 * One statement about all images of a release: which workflow of which commit made them. The form is that of
 * actions/attest-build-provenance, so `gh attestation verify` and policies written for it accept it, too:
 * https://actions.github.io/buildtypes/workflow/v1
 */
export function describeRelease(
  subjects: readonly { image: string; digest: string }[],
  claims: Claims,
  serverUrl: string,
): object {
  const repository = `${serverUrl}/${claims.repository}`;
  const [path = ''] = claims.workflow_ref.slice(claims.repository.length + 1).split('@');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ image, digest }) => ({ name: image, digest: digestSet(digest) })),
    predicateType: PROVENANCE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { workflow: { ref: claims.ref, repository, path } },
        internalParameters: {
          github: {
            event_name: claims.event_name,
            repository_id: claims.repository_id,
            repository_owner_id: claims.repository_owner_id,
            runner_environment: claims.runner_environment,
          },
        },
        resolvedDependencies: [{ uri: `git+${repository}@${claims.ref}`, digest: { gitCommit: claims.sha } }],
      },
      runDetails: {
        builder: { id: `${serverUrl}/${claims.job_workflow_ref}` },
        metadata: { invocationId: `${repository}/actions/runs/${claims.run_id}/attempts/${claims.run_attempt}` },
      },
    },
  };
}

/** A Sigstore to sign with: one service certifies the key, another proves when it was used. */
export interface SigstoreEndpoints {
  fulcio: string;
  /** `rekor`: a public log · `tsa`: a timestamp, and no trace elsewhere. */
  witness: { type: 'rekor' | 'tsa'; url: string };
}

/**
 * The issuer of the identities of workflows: docs.github.com, "OpenID Connect reference", and for an Enterprise Server
 * "Using OIDC with GitHub Enterprise Server".
 */
export function issuerOf(serverUrl: string): string {
  const { hostname, origin } = new URL(serverUrl);
  if (hostname === 'github.com') return 'https://token.actions.githubusercontent.com';
  if (hostname.endsWith('.ghe.com')) return `https://token.actions.${hostname}`;
  return `${origin}/_services/token`;
}

const PUBLIC_GOOD: SigstoreEndpoints = {
  fulcio: 'https://fulcio.sigstore.dev',
  witness: { type: 'rekor', url: 'https://rekor.sigstore.dev' },
};

/**
 * Images of public repositories are signed at sigstore.dev, whose log is public; others at GitHub's own Sigstore, so
 * that no name of a private repository gets into that log. actions/attest chooses in the same way:
 * https://github.com/actions/attest#readme
 */
export function sigstoreEndpoints(visibility: string | undefined, serverUrl: string): SigstoreEndpoints {
  if (visibility === 'public') return PUBLIC_GOOD;
  const { hostname } = new URL(serverUrl);
  const domain = hostname === 'github.com' ? 'githubapp.com' : hostname;
  return { fulcio: `https://fulcio.${domain}`, witness: { type: 'tsa', url: `https://timestamp.${domain}` } };
}
