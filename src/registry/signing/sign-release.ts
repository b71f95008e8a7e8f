import { ReleaseError, withRemark } from '../../lib/errors.js';
import type { FetchedManifest, RegistryClient } from '../client.js';
import { type AttestationStore, storeAttestation } from './attestation-store.js';
import { type Claims, type JobIdentity, requestIdToken } from './identity.js';
import { attachBundle } from './referrers.js';
import type { Asking } from './service.js';
import { signStatement } from './sign-statement.js';

/** An image that stands in the registry and is to be signed. */
export interface SignedImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  document: FetchedManifest;
}

/** Signs all images of a release; none of them has a tag that anybody follows yet. */
export type SignImages = (images: readonly SignedImage[], client: RegistryClient) => Promise<void>;

export interface GithubSigning extends Asking {
  identity: JobIdentity;
  store: AttestationStore;
  /** `https://github.com` */
  serverUrl: string;
  /** Default: those that fit the repository. */
  endpoints?: SigstoreEndpoints;
  /** A sentence of progress. */
  say(line: string): void;
}

/** What a failure to sign leaves. */
export const NOTHING_PUBLISHED = 'Nothing was deployed, and no tag that anybody follows was moved.';

/**
 * One statement about all images, signed once, kept at GitHub once, and put beside each image.
 * @throws ReleaseError `signing/*`, `registry/*`; Cancelled
 */
export function signByGithub(signing: GithubSigning): SignImages {
  return async (images, client) => {
    if (images.length === 0) return;
    try {
      const { identity, store, serverUrl } = signing;
      const idToken = await requestIdToken(identity, signing);
      const { redact } = signing;
      const asking: Asking = {
        ...signing,
        redact: (text) => redact(text).replaceAll(idToken.token.reveal(), '***'),
      };
      const { claims } = idToken;
      const endpoints = signing.endpoints ?? sigstoreEndpoints(claims.repository_visibility, serverUrl);
      const subjects = images.map(({ image, document }) => ({ image, digest: document.digest }));
      const statement = describeRelease(subjects, claims, serverUrl);
      const bundle = await signStatement(statement, idToken, endpoints, asking);
      const id = await storeAttestation(store, bundle, asking);
      const attached = { bundle, predicateType: PROVENANCE_TYPE, now: new Date() };
      await Promise.all(images.map(({ image, document }) => attachBundle(client, image, document, attached)));
      const count = images.length === 1 ? 'the image' : `all ${images.length} images`;
      signing.say(`Signed for ${count}: ${serverUrl}/${store.repository}/attestations/${id}`);
    } catch (error) {
      throw error instanceof ReleaseError ? withRemark(error, NOTHING_PUBLISHED) : error;
    }
  };
}

/** An image as a statement names it. */
export interface Subject {
  /** Repository reference without tag. */
  image: string;
  /** `sha256:…` */
  digest: string;
}

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
const BUILD_TYPE = 'https://actions.github.io/buildtypes/workflow/v1';

/**
 * One statement about all images of a release: which workflow of which commit made them. The form is that of
 * actions/attest-build-provenance, so that `gh attestation verify` and policies written for it read this one too:
 * https://actions.github.io/buildtypes/workflow/v1
 */
export function describeRelease(subjects: readonly Subject[], claims: Claims, serverUrl: string): object {
  const repository = `${serverUrl}/${claims.repository}`;
  const [path = ''] = claims.workflow_ref.slice(claims.repository.length + 1).split('@');
  return {
    _type: STATEMENT_TYPE,
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
        metadata: {
          invocationId: `${repository}/actions/runs/${claims.run_id}/attempts/${claims.run_attempt}`,
        },
      },
    },
  };
}

function digestSet(digest: string): Record<string, string> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { [algorithm]: hex };
}

/** A Sigstore to sign at: who certifies the key, and who proves when it was used. */
export interface SigstoreEndpoints {
  fulcio: string;
  /** `rekor`: a public log · `tsa`: a timestamp, and no trace elsewhere. */
  witness: { type: 'rekor' | 'tsa'; url: string };
}

/**
 * Who vouches for the workflows of a GitHub: docs.github.com, "OpenID Connect reference", and for an Enterprise
 * Server "Using OIDC with GitHub Enterprise Server".
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
 * What is public is signed at sigstore.dev, whose log anybody may read; anything else at GitHub's own Sigstore, so
 * that no name of a private repository gets into that log. As actions/attest chooses:
 * https://github.com/actions/attest#readme
 */
export function sigstoreEndpoints(visibility: string | undefined, serverUrl: string): SigstoreEndpoints {
  if (visibility === 'public') return PUBLIC_GOOD;
  const { hostname } = new URL(serverUrl);
  const domain = hostname === 'github.com' ? 'githubapp.com' : hostname;
  return {
    fulcio: `https://fulcio.${domain}`,
    witness: { type: 'tsa', url: `https://timestamp.${domain}` },
  };
}
