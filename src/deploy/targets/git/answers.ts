/** What git's words mean for a deploy. Pure; the tables are tried in order, the first match counts. */
export type GitTrouble =
  | 'branch-missing'
  | 'repository-missing'
  | 'token-rejected'
  | 'permission-denied'
  | 'host-key'
  /** The server can't move several refs together (git's `atomic` capability); nothing was sent. */
  | 'not-atomic'
  /** Network or server trouble: worth another try. */
  | 'transient'
  | 'other';

export type PushOutcome =
  | { status: 'landed' }
  | { status: 'stale' }
  | Refusal
  | { status: 'failed'; trouble: GitTrouble; words: string };

export interface Refusal {
  /**
   * rules: a branch rule (GH006, GH013, GitLab's protected branches); refused: a hook or another reason that
   * the server gives in its own words.
   */
  status: 'rules' | 'refused';
  /** The refs that the server has something against; the others of an atomic push only fall with them. */
  refs: string[];
  /** Refs that moved all the same: git's own server checks for hidden refs outside the transaction. */
  landed: string[];
  words: string;
}

const TROUBLES: readonly [RegExp, GitTrouble][] = [
  [/does not support --atomic push/i, 'not-atomic'],
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
  [/Empty reply from server|(Recv|Send) failure|transfer closed with|Broken pipe/i, 'transient'],
  [
    /HTTP\/2 stream|(GnuTLS|OpenSSL).*(recv|read|write)|TLS connection was non-properly terminated/i,
    'transient',
  ],
  [/early EOF|RPC failed|hung up unexpectedly|unexpected disconnect|timed out|timeout/i, 'transient'],
  [/returned error: (429|5\d\d)|Network is unreachable|Temporary failure|SSL_ERROR_SYSCALL/i, 'transient'],
];

/** Reasons of a rejected ref that say: it is no longer where the lease expects it. */
const STALE =
  /^\[rejected\] \((stale info|fetch first|non-fast-forward|needs force)\)|cannot lock ref|incorrect old value|failed to update ref|reference already exists|failed to lock/i;
/** What git says of the refs that only fall with another one of the same push. */
const BYSTANDER = /atomic push (failed|failure)|transaction (failed|aborted)/i;
/** A branch `a` leaves no room for `a/b`, nor the other way round: no race, it stays so. */
const NO_ROOM = /cannot lock ref '([^']+)': '[^']+' exists; cannot create/i;
const RULES =
  /GH006|GH013|protected branch|repository rule violations|pushes to this branch are (restricted|not permitted)|can only be modified through pull requests/i;

/** Sorts what git printed on stderr when it could not talk to a remote. */
export function troubleIn(stderr: string): GitTrouble {
  return TROUBLES.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
}

/**
 * Reads the outcome of `git push --porcelain`.
 * Format: git-push(1), section "Output"; status lines are `<flag>\t<from>:<to>\t<summary> (<reason>)`.
 */
export function readPush(result: { code: number; stdout: string; stderr: string }): PushOutcome {
  if (result.code === 0) return { status: 'landed' };
  const words = serverWords(result.stderr);
  const lines = statusLines(result.stdout);
  const rejected = lines.filter(({ flag }) => flag === '!');
  if (rejected.length === 0) return { status: 'failed', trouble: troubleIn(result.stderr), words };

  const noRoom = NO_ROOM.exec(result.stderr)?.[1];
  const causes = causesOf(rejected, words, noRoom);
  const summaries = causes.map(({ summary }) => summary).join('\n');
  const said = [
    words,
    ...new Set(causes.map(({ summary }) => summary.replace('[remote rejected]', '').trim())),
  ]
    .filter(Boolean)
    .join('\n');
  const status = RULES.test(summaries) || RULES.test(words) ? 'rules' : 'refused';
  if (status === 'refused' && noRoom === undefined) {
    const stale = causes.length === 0 || causes.some(({ summary }) => STALE.test(summary));
    if (stale || STALE.test(result.stderr)) return { status: 'stale' };
    // The connection broke after the server took the objects: its verdict is not known.
    if (/remote failed to report status/.test(summaries)) {
      return { status: 'failed', trouble: 'transient', words: said };
    }
  }
  return {
    status,
    refs: causes.map(({ ref }) => ref),
    landed: lines.filter(({ flag }) => flag !== '!').map(({ ref }) => ref),
    words: said,
  };
}

interface StatusLine {
  flag: string;
  ref: string;
  summary: string;
}

function statusLines(stdout: string): StatusLine[] {
  return [...stdout.matchAll(/^(.)\t[^\t\n]*:([^\t\n]+)\t(.*)$/gm)].map(
    ([, flag = '', ref = '', summary = '']) => ({ flag, ref, summary }),
  );
}

/** The refs that have a reason of their own; where a hook declines all alike, those that it names. */
function causesOf(rejected: StatusLine[], words: string, noRoom: string | undefined): StatusLine[] {
  if (noRoom !== undefined) return rejected.filter(({ ref }) => ref === noRoom);
  const own = rejected.filter(({ summary }) => !BYSTANDER.test(summary));
  const named = own.filter(({ ref }) =>
    words.split(/[^\w./@+-]+/).some((word) => word.replace(/[.,]+$/, '') === ref),
  );
  return named.length > 0 ? named : own;
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
