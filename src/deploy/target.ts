import type { CommitStatus } from '../github/commit-statuses.js';
import type { Problem } from '../lib/errors.js';
import type { LedgerMove, LedgerReading, LedgerRelease } from './ledger/ledger.js';
import type { Ancestry, Position } from './order.js';
import type { Proposals } from './proposals/proposals.js';

/**
 * A branch that a deploy commit goes to, and its ledgers. Adapters: `targets/github/github`, `targets/git/git`.
 * `compare` (see Ancestry) answers for the commits of this repository.
 */
export interface DeployTarget extends Ancestry {
  /** For people: `github.com/acme/app, branch main`. */
  readonly description: string;
  readonly branch: string;
  /**
   * Reads ledgers. To be called before `snapshot`, so that whatever moves both in between is seen by the commit:
   * the ledger is compared as well. A ref that can't be read (no rights) counts as absent.
   */
  readLedgers(channels: readonly string[], options?: ReadOptions): Promise<LedgerReading[]>;
  /** Channels that have a ledger in the repository, also those that no configuration names any more. */
  listChannels(options?: ReadOptions): Promise<string[]>;
  /** Reads the branch head; files are read at exactly that commit. */
  snapshot(options?: ReadOptions): Promise<Snapshot>;
  /** Head commit of any branch of the repository; undefined when there is no such branch. */
  headOf(branch: string, options?: ReadOptions): Promise<TargetCommit | undefined>;
  /** Tries the right to write this change without changing anything, where there is a way to; else the write itself tells. */
  proveRights?(change: Pick<TargetChange, 'base' | 'files'>, options?: ReadOptions): Promise<void>;
  /** Rules of the branch that will refuse a direct commit: a warning where it can't be learnt whether the token may pass. */
  foreseeRules?(options?: ReadOptions): Promise<Problem[]>;
  /**
   * Writes one commit and moves the ledgers, all or nothing, only if every ref still points to the commit that was read
   * (compare-and-set). It can't be cancelled: once it is under way, its outcome has to be learnt.
   */
  commit(change: TargetChange): Promise<CommitResult>;
  /**
   * Commits after `since` up to the head of `on` (default: the target's branch), newest first: where an own
   * commit of unknown outcome may be. Empty when `on` does not exist.
   */
  commitsSince(since: string, options?: ReadOptions & { on?: string }): Promise<TargetCommit[]>;
  /** Newest first; of servers that have them. @throws RequestFailed, Cancelled */
  commitStatuses?(commit: string, options?: ReadOptions): Promise<CommitStatus[]>;
  editedFiles?(commit: string, options?: ReadOptions): Promise<string[] | undefined>;
  readonly proposals?: Proposals;
  /** Removes what the adapter keeps on disk; the target can't be used afterwards. */
  close(): Promise<void>;
}

export interface DeployPlace {
  /** `owner/name` or the URL of another repository; undefined: the released one. */
  repository?: string;
  branch: string;
}

export interface ReadOptions {
  signal?: AbortSignal;
  /**
   * Refs that were read at this time or later are current enough and may be returned again, milliseconds of
   * `performance.now()`. Default: they are read now. The commit compares them in any case.
   */
  since?: number;
}

export interface TargetCommit {
  oid: string;
  message: string;
  url?: string;
}

export interface Snapshot {
  head: string;
  list(): Promise<string[]>;
  /** In few requests; paths that are not there are left out. */
  readAll(paths: readonly string[]): Promise<Map<string, TargetFile>>;
}

export interface TargetFile {
  bytes: Uint8Array;
  /** Git's mode: `100644`, `100755`, `120000`. */
  mode: string;
}

export interface TargetChange {
  /** Parent of the commit: the head of the target's branch as it was read. */
  base: string;
  /** Empty: there is nothing to commit, only the ledgers move. */
  files: { path: string; bytes: Uint8Array; mode: string }[];
  message: string;
  /**
   * Undefined: the commit goes to the target's branch, which must still point to `base`. Else to this branch
   * of a pull request, which must point to `before` (undefined: not exist) and is set to the commit. The target's branch is
   * read just before that: `stale` if it has left `base`.
   */
  proposal?: { branch: string; before?: string };
  ledgers: readonly LedgerMove[];
}

/** Refusals (no rights, branch rules) are thrown as ReleaseError. */
export type CommitResult =
  | {
      status: 'committed';
      /** Undefined when only ledgers moved. */
      commit?: string;
      url?: string;
      /** Only from git servers that hide the ledger's ref: why the ledger was left out. */
      ledgerRefused?: unknown;
    }
  | { status: 'stale' }
  /** Nothing written: the server does not accept these ledger refs, or can't move them together with the branch. */
  | { status: 'ledger-refused'; cause: unknown }
  /** Certainly not written: the server asks to come back later. */
  | { status: 'later'; cause: unknown; retryAfterMs: number }
  /** The write may or may not have landed: look before trying again. */
  | { status: 'unknown'; cause: unknown; retryAfterMs?: number };

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
