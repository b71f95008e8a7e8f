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
