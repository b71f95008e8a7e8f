import type { Problem } from '../../lib/errors.js';
import type { LedgerPlace, LedgerReading } from '../ledger/ledger.js';
import type { Relation } from '../order.js';
import type { BranchOrder, BranchPlan, BranchReading } from './branch.js';
import type { Comparison } from './judgement.js';
import type { SwapResult } from '../target.js';

/**
 * A rollout to one branch, as a machine that does nothing itself: `begin` and `next` say what is to be done,
 * the driver (`driver.ts`) does it and tells what came of it. Plain data throughout (Maps and Uint8Arrays
 * included; errors are carried as they were thrown).
 */
export interface Rolling {
  order: BranchOrder;
  /** What is to be done now. */
  step: Step;
  /** Where ledgers are created that don't exist yet; `refused`: the server accepts none. */
  ledgers: LedgerPlace | 'refused';
  /** What was read in this round. */
  read: { ledgers: readonly LedgerReading[]; branch?: BranchReading };
  /** Every comparison that was ever asked for, by its key: commits don't change. */
  relations: ReadonlyMap<string, Relation>;
  /** Tries that may have landed, oldest first. */
  attempts: readonly Attempt[];
  /** Swaps so far. */
  tries: number;
  lostRaces: number;
  /** Tries without a verdict. */
  failures: number;
  /** Readings since the last swap that were not believed, because a replica may lag. */
  doubtedReads: number;
  /** About the way that this rollout took. */
  warnings: readonly Problem[];
}

/**
 * A swap whose commit may stand on the branch. A lost race is among them: an HTTP client that replays a push
 * whose answer it missed is told that the branch moved, by its own commit.
 */
export type Attempt = ChangeDraft & { outcome: 'stale' | 'unknown' };

export interface Committed {
  oid: string;
  url?: string;
}

/** What a swap is to write; `writeChange` (change.ts) turns it into a TargetChange. */
export interface ChangeDraft {
  /** Unique in the world: the trailer of its commit. */
  id: string;
  plan: BranchPlan;
}

export type Step =
  /** Ledgers come before the branch: see DeployTarget.readLedgers. */
  | { type: 'read-ledgers'; channels: readonly string[] }
  /** Head, Kustomizations and, in pull request mode, what stands on the pull request's branch. */
  | { type: 'read-branch'; proposalBranch?: string }
  | Search
  /** The answers are facts that never change; each is asked for once. */
  | { type: 'compare'; comparisons: readonly Comparison[] }
  /** Proves the edited files on the snapshot that was read last. */
  | { type: 'prove'; plan: BranchPlan }
  /** Not begun when the run is cancelled (that is `failed`); not cancelled once it is under way. */
  | { type: 'swap'; change: ChangeDraft }
  | Wait
  | { type: 'done'; outcome: BranchOutcome }
  | { type: 'fail'; error: unknown };

/** Looks for a commit of ours among those after `since`. */
export interface Search {
  type: 'search';
  since: string;
  /** Branch of the pull request; undefined: the target's branch. */
  on?: string;
  /** Values of the trailer Image-Release-Id. */
  ids: readonly string[];
  /** Head that was read in this round; a look that does not reach it was answered by a replica that lags. */
  upTo?: string;
  /** What follows when there is none. `fail`: the last look of a rollout that gives up; no cancel may stop it. */
  otherwise: { do: 'plan' } | { do: 'wait'; wait: Wait; cause: unknown } | { do: 'fail'; error: unknown };
}

/** Waits for `backoffMs(tries, …, atLeastMs)`. */
export interface Wait {
  type: 'wait';
  cause: 'race' | 'no-verdict' | 'later' | 'lag';
  /** How often for this cause, from 1. */
  tries: number;
  /** What the server asked for. */
  atLeastMs?: number;
  /** A sentence for people. */
  say: string;
}

/** What came of a step; `failed` may follow any of them. */
export type RolloutEvent =
  | { type: 'ledgers'; readings: readonly LedgerReading[] }
  | { type: 'branch'; reading: BranchReading }
  /** `id`: that of the trailer; `short`: what was looked through does not reach `upTo`. */
  | { type: 'found'; commit?: Committed & { id: string }; reach: 'whole' | 'short' }
  /** In the order of the comparisons. */
  | { type: 'compared'; relations: readonly Relation[] }
  | { type: 'proved'; problems: readonly Problem[] }
  | { type: 'swapped'; result: SwapResult }
  | { type: 'waited' }
  /** The step threw: a refusal, an unreachable server, or Cancelled. */
  | { type: 'failed'; error: unknown };

/** What a rollout came to. */
export interface BranchOutcome {
  plan: BranchPlan;
  /** Undefined: no commit was needed. */
  commit?: Committed;
  /** Of `commit`, as in its trailer. */
  id?: string;
  lostRaces: number;
  warnings: readonly Problem[];
}
