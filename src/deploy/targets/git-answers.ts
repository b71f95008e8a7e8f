/** What git's words mean for a deploy. Pure; the tables are tried in order, the first match counts. */
export type GitTrouble =
  | 'branch-missing'
  | 'repository-missing'
  | 'token-rejected'
  | 'permission-denied'
  | 'host-key'
  /** Network or server trouble: worth another try. */
  | 'transient'
  | 'other';

export type PushOutcome =
  | { status: 'landed' }
  | { status: 'stale' }
  /** A branch rule (GH006, GH013, GitLab's protected branches). */
  | { status: 'rules'; words: string }
  /** A hook or another reason that the server gives in its own words. */
  | { status: 'refused'; words: string }
  | { status: 'failed'; trouble: GitTrouble; words: string };

const TROUBLES: readonly [RegExp, GitTrouble][] = [
  [/couldn't find remote ref/i, 'branch-missing'],
  [/Host key verification failed/i, 'host-key'],
  [
    /Permission to \S+ denied|Write access to repository not granted|marked as read.only/i,
    'permission-denied',
  ],
  [/archived so it is read-only|You are not allowed to (push|upload) code/i, 'permission-denied'],
  [/returned error: 403/i, 'permission-denied'],
  [/Repository not found|repository '.*' not found|returned error: 404/i, 'repository-missing'],
  [/does not appear to be a git repository|project you were looking for/i, 'repository-missing'],
  [/Authentication failed|could not read (Username|Password)|terminal prompts disabled/i, 'token-rejected'],
  [/returned error: 401|Permission denied \(|Invalid username or (token|password)/i, 'token-rejected'],
  [/Could not resolve host|Failed to connect|Connection (refused|reset|timed out|closed)/i, 'transient'],
  [/early EOF|RPC failed|hung up unexpectedly|unexpected disconnect|timed out|timeout/i, 'transient'],
  [/returned error: (429|5\d\d)|Network is unreachable|Temporary failure|SSL_ERROR_SYSCALL/i, 'transient'],
];

/** Reasons of a rejected ref that say: the branch is no longer where the lease expects it. */
const STALE =
  /\[rejected\] \((stale info|fetch first|non-fast-forward|needs force)\)|cannot lock ref|incorrect old value|failed to update ref|reference already exists|failed to lock/i;
const RULES = /GH006|GH013|protected branch|repository rule violations|pushes to this branch are restricted/i;

/** Sorts what git printed on stderr when it could not talk to a remote. */
export function troubleIn(stderr: string): GitTrouble {
  return TROUBLES.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
}

/**
 * Reads the outcome of `git push --porcelain` of one ref.
 * Format: git-push(1), section "Output"; status lines are `<flag>\t<from>:<to>\t<summary> (<reason>)`.
 */
export function readPush(result: { code: number; stdout: string; stderr: string }): PushOutcome {
  if (result.code === 0) return { status: 'landed' };
  const rejected = result.stdout.split('\n').find((line) => line.startsWith('!\t'));
  const words = serverWords(result.stderr);
  if (rejected === undefined) return { status: 'failed', trouble: troubleIn(result.stderr), words };
  const summary = rejected.split('\t')[2] ?? '';
  const said = [words, summary.replace('[remote rejected]', '').trim()].filter(Boolean).join('\n');
  if (RULES.test(summary) || RULES.test(words)) return { status: 'rules', words: said };
  if (STALE.test(summary) || STALE.test(result.stderr)) return { status: 'stale' };
  // The connection broke after the server took the objects: its verdict is not known.
  if (/remote failed to report status/.test(summary)) {
    return { status: 'failed', trouble: 'transient', words: said };
  }
  return { status: 'refused', words: said };
}

/** The part of stderr that a person needs: the server's lines, else git's own; no hints, no progress. */
export function serverWords(stderr: string): string {
  const lines = stderr
    .split(/\r?\n|\r/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^(hint:|warning:|To |Pushing to )/.test(line));
  const remote = lines
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote:'.length).trim())
    .filter((line) => line !== '');
  return (remote.length > 0 ? remote : lines).slice(-12).join('\n');
}
