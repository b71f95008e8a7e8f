import type { Problem } from '../../lib/errors.js';
import type { ActiveDeploy, DeployOutcome, ReadKustomization } from '../deploy-edits.js';
import type { ImageChange, Intent, Rollout, CommitResult, TargetChange, TargetCommit } from '../target.js';
import type { LedgerPlace, LedgerReading } from '../ledger/ledger.js';
import type { LedgerDraft } from '../ledger/record.js';
import type { Position, Relation, Advance, SourceCommit } from '../order.js';
import type { LatestProposal } from '../proposals/proposals.js';
import type { Comparison } from './decisions.js';

/** One commit, or one pull request, for one branch, over all its Kustomizations. */
export interface BranchRequest {
  /** For people: `github.com/acme/app, branch main`. */
  description: string;
  branch: string;
  deploys: readonly ActiveDeploy[];
  /**
   * Deploys of the same pull request that none of the rollouts concerns: what is proposed for them stays in it.
   * Empty in commit mode.
   */
  dormant: readonly ActiveDeploy[];
  rollouts: readonly Rollout[];
  source: Position;
  sourceUrl?: string;
  intent: Intent;
  /** The branch of the pull request; undefined: commits go to the branch itself. */
  proposalBranch?: string;
  /** Each try adds its number. */
  id: string;
  now: string;
}

/** The digest of each tag in the registry (undefined: there is no such tag), by `keyOfTag`. */
export type ServedTags = ReadonlyMap<string, string | undefined>;

/** A branch, read at one commit. */
export interface BranchReading {
  head: string;
  /** Of the deploys and the dormant ones, in their order; a pattern yields several. */
  kustomizations: readonly ReadKustomization[];
  served?: ServedTags;
  /** Only in pull request mode: head of its branch, and the newest pull request from it. */
  proposal?: { head?: TargetCommit; latest?: LatestProposal };
}

/** Changes to write to a branch. With an error among the problems none of it may be written. */
export interface BranchPlan {
  /** Head of the branch that was read: parent of the commit. */
  base: string;
  files: TargetChange['files'];
  /** One per Kustomization, in the order of the deploys. */
  outcomes: DeployOutcome[];
  ledgers: LedgerDraft[];
  tags: ReadonlyMap<string, string>;
  /** The source of what is edited, from the releases before; read while the edits are proved. */
  advances: readonly Advance[];
  /** The commit of the source, if it is known. */
  reference?: SourceCommit;
  /** Undefined in commit mode, and if the pull request stays as it is. */
  proposal?: ProposalPlan;
  problems: Problem[];
}

export type ProposalPlan =
  /** Sets the branch to the new commit. @property before the commit that it must point to; undefined: must not exist */
  | (Proposed & { do: 'propose'; before?: string })
  /** All of it is proposed already, by this commit. */
  | (Proposed & { do: 'keep'; head: TargetCommit })
  /** The branch deploys everything already: close the open pull request. */
  | { do: 'withdraw' };

/** What the pull request changes in all, also for earlier runs. */
interface Proposed {
  parts: { path: string; changes: ImageChange[]; diff: string }[];
  /** By image key: what each image was built from. */
  sources: ReadonlyMap<string, Position>;
}

/**
 * A rollout to one branch, as a state machine without effects: `startRollout` and `nextState` name the next step, the
 * driver (`driver.ts`) takes it and passes the event that results. Plain data throughout (Maps and Uint8Arrays
 * included; errors as they were thrown).
 */
export interface RolloutState {
  request: BranchRequest;
  step: Step;
  /** Where ledgers are created that don't exist yet; `refused`: the server accepts none. */
  ledgers: LedgerPlace | 'refused';
  read: { ledgers: readonly LedgerReading[]; branch?: BranchReading };
  relations: ReadonlyMap<string, Relation>;
  /** Commits that may have landed, oldest first. */
  attempts: readonly Attempt[];
  tries: number;
  lostRaces: number;
  /** Commits of unknown outcome or that the server postponed. */
  failures: number;
  /** Reads since the last commit that contradict each other, because a replica may lag. */
  doubtedReads: number;
  warnings: readonly Problem[];
}

/**
 * A commit that may be on the branch. A lost race is one: an HTTP client that repeats a push whose answer it missed gets the
 * answer that the branch has moved, by its own commit.
 */
export type Attempt = ChangeDraft & { outcome: 'stale' | 'unknown' };

export type Committed = Omit<TargetCommit, 'message'>;

/** What a commit will write; `writeChange` (change.ts) turns it into a TargetChange. */
export interface ChangeDraft {
  /** The trailer of its commit. */
  id: string;
  plan: BranchPlan;
}

export type Step =
  /** Ledgers come before the branch: see DeployTarget.readLedgers. */
  | { type: 'read-ledgers'; channels: readonly string[] }
  /** Head, Kustomizations and, in pull request mode, the branch of the pull request. */
  | { type: 'read-branch' }
  | Search
  | { type: 'compare'; comparisons: readonly Comparison[] }
  | { type: 'prove'; plan: BranchPlan }
  /** Not begun if the run is cancelled (the event is `failed`); not cancelled once it has begun. */
  | { type: 'commit'; change: ChangeDraft }
  | Wait
  | { type: 'done'; outcome: BranchOutcome }
  | { type: 'fail'; error: unknown };

/** Looks for an own commit after `since`, on the branch of the pull request if there is one. */
export interface Search {
  type: 'search';
  since: string;
  ids: readonly string[];
  /** Head that was read in this round; a history without it came from a replica that lags. */
  upTo?: string;
  /** The next step if there is none. `fail`: the last look of a rollout that gives up; a cancel doesn't stop it. */
  otherwise: { do: 'plan' } | { do: 'wait'; wait: Wait; cause: unknown } | { do: 'fail'; error: unknown };
}

/** Waits for `backoffMs(tries, …, atLeastMs)`. */
export interface Wait {
  type: 'wait';
  /** How often for the same reason, from 1. */
  tries: number;
  atLeastMs?: number;
  say: string;
}

/** The result of a step; `failed` may follow any of them. */
export type RolloutEvent =
  | { type: 'ledgers'; readings: readonly LedgerReading[] }
  | { type: 'branch'; reading: BranchReading }
  /** `id`: that of the trailer; `short`: the history does not reach `upTo`. */
  | { type: 'found'; commit?: Committed & { id: string }; reach: 'whole' | 'short' }
  | { type: 'compared'; relations: readonly Relation[] }
  | ({ type: 'proved'; problems: readonly Problem[] } & Partial<Pick<BranchPlan, 'advances' | 'reference'>>)
  | { type: 'committed'; result: CommitResult }
  | { type: 'waited' }
  /** The step threw: a refusal, an unreachable server, or Cancelled. */
  | { type: 'failed'; error: unknown };

export interface BranchOutcome {
  plan: BranchPlan;
  /** Undefined: no commit was needed. */
  commit?: Committed;
  id?: string;
  lostRaces: number;
  warnings: readonly Problem[];
}
