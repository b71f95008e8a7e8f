import type { Secret } from '../lib/secret.js';
import type { CacheAccess } from './actions-cache.js';
import type { CheckoutFiles } from './build-files-checkout.js';
import type { ImageFiles } from './build-files.js';
import type { Source } from './source.js';

/** Everything that planning and preflight know, probed once. */
export interface Facts {
  source: Source;
  environment: Environment;
  /** Per image key. */
  files: Record<string, ImageFiles>;
  checkout: CheckoutFiles;
  /** User names of the registry logins that were given: some keep theirs as a secret. */
  usernames: Secret[];
  /** Undefined: nothing is signed. */
  signing?: SigningFacts;
  /** Paths with changes that `source.commit` doesn't hold; empty in Actions. */
  uncommitted: string[];
}

export type Environment = ({ kind: 'actions' } & CacheAccess) | { kind: 'terminal' };

export type SigningFacts =
  | { by: 'github'; identity: 'granted' | 'not-granted' | 'no-job' }
  | { by: 'cosign'; signer: 'ready' | 'no-program' | 'no-identity' };
