/** A point in the history of the source: what a release was made from, and by which run. */
export interface Position {
  /** `owner/name` of the repository that the commit is of; undefined where nobody said. */
  repository?: string;
  /** Full id of the commit. */
  commit: string;
  /** Id of the run; grows with time. Undefined outside Actions. */
  run?: number;
}

/** Whether a release is as new as the newest one: of its commit, and of no earlier run. */
export function isAsNew(source: Position, newest: Position): boolean {
  const earlierRun = source.run !== undefined && newest.run !== undefined && source.run < newest.run;
  return source.commit === newest.commit && !earlierRun;
}

/**
 * Where a commit stands, seen from another one: after it, the same, before it, on another line of history, or
 * not to be found (404, another repository).
 */
export type Relation = 'ahead' | 'identical' | 'behind' | 'diverged' | 'unknown';

/** Compares commits of the repository that the images are built from. Adapters: the deploy targets. */
export interface Ancestry {
  /**
   * Where `head` stands, seen from `base`.
   * @param base full or abbreviated commit id
   * @returns `unknown` when the repository has no such commit
   */
  compare(base: string, head: string, options?: { signal?: AbortSignal }): Promise<Relation>;
}

/** What is known of an image when a candidate comes. */
export interface Standing {
  /** The newest release that the ledger has decided on; undefined: it knows nothing of this image. */
  newest?: Position;
  /** Where the candidate's commit stands, seen from `newest`. */
  relation?: Relation;
  /** Whether a person has rolled the image back: `newest` itself must not come back either. */
  rolledBack: boolean;
  /**
   * Where the candidate's commit stands, seen from the commit that the tag in the file names. Only where the
   * file shows something else than the ledger says, or where there is no ledger.
   */
  fromFile?: Relation;
}

export type Decision =
  | { do: 'apply' }
  /** Put what is older by request: `newest` stays, so that what lies between can't undo it. */
  | { do: 'roll-back' }
  | { do: 'superseded'; by: 'release' | 'rollback' | 'file' }
  | { do: 'refuse'; reason: 'diverged' | 'unknown'; seenFrom: 'ledger' | 'file' };

/**
 * Decides whether a release may take the place of what is deployed. Only the ledger can refuse what it can't
 * place: a tag in a file that names no known commit is no evidence.
 * @param run id of the candidate's run
 */
export function decide(
  standing: Standing,
  run: number | undefined,
  allowRollback: 'allow-rollback' | 'forward-only',
): Decision {
  const verdict = forwardOnly(standing, run);
  if (allowRollback === 'forward-only' || verdict.do === 'apply') return verdict;
  if (verdict.do === 'superseded' && verdict.by !== 'file') return { do: 'roll-back' };
  return { do: 'apply' };
}

function forwardOnly(
  { newest, relation, rolledBack, fromFile }: Standing,
  run: number | undefined,
): Decision {
  if (newest !== undefined) {
    switch (relation ?? 'unknown') {
      case 'behind':
        return { do: 'superseded', by: rolledBack ? 'rollback' : 'release' };
      case 'identical':
        if (rolledBack) return { do: 'superseded', by: 'rollback' };
        if (run !== undefined && newest.run !== undefined && run < newest.run)
          return { do: 'superseded', by: 'release' };
        break;
      case 'diverged':
        return { do: 'refuse', reason: 'diverged', seenFrom: 'ledger' };
      case 'unknown':
        return { do: 'refuse', reason: 'unknown', seenFrom: 'ledger' };
      case 'ahead':
        break;
    }
  }
  if (fromFile === 'behind') return { do: 'superseded', by: 'file' };
  if (fromFile === 'diverged') return { do: 'refuse', reason: 'diverged', seenFrom: 'file' };
  return { do: 'apply' };
}

/**
 * The commit that a tag names by its (abbreviated) id, as in `main-1a2b3c4`; the last such word counts.
 * Undefined for tags such as `1.4.0` or `latest`.
 */
export function commitInTag(tag: string): string | undefined {
  return tag.split(/[-._]/).findLast((word) => /^[0-9a-f]{7,64}$/.test(word) && /[0-9]/.test(word));
}
