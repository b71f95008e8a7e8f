import type { Problem } from '../lib/errors.js';
import type { LedgerRelease } from './ledger/ledger.js';
import type { Position } from './order.js';
import type { DeployPlace } from './target.js';

export type Deployment =
  | (Deployed & {
      status: 'committed';
      commit: string;
      /** Page of the commit, where the forge has one. */
      url?: string;
      changes: ImageChange[];
      diff: string;
      lostRaces: number;
    })
  | (Deployed & {
      status: 'proposed';
      pullRequest: { number: number; url: string };
      /**
       * `merged`: nothing was left to wait for; `waiting`: merges automatically when the rules allow; `closed`: a
       * person has rejected exactly this.
       */
      state: 'open' | 'waiting' | 'merged' | 'closed';
      commit: string;
      changes: ImageChange[];
      diff: string;
    })
  | (Deployed & { status: 'unchanged' })
  /** A newer release, or a rollback, is deployed: no image was touched. */
  | (Deployed & { status: 'superseded' })
  | { status: 'skipped'; kustomization: string; reason: string };

interface Deployed extends DeployPlace {
  kustomization: string;
  channel: string;
  /** Keys of the images that this run deploys there (also those that were deployed already). */
  images: string[];
  /** Images that were left alone because of their order. */
  superseded: SupersededImage[];
}

export interface SupersededImage {
  key: string;
  tag: string;
  by: { tag: string; source?: Position; reason: 'release' | 'rollback' | 'file' | 'edit' };
}

/** One entry of `images:` before and after, as `name:tag@digest` without the parts that are absent. */
export interface ImageChange {
  key: string;
  name: string;
  before: string;
  after: string;
}

export interface Rollout extends Pick<LedgerRelease, 'fingerprint' | 'builtFrom' | 'bases'> {
  key: string;
  image: string;
  releaseTag: string;
  /** Undefined: the digest that the registry has for the tag. */
  digest?: string;
  /** The source of its release, if it isn't that of the request (a rollback). */
  source?: Position;
  /** An earlier build is used again: files that name its digest, by any tag, stay as they are. */
  unchanged?: true;
}

export type Intent =
  /** `act`: what the commit message calls it. */
  | { type: 'release'; order: 'forward-only' | 'allow-rollback'; act?: 'promote' }
  /**
   * A person deploys earlier releases again. `seen`: the newest release per image reference when they decided; an
   * image with a newer one since then is left alone.
   */
  | { type: 'rollback'; seen: ReadonlyMap<string, Position> };

export interface DeployResult {
  /** One per Kustomization, in the order of the configuration. */
  deployments: Deployment[];
  warnings: Problem[];
}
