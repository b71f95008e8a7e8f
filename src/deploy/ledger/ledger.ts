import type { Position } from '../order.js';

/** What a channel's ledger says: per image what is deployed, and what was. The file `ledger.json` of its tip. */
export interface Ledger {
  channel: string;
  /** By image reference without tag (`ghcr.io/acme/api`): unique across the repositories that share a channel. */
  images: ReadonlyMap<string, LedgerEntry>;
}

export interface LedgerEntry {
  /** Key of the image in the configuration that released it last. */
  key: string;
  image: string;
  /** What the Kustomization is to say (`proposed`: once the pull request is merged). */
  current: LedgerRelease;
  /** The newest release that was decided on: what a candidate is compared with. */
  newest: Position;
  status: LedgerStatus;
  /** Earlier releases, newest first, each tag and digest once; bounded. */
  history: LedgerRelease[];
}

/**
 * deployed: the newest release was written · unchanged: the newest release found its values in place ·
 * rolled-back: a person put an earlier release back · proposed: written to a pull request.
 */
export type LedgerStatus = 'deployed' | 'unchanged' | 'rolled-back' | 'proposed';

/** A release as it was deployed once. */
export interface LedgerRelease {
  tag: string;
  /** Undefined when neither the caller nor a registry named one. */
  digest?: string;
  /** What it was released from. */
  source: Position;
  /** When it was written into the Kustomization, ISO 8601, UTC. */
  at: string;
  /** The deploy commit; undefined where it was in place already. */
  commit?: string;
  /** Over its inputs; undefined: unknown, or recorded before there were fingerprints. */
  fingerprint?: string;
  /** Commit that the build names; undefined: that of `source`. Else an earlier build was used again. */
  builtFrom?: string;
  /** Digests of the images of its release that it is built on and that no target deploys; undefined: none. */
  bases?: readonly string[];
}

/** A ledger as a target has it. */
export interface LedgerReading {
  channel: string;
  /** Commit that the ledger's ref stands at; undefined: there is none yet. */
  oid?: string;
  /** Text of its `ledger.json`. */
  text?: string;
}

/** Moves a ledger, together with the branch or not at all. */
export interface LedgerMove {
  channel: string;
  /** Where the ref must stand; undefined: it must not exist. */
  before?: string;
  /** Text of the new `ledger.json`. @param commit the deploy commit that moves along, if one does */
  text(commit: string | undefined): string;
  /** Commit message: what `git log refs/image-release/<channel>` shows. */
  message: string;
}
