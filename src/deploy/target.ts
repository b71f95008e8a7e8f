/** A branch that a deploy commit goes to. Adapters: `targets/github`, `targets/git`. */
export interface DeployTarget {
  /** For people: `github.com/acme/app, branch main`. */
  readonly description: string;
  readonly branch: string;
  /** Reads the branch head; files are read at exactly that commit. Errors: see `deploy/*` in the catalogue. */
  snapshot(): Promise<Snapshot>;
  /** Writes one commit on top of `base`, only if the branch still stands there (compare-and-set). */
  swap(change: TargetChange): Promise<SwapResult>;
  /** Commits after `since` up to the branch head, newest first: where an own commit of unknown outcome is looked for. */
  commitsSince(since: string): Promise<{ oid: string; message: string; url?: string }[]>;
}

export interface Snapshot {
  head: string;
  /** Paths of all files, relative to the repository root. */
  list(): Promise<string[]>;
  read(path: string): Promise<TargetFile | undefined>;
}

export interface TargetFile {
  bytes: Uint8Array;
  /** Git's mode: `100644`, `100755`, `120000`. */
  mode: string;
}

export interface TargetChange {
  base: string;
  files: { path: string; bytes: Uint8Array; mode: string }[];
  message: string;
}

/** Refusals (no rights, branch rules) are thrown as ReleaseError: trying again would not help. */
export type SwapResult =
  | { status: 'committed'; commit: string; url?: string }
  /** The branch moved: read again, plan again. */
  | { status: 'stale' }
  /** The write may or may not have landed: look before trying again. */
  | { status: 'unknown'; cause: unknown; retryAfterMs?: number };
