import type { Problem } from '../../lib/errors.js';
import type { ActiveDeploy, DeployOutcome, ReadKustomization } from '../deploy-edits.js';
import type { ImageChange, Intent, Rollout } from '../deployment.js';
import type { LedgerDraft } from '../ledger/record.js';
import type { Position } from '../order.js';
import type { LatestProposal } from '../proposals/proposals.js';
import type { TargetChange, TargetCommit } from '../target.js';

/** What one branch is to get: one commit, or one pull request, over all its Kustomizations. */
export interface BranchOrder {
  /** For people: `github.com/acme/app, branch main`. */
  description: string;
  branch: string;
  deploys: readonly ActiveDeploy[];
  /**
   * Deploys of the same pull request that none of the rollouts concerns: what is proposed for them stays in it.
   * Empty in commit mode.
   */
  dormant: readonly ActiveDeploy[];
  /** Confirmed by the registry, as far as it is asked. */
  rollouts: readonly Rollout[];
  source: Position;
  intent: Intent;
  /** The branch of the pull request; undefined: commits go to the branch itself. */
  proposalBranch?: string;
  /** Unique in the world; each try adds its number. */
  id: string;
  /** ISO 8601, UTC. */
  now: string;
}

/** A branch as it stands, read at one commit. */
export interface BranchReading {
  head: string;
  /** Of the deploys and the dormant ones, in their order; a pattern yields several. */
  kustomizations: readonly ReadKustomization[];
  /**
   * Tags that images which were not built may keep, and the digest that each names in the registry (undefined:
   * none), by `keyOfTag`. Absent: the registry is not asked, and the ledger is taken at its word.
   */
  served?: ReadonlyMap<string, string | undefined>;
  /** What stands on the branch of the pull request; only in pull request mode. */
  proposal?: ProposalReading;
}

export interface ProposalReading {
  /** Undefined: there is no such branch. */
  head?: TargetCommit;
  /** The newest pull request from it. */
  latest?: LatestProposal;
}

/** What is to be done to a branch. With an error among the problems nothing of it may be written. */
export interface BranchPlan {
  /** Head of the branch that was read: parent of the commit. */
  base: string;
  /** Files that change, each once; empty: no commit is needed. */
  files: TargetChange['files'];
  /** One per Kustomization, in the order of the deploys. */
  outcomes: DeployOutcome[];
  /** Ledgers that have something to record. */
  ledgers: LedgerDraft[];
  /** Tags by image key, for the message. */
  tags: ReadonlyMap<string, string>;
  /** Undefined in commit mode, and where the pull request is none of this run's business. */
  proposal?: ProposalPlan;
  problems: Problem[];
}

export type ProposalPlan =
  /** Sets the branch to the new commit. @property before where it must stand; undefined: not exist */
  | (Proposed & { do: 'propose'; before?: string })
  /** All of it is proposed already, by this commit. */
  | (Proposed & { do: 'keep'; head: TargetCommit })
  /** Everything stands on the branch: the open pull request has become pointless. */
  | { do: 'withdraw' };

/** What the pull request changes altogether, also for earlier runs. */
interface Proposed {
  parts: { kustomization: string; changes: ImageChange[]; diff: string }[];
  /** By image key: what each image was built from. */
  sources: ReadonlyMap<string, Position>;
}
