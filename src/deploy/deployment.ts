import type { Problem } from '../lib/errors.js';
import type { Position } from './order.js';

/** What became of one Kustomization. */
export type Deployment =
  | (Deployed & {
      status: 'committed';
      commit: string;
      /** Page of the commit, where the forge has one. */
      url?: string;
      changes: ImageChange[];
      /** Unified diff of this Kustomization's part of the commit. */
      diff: string;
      /** How often the branch had moved under us before the commit landed. */
      lostRaces: number;
    })
  | (Deployed & {
      status: 'proposed';
      pullRequest: { number: number; url: string };
      /**
       * `merged`: it was clean already; `waiting`: merges by itself when the rules allow; `closed`: a person has
       * rejected exactly this.
       */
      state: 'open' | 'waiting' | 'merged' | 'closed';
      commit: string;
      changes: ImageChange[];
      diff: string;
    })
  /** Everything stands there already. */
  | (Deployed & { status: 'unchanged' })
  /** A newer release, or a rollback, stands there: none of the images was touched. */
  | (Deployed & { status: 'superseded' })
  | { status: 'skipped'; kustomization: string; reason: string };

interface Deployed {
  kustomization: string;
  /** `owner/name` or the URL of another repository than the one that is released. */
  repository?: string;
  branch: string;
  channel: string;
  /** Keys of the images that this run rolls out there (also those that stood there already). */
  images: string[];
  /** Images that were left alone because of their order. */
  superseded: SupersededImage[];
}

export interface SupersededImage {
  key: string;
  /** The release tag that was not deployed. */
  tag: string;
  /** What stands there instead. */
  by: { tag: string; source?: Position; reason: 'release' | 'rollback' | 'file' | 'edit' };
}

/** One entry of `images:` before and after, as `name:tag@digest` without the parts that are absent. */
export interface ImageChange {
  key: string;
  /** The entry's `name`. */
  name: string;
  before: string;
  after: string;
}

/** An image that stands in a registry, to be rolled out. */
export interface Rollout {
  key: string;
  /** Repository reference without tag. */
  image: string;
  releaseTag: string;
  /** Undefined: whatever digest the registry names for the tag. */
  digest?: string;
  /** What it was released from, where that isn't the source of the request (a rollback). */
  source?: Position;
  /** Over its inputs, as annotated; undefined: they can't be pinned, or nobody said. */
  fingerprint?: string;
  /** An earlier build is used again: files that name its digest, by whatever tag, stay as they are. */
  unchanged?: true;
  /** Commit that the build names, where it is another one than that of the release. */
  builtFrom?: string;
  /** Digests of the images of the release that it is built on and that no target deploys. */
  bases?: readonly string[];
}

/** Why images are rolled out. */
export type Intent =
  | { type: 'release'; order: 'forward-only' | 'allow-rollback' }
  /**
   * A person puts earlier releases back. `seen`: the newest release per image reference when they decided; an
   * image of which a newer one has landed meanwhile is left alone.
   */
  | { type: 'rollback'; seen: ReadonlyMap<string, Position> };

/** What a deploy has done, and what is to be known of it. */
export interface DeployResult {
  /** One per Kustomization, in the order of the configuration. */
  deployments: Deployment[];
  warnings: Problem[];
}
