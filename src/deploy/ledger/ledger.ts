import type { Position } from '../order.js';

/** The content of a channel's ledger: per image the deployed and the former releases. The file `ledger.json` of its tip. */
export interface Ledger {
  channel: string;
  /** By image reference without tag (`ghcr.io/acme/api`): unique across the repositories that share a channel. */
  images: ReadonlyMap<string, LedgerEntry>;
}

export interface LedgerEntry {
  /** Key of the image in the configuration that released it last. */
  key: string;
  image: string;
  /** The release that the Kustomization names (`proposed`: once the pull request is merged). */
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

export interface LedgerReading {
  channel: string;
  ref?: string;
  oid?: string;
  text?: string;
}

export interface LedgerMove {
  channel: string;
  ref: string;
  /** Commit that the ref must point to; undefined: it must not exist. */
  before?: string;
  /** Text of the new `ledger.json`. @param commit the deploy commit that moves along, if one does */
  text(commit: string | undefined): string;
  message: string;
}

/** The only file of a ledger's commits. */
export const LEDGER_FILE = 'ledger.json';

/**
 * Possible places of a ledger, in the order of the search. `hidden`: outside branches and tags, where no branch
 * rule applies. `branch`: for servers that accept no other ref. A ledger stays where it was created.
 */
const PREFIXES = { hidden: 'refs/image-release/', branch: 'refs/heads/image-release/' };
export type LedgerPlace = keyof typeof PREFIXES;
export const LEDGER_PLACES = Object.keys(PREFIXES) as LedgerPlace[];

/** Fully qualified name. */
export function ledgerRef(place: LedgerPlace, channel: string): string {
  return PREFIXES[place] + channel;
}

/** The channel of a ledger's ref; undefined: it is another ref. */
export function channelOf(ref: string): string | undefined {
  const prefix = Object.values(PREFIXES).find((each) => ref.startsWith(each));
  return prefix && ref.slice(prefix.length);
}
