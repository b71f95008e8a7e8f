import { ReleaseError, withRemark } from '../../lib/errors.js';
import type { FetchedManifest, RegistryClient } from '../client.js';
import { storeAttestation, type AttestationStore } from './attestation-store.js';
import { sigstoreEndpoints, type SigstoreEndpoints } from './endpoints.js';
import { requestIdToken, type JobIdentity } from './identity.js';
import { attachBundle } from './referrers.js';
import type { Asking } from './service.js';
import { signStatement } from './sign-statement.js';
import { describeRelease, PROVENANCE_TYPE } from './statement.js';

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
