/** A point in the history of the source: what a release was made from, and by which run. */
export interface Position {
  /** `owner/name` of the repository that has the commit, if it is known. */
  repository?: string;
  commit: string;
  /** Id of the run; grows with time. Undefined outside Actions. */
  run?: number;
}

export function isSamePosition(a: Position, b: Position): boolean {
  return a.commit === b.commit && a.run === b.run && a.repository === b.repository;
}

/** Whether a release is as new as the newest one: of its commit, and of no earlier run. */
export function isAsNew(source: Position, newest: Position): boolean {
  const earlierRun = source.run !== undefined && newest.run !== undefined && source.run < newest.run;
  return source.commit === newest.commit && !earlierRun;
}

/** A commit compared with another one: after it, the same, before it, on another line of history, or not found. */
export type Relation = 'ahead' | 'identical' | 'behind' | 'diverged' | 'unknown';

/** Compares commits of the repository that the images are built from. Adapters: the deploy targets. */
export interface Ancestry {
  /** @param base full or abbreviated commit id */
  compare(base: string, head: string, options?: { signal?: AbortSignal }): Promise<Relation>;
  /** The commits after `base` up to `head`; undefined: `head` isn't ahead, or nobody here knows. */
  history?(base: string, head: string, options?: { signal?: AbortSignal }): Promise<SourceHistory | undefined>;
  /** Undefined: it isn't known here. */
  commitOf?(commit: string, options?: { signal?: AbortSignal }): Promise<SourceCommit | undefined>;
}

/** The same, asked once for each pair: how two commits relate never changes, but one that isn't found may come later. */
export function askedOnce(ancestry: Ancestry): Ancestry {
  const asked = new Map<string, Promise<Relation>>();
  return {
    ...ancestry,
    compare(base, head, options) {
      const pair = `${base}...${head}`;
      const answer = asked.get(pair) ?? ancestry.compare(base, head, options);
      asked.set(pair, answer);
      const forget = () => asked.delete(pair);
      answer.then((relation) => relation === 'unknown' && forget(), forget);
      return answer;
    },
  };
}

/** Knowledge of an image before a candidate is deployed. */
export interface ImageHistory {
  /** The newest release that the ledger records. */
  newest?: Position;
  /** The candidate's commit compared with `newest`. */
  relation?: Relation;
  /** Whether the image was rolled back: `newest` itself must not be deployed again either. */
  rolledBack: boolean;
  /** The candidate's commit compared with that of the tag in the file; only if the ledger doesn't record this tag. */
  fromFile?: Relation;
}

export type Decision =
  | { do: 'apply' }
  /** Deploy an older release by request: `newest` stays recorded, so that releases in between can't undo it. */
  | { do: 'roll-back' }
  | { do: 'superseded'; by: 'release' | 'rollback' | 'file' }
  | { do: 'refuse'; reason: 'diverged' | 'unknown'; seenFrom: 'ledger' | 'file' };

/**
 * Decides whether a release may replace the deployed one. Only the ledger can refuse a commit that it can't
 * compare: a tag in a file that names no known commit is no evidence.
 */
export function decide(
  history: ImageHistory,
  run: number | undefined,
  allowRollback: 'allow-rollback' | 'forward-only',
): Decision {
  const verdict = forwardOnly(history, run);
  if (allowRollback === 'forward-only' || verdict.do === 'apply') return verdict;
  if (verdict.do === 'superseded' && verdict.by !== 'file') return { do: 'roll-back' };
  return { do: 'apply' };
}

function forwardOnly({ newest, relation, rolledBack, fromFile }: ImageHistory, run: number | undefined): Decision {
  if (newest !== undefined) {
    if (relation === undefined || relation === 'diverged' || relation === 'unknown')
      return { do: 'refuse', reason: relation ?? 'unknown', seenFrom: 'ledger' };
    const isEarlierRun = run !== undefined && newest.run !== undefined && run < newest.run;
    if (relation === 'behind' || (relation === 'identical' && (rolledBack || isEarlierRun)))
      return { do: 'superseded', by: rolledBack ? 'rollback' : 'release' };
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

/** A commit of the repository that the images are built from. */
export interface SourceCommit {
  commit: string;
  author: { name: string; email: string };
  /** ISO 8601. */
  date: string;
  subject: string;
}

/** The commits after `base` up to `head`. */
export interface SourceHistory {
  /** Newest first, at most `MOST_LISTED`. */
  commits: readonly SourceCommit[];
  total: number;
}

export const MOST_LISTED = 20;

/** The way of images from the release that is replaced to the one that is deployed. */
export interface Advance {
  keys: readonly string[];
  base: string;
  head: string;
  /** Undefined: it could not be read. */
  history?: SourceHistory;
}

/** The first words of such a list. */
export const SOURCE_OF = 'Source of ';

/** A heading per advance, a line per commit, and a link to the others. @param url of the repository */
export function describeAdvances(advances: readonly Advance[], url: string | undefined): string[][] {
  return advances.flatMap(({ keys, base, head, history }) => {
    if (history === undefined || history.total === 0) return [];
    const { commits, total } = history;
    const range = `${base.slice(0, 12)}...${head.slice(0, 12)}`;
    const count = total === 1 ? '1 commit' : `${total} commits`;
    const left = total - commits.length;
    return [
      [
        `${SOURCE_OF}${keys.join(', ')}, ${count} since ${base.slice(0, 7)}:`,
        ...commits.map(
          ({ commit, subject, author }) => `- ${commit.slice(0, 7)} ${inert(subject)} (${inert(author.name)})`,
        ),
        ...(left > 0 ? [`- and ${left} more${url === undefined ? '' : `: ${url}/compare/${range}`}`] : []),
      ],
    ];
  });
}

/**
 * A subject in another place: a forge neither closes nor links what it names, nor notifies whom it mentions.
 * https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
 */
export function inert(text: string): string {
  return text.replace(/(#|\bGH-|\/(?:issues|pull)\/|(?<!\w)@)(?=\w)/gi, '$1\u200b');
}

/** Trailers that Argo CD shows: https://argo-cd.readthedocs.io/en/latest/user-guide/commit-trailers/ */
export function referenceTrailers(
  { commit, author, date, subject }: SourceCommit,
  url: string | undefined,
): [name: string, value: string | undefined][] {
  return [
    ['Argocd-reference-commit-repourl', url],
    ['Argocd-reference-commit-sha', commit],
    ['Argocd-reference-commit-author', addressOf(author)],
    ['Argocd-reference-commit-date', date],
    ['Argocd-reference-commit-subject', inert(subject)],
  ];
}

/** As RFC 5322 has it: Argo CD leaves out what it can't read. */
function addressOf({ name, email }: SourceCommit['author']): string {
  const quoted = /[()<>@,;:\\".[\]]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name;
  return `${quoted} <${email}>`;
}
