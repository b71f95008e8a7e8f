/** A branch that a deploy commit goes to. Adapters: `targets/github`, `targets/git`. */
export interface DeployTarget {
  /** For people: `github.com/acme/app, branch main`. */
  readonly description: string;
  readonly branch: string;
  /**
   * Reads the branch head; files are read at exactly that commit.
   * Errors: see `deploy/*` in the catalogue; `Cancelled` when the signal is aborted.
   */
  snapshot(options?: ReadOptions): Promise<Snapshot>;
  /**
   * Tries the right to write without changing anything, where there is a way to; else the write itself tells.
   * @throws ReleaseError when it is refused
   */
  proveRights?(options?: ReadOptions): Promise<void>;
  /**
   * Writes one commit on top of `base`, only if the branch still stands there (compare-and-set).
   * It can't be cancelled: once it is under way, its outcome has to be learnt.
   */
  swap(change: TargetChange): Promise<SwapResult>;
  /** Commits after `since` up to the branch head, newest first: where an own commit of unknown outcome is looked for. */
  commitsSince(since: string, options?: ReadOptions): Promise<TargetCommit[]>;
  /** Removes what the adapter keeps on disk; the target can't be used afterwards. */
  close(): Promise<void>;
}

export interface ReadOptions {
  signal?: AbortSignal;
}

export interface TargetCommit {
  oid: string;
  message: string;
  url?: string;
}

export interface Snapshot {
  head: string;
  /** Paths of all files and symbolic links, relative to the repository root. */
  list(): Promise<string[]>;
  /** Undefined when there is no file or symbolic link at this path. */
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
  /** Certainly not written: the server asks to come back later. */
  | { status: 'later'; cause: unknown; retryAfterMs: number }
  /** The write may or may not have landed: look before trying again. */
  | { status: 'unknown'; cause: unknown; retryAfterMs?: number };
