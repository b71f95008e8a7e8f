import { classifyGitFailure, readPush } from '../../../src/deploy/targets/git/output.js';

const rejected = (summary: string) => `To /x\n!\tabc:refs/heads/main\t${summary}\nDone\n`;

test.each([
  ['an outdated lease', rejected('[rejected] (stale info)'), '', 'stale'],
  ['a branch that is ahead', rejected('[rejected] (fetch first)'), '', 'stale'],
  ['a race inside the server', rejected('[remote rejected] (failed to update ref)'), '', 'stale'],
  [
    'a lock that another push holds',
    rejected("[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)"),
    '',
    'stale',
  ],
  [
    'classic branch protection',
    rejected('[remote rejected] (protected branch hook declined)'),
    'remote: error: GH006: Protected branch update failed for refs/heads/main.\n',
    'rules',
  ],
  [
    'a ruleset',
    rejected('[remote rejected] (push declined due to repository rule violations)'),
    'remote: error: GH013: Repository rule violations found for refs/heads/main.\n',
    'rules',
  ],
  [
    "GitLab's protected branches",
    rejected('[remote rejected] (pre-receive hook declined)'),
    'remote: GitLab: You are not allowed to push code to protected branches on this project.\n',
    'rules',
  ],
  ['a hook', rejected('[remote rejected] (pre-receive hook declined)'), 'remote: no\n', 'refused'],
  ['a missing status report', rejected('[remote failure] (remote failed to report status)'), '', 'failed'],
  ['a broken connection', '', 'fatal: the remote end hung up unexpectedly\n', 'failed'],
])('classifies the result of a push: %s', (_, stdout, stderr, status) => {
  expect(readPush({ code: 1, stdout, stderr }).status).toBe(status);
});

test.each([
  ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", 'token-rejected'],
  ["remote: Invalid username or token.\nfatal: Authentication failed for 'https://github.com/a/b/'", 'token-rejected'],
  ['git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'token-rejected'],
  ['ERROR: Permission to acme/app.git denied to someone.', 'permission-denied'],
  ['ERROR: The key you are authenticating with has been marked as read only.', 'permission-denied'],
  ['remote: Repository not found.', 'repository-missing'],
  ["fatal: '/nowhere' does not appear to be a git repository", 'repository-missing'],
  ['Host key verification failed.', 'host-key'],
  ["fatal: unable to access 'https://x/': Could not resolve host: x", 'transient'],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 503", 'transient'],
  ['ssh: connect to host x port 22: Connection timed out', 'transient'],
  ["fatal: unable to access 'https://x/': Empty reply from server", 'transient'],
  ["fatal: unable to access 'https://x/': Recv failure: Connection reset by peer", 'transient'],
  ['error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly', 'transient'],
  [
    "fatal: unable to access 'https://x/': GnuTLS recv error (-110): The TLS connection was non-properly terminated.",
    'transient',
  ],
  ["fatal: couldn't find remote ref refs/heads/x", 'branch-missing'],
  ['fatal: the receiving end does not support --atomic push', 'not-atomic'],
  ['fatal: something new', 'other'],
])('classifies a git failure: %s', (stderr, kind) => {
  expect(classifyGitFailure(stderr)).toBe(kind);
});

const LEDGER = 'refs/image-release/main';

/** The output of git for a push of branch and ledger that the server refused. */
const both = (branch: string, ledger: string) =>
  `To /x\n${branch.startsWith('[') ? '!' : ' '}\tabc:refs/heads/main\t${branch}\n!\tdef:${LEDGER}\t${ledger}\nDone\n`;

test.each([
  [
    "git's atomic push",
    both('[remote rejected] (atomic push failure)', '[remote rejected] (hook declined)'),
    'remote: error: hook declined to update refs/image-release/main\n',
    [LEDGER],
    [],
  ],
  [
    'a hidden ref, while the branch was updated',
    both('1111111..2222222', '[remote rejected] (deny updating a hidden ref)'),
    '',
    [LEDGER],
    ['refs/heads/main'],
  ],
  [
    'an invalid ref name',
    both('[remote rejected] (atomic push failure)', '[remote rejected] (funny refname)'),
    '',
    [LEDGER],
    [],
  ],
  [
    'Gerrit',
    both('[remote rejected] (transaction aborted)', '[remote rejected] (prohibited by Gerrit: not permitted: create)'),
    '',
    [LEDGER],
    [],
  ],
  [
    'a hook that names no ref',
    both('[remote rejected] (pre-receive hook declined)', '[remote rejected] (pre-receive hook declined)'),
    'remote: Change freeze until Monday.\n',
    ['refs/heads/main', LEDGER],
    [],
  ],
  [
    'a ref that conflicts with an existing one',
    both('[remote rejected] (atomic transaction failed)', '[remote rejected] (atomic transaction failed)'),
    "remote: error: cannot lock ref 'refs/image-release/main': 'refs/image-release/main/eu' exists; cannot create 'refs/image-release/main'\n",
    [LEDGER],
    [],
  ],
])('finds the refs that the server refused: %s', (_, stdout, stderr, refs, landed) => {
  expect(readPush({ code: 1, stdout, stderr })).toMatchObject({ status: 'refused', refs, landed });
});

test.each([
  ['before the push, on the ledger', both('[rejected] (atomic push failed)', '[rejected] (stale info)'), ''],
  [
    'inside the server, on a ref that git names',
    both('[remote rejected] (atomic transaction failed)', '[remote rejected] (atomic transaction failed)'),
    "remote: error: cannot lock ref 'refs/heads/main': is at 1 but expected 2\n",
  ],
  [
    "inside the server, on a ref that git doesn't name",
    both('[remote rejected] (atomic transaction failed)', '[remote rejected] (atomic transaction failed)'),
    '',
  ],
  ['on Gerrit', both('[remote rejected] (failed to lock)', '[remote rejected] (transaction aborted)'), ''],
])('detects a lost race for two refs: %s', (_, stdout, stderr) => {
  expect(readPush({ code: 1, stdout, stderr })).toEqual({ status: 'stale' });
});
