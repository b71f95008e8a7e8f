export type GitFailure =
  | 'branch-missing'
  | 'repository-missing'
  | 'token-rejected'
  | 'permission-denied'
  | 'host-key'
  /** The server can't move several refs together (git's `atomic` capability); nothing was sent. */
  | 'not-atomic'
  | 'transient'
  | 'other';

export type PushOutcome =
  | { status: 'landed' }
  | { status: 'stale' }
  | PushRefusal
  | { status: 'failed'; kind: GitFailure; detail: string };

export interface PushRefusal {
  /** rules: branch protection; refused: a hook, or another reason that the server gives. */
  status: 'rules' | 'refused';
  /** The refs that the server refuses; the others of an atomic push only fall with them. */
  refs: string[];
  /** Refs that moved anyway: git checks for hidden refs outside the transaction. */
  landed: string[];
  detail: string;
}

/** The first match counts. */
const FAILURES: readonly [RegExp, GitFailure][] = [
  [/does not support --atomic push/i, 'not-atomic'],
  [/couldn't find remote ref/i, 'branch-missing'],
  [/Host key verification failed/i, 'host-key'],
  [
    /Permission to \S+ denied|Write access to repository not granted|marked as read.only|archived so it is read-only|You are not allowed to (push|upload) code|returned error: 403/i,
    'permission-denied',
  ],
  [
    /Repository not found|repository '.*' not found|returned error: 404|does not appear to be a git repository|project you were looking for/i,
    'repository-missing',
  ],
  [
    /Authentication failed|could not read (Username|Password)|terminal prompts disabled|returned error: 401|Permission denied \(|Invalid username or (token|password)/i,
    'token-rejected',
  ],
  [
    /Could not resolve host|Failed to connect|Connection (refused|reset|timed out|closed)|Empty reply from server|(Recv|Send) failure|transfer closed with|Broken pipe|HTTP\/2 stream|(GnuTLS|OpenSSL).*(recv|read|write)|early EOF|RPC failed|hung up unexpectedly|unexpected disconnect|timed out|timeout|returned error: (429|5\d\d)|Network is unreachable|Temporary failure|SSL_ERROR_SYSCALL/i,
    'transient',
  ],
];

/** Reasons of a rejected ref that say: it does not point to the expected commit any more. */
const STALE =
  /^\[rejected\] \((stale info|fetch first|non-fast-forward|needs force)\)|cannot lock ref|incorrect old value|failed to update ref|reference already exists|failed to lock/i;
/** What git says of refs that only fall with another one of the same push. */
const BYSTANDER = /atomic push (failed|failure)|transaction (failed|aborted)/i;
/** A branch `a` leaves no room for `a/b`, nor the other way round: no race, it stays so. */
const NO_ROOM = /cannot lock ref '([^']+)': '[^']+' exists; cannot create/i;
const RULES = /GH006|GH013|protected branch|repository rule violations/i;

export function classifyGitFailure(stderr: string): GitFailure {
  return FAILURES.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
}

/**
 * Reads the outcome of `git push --porcelain`.
 * Format: git-push(1), section "Output"; status lines are `<flag>\t<from>:<to>\t<summary> (<reason>)`.
 */
export function readPush(result: { code: number; stdout: string; stderr: string }): PushOutcome {
  const { code, stdout, stderr } = result;
  if (code === 0) return { status: 'landed' };
  const lines = [...stdout.matchAll(/^(.)\t[^\t\n]*:([^\t\n]+)\t(.*)$/gm)].map(
    ([, flag = '', ref = '', summary = '']) => ({ flag, ref, summary }),
  );
  const rejected = lines.filter(({ flag }) => flag === '!');
  const message = serverMessage(stderr);
  if (rejected.length === 0)
    return { status: 'failed', kind: classifyGitFailure(stderr), detail: message || `git push: exit ${code}` };

  const noRoom = NO_ROOM.exec(stderr)?.[1];
  const causes = rejected.filter(({ ref, summary }) =>
    noRoom === undefined ? !BYSTANDER.test(summary) : ref === noRoom,
  );
  const summaries = causes.map(({ summary }) => summary);
  const reasons = new Set(summaries.map((summary) => summary.replace('[remote rejected]', '').trim()));
  const detail = [message, ...reasons].filter(Boolean).join('\n');
  const status = [message, ...summaries].some((text) => RULES.test(text)) ? 'rules' : 'refused';
  if (status === 'refused' && noRoom === undefined) {
    if (causes.length === 0 || [stderr, ...summaries].some((text) => STALE.test(text))) return { status: 'stale' };
    // The connection broke after the server took the objects: what it decided is not known.
    if (summaries.some((summary) => summary.includes('remote failed to report status')))
      return { status: 'failed', kind: 'transient', detail };
  }
  return {
    status,
    refs: causes.map(({ ref }) => ref),
    landed: lines.filter(({ flag }) => flag !== '!').map(({ ref }) => ref),
    detail,
  };
}

/** The part of stderr that a person needs: the server's lines, else git's own; no hints, no progress. */
export function serverMessage(stderr: string): string {
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
