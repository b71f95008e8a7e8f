import type {
  BuilderChoice,
  BuilderType,
  DispatchSettings,
  KanikoSettings,
} from '../../config/builder-settings.js';
import type { FactName, KnownFacts } from '../../facts/build-facts.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import type { ClusterFacts } from '../../facts/cluster.js';
import type { ClusterUse } from '../../facts/cluster-rights.js';
import type { BuildxAbilities } from '../../facts/docker.js';
import type { Problem } from '../../lib/errors.js';
import type { BuildNeeds, BuildxBuilder } from '../buildx/buildx-builder.js';

/** What will build. The first three do it through buildx. */
export type ChosenBuilder =
  | { type: 'buildx' | 'remote' | 'kubernetes'; builder: BuildxBuilder; abilities: BuildxAbilities }
  | { type: 'kaniko'; settings: KanikoSettings }
  | { type: 'dispatch'; settings: DispatchSettings };

/** Whether one way of building is open. */
export type Verdict =
  | {
      status: 'usable';
      builder: ChosenBuilder;
      /** After "building with": `the builder default (docker driver)`. */
      how: string;
      warnings: Problem[];
    }
  /** It is there, or was asked for, and can't build. */
  | { status: 'impossible'; problems: [Problem, ...Problem[]] }
  /** There is nothing of the kind, or it is not for here; what would be needed. */
  | { status: 'absent'; reason: string; fix: string }
  | { status: 'unknown'; ask: FactName };

/** One way of building, judged. */
export interface Judged {
  /** Unlike all others of a question. */
  id: string;
  type: BuilderType;
  verdict: Verdict;
}

/** A builder that turned out to be unable to build. */
export interface FailedBuilder {
  id: string;
  problems: [Problem, ...Problem[]];
}

export interface ChoiceQuestion {
  choice: BuilderChoice;
  facts: KnownFacts;
  needs: BuildNeeds;
  /** Workflows of the checkout. */
  workflows: readonly TextFile[];
  /** Paths with changes that no commit holds. */
  uncommitted: readonly string[];
  /** What the Dockerfiles ask for and Kaniko lacks. */
  kanikoUnsupported: readonly Problem[];
  /** What stands against pods in a cluster (`cluster/rights.ts`). */
  clusterProblems(facts: ClusterFacts, uses: readonly ClusterUse[]): Problem[];
  /** Builders that were tried in this run. */
  failed: readonly FailedBuilder[];
}
