/** What became of one deploy target. */
export type Deployment =
  | {
      status: 'committed';
      kustomization: string;
      branch: string;
      commit: string;
      /** Page of the commit, where the forge has one. */
      url?: string;
      changes: ImageChange[];
      /** Unified diff of the commit. */
      diff: string;
      /** How often the branch had moved under us before the commit landed. */
      lostRaces: number;
    }
  | { status: 'unchanged'; kustomization: string; branch: string; images: string[] }
  | { status: 'skipped'; kustomization: string; reason: string };

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
}
