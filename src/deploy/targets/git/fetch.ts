import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type ReleaseError, type ProblemDraft } from '../../../lib/errors.js';
import { backoffMs, type Clockwork } from '../../../lib/sleep.js';
import type { ReadOptions } from '../../target.js';
import { classifyGitFailure, serverMessage, type GitFailure } from './output.js';
import type { GitRepository, OwnRepository } from './repository.js';
import { branchFix } from '../repository-name.js';

const READ_TRIES = 4;

/** Git could not talk to the remote; `explainFailure` finds out what to do. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
  constructor(
    readonly kind: GitFailure,
    readonly stderr: string,
  ) {
    super(stderr);
  }
}

/**
 * Fetches from the remote, one at a time: git doesn't wait for its lock on the list of shallow commits.
 * @returns the commits of the fetched refs, by their full name at the remote
 * @param options.haves which commits the server may assume to be here; default: those of the refs
 * @throws GitFailed
 */
export type Fetch = (
  args: readonly string[],
  options?: ReadOptions & { input?: string; haves?: 'none' },
) => Promise<Map<string, string>>;

/** Fetches into a repository of our own; after a network failure it tries again a few times. */
export function fetchInto(repository: OwnRepository, clockwork: Clockwork): Fetch {
  let previous: Promise<unknown> = Promise.resolve();
  const fetch: Fetch = async (args, { signal, input, haves } = {}) => {
    const settings = haves === 'none' ? ['-c', 'fetch.negotiationAlgorithm=noop'] : [];
    const common = ['--quiet', '--no-tags', '--no-recurse-submodules', '--update-shallow'];
    for (let tries = 1; ; tries++) {
      const done = await repository.git([...settings, 'fetch', ...common, ...args], { signal, input });
      if (done.code === 0) return readFetchHead(repository);
      const kind = done.timedOut ? 'transient' : classifyGitFailure(done.stderr);
      if (kind !== 'transient' || tries >= READ_TRIES) throw new GitFailed(kind, done.stderr);
      await clockwork.sleep(backoffMs(tries, clockwork.random), signal);
    }
  };
  return (...call) => {
    const result = previous.then(() => fetch(...call));
    previous = result.catch(() => undefined);
    return result;
  };
}

/** FETCH_HEAD, see git-fetch(1): `<oid> TAB [not-for-merge] TAB [branch|tag] '<name>' of <url>`. */
async function readFetchHead({ folder }: OwnRepository): Promise<Map<string, string>> {
  const text = await readFile(join(folder, 'FETCH_HEAD'), 'utf8');
  const refs = new Map<string, string>();
  for (const [, oid = '', kind, name = ''] of text.matchAll(
    /^([0-9a-f]{40,64})\t[^\t]*\t(?:(branch|tag) )?'(\S+)' of /gm,
  )) {
    refs.set(kind === undefined ? name : `refs/${kind === 'tag' ? 'tags' : 'heads'}/${name}`, oid);
  }
  return refs;
}

/** Says why a remote could not be read; of a missing branch, which ones exist. */
export async function explainFailure(
  { url, snapshots }: { url: string; snapshots: GitRepository },
  branch: string,
  { kind, stderr }: GitFailed,
): Promise<ReleaseError> {
  const place = { url, branch, detail: serverMessage(stderr) };
  if (kind !== 'branch-missing') return failure(gitProblem(kind, place));
  const listed = await snapshots.git(['ls-remote', '--heads', 'target']);
  const branches = [...listed.stdout.toString('utf8').matchAll(/\trefs\/heads\/(.+)/g)].map(([, name = '']) => name);
  const isEmpty = listed.code === 0 && branches.length === 0;
  return failure(gitProblem(isEmpty ? 'repository-empty' : kind, { ...place, branches }));
}

export interface GitPlace {
  url: string;
  branch: string;
  detail: string;
  branches?: string[];
}

type GitProblemKind = GitFailure | 'repository-empty' | 'rules' | 'refused';

const DRAFTS: Record<GitProblemKind, (place: GitPlace) => Omit<ProblemDraft, 'detail'>> = {
  'branch-missing': ({ url, branch, branches }) => ({
    code: 'deploy/target-missing',
    message: `There is no branch "${branch}" in ${url}.`,
    fix: branchFix(branches),
  }),
  'repository-empty': ({ url }) => ({
    code: 'deploy/target-missing',
    message: `${url} has no commit yet, so there is no Kustomization to edit.`,
    fix: 'Push a first commit that holds the Kustomization.',
  }),
  'repository-missing': ({ url }) => ({
    code: 'deploy/target-missing',
    message: `There is no git repository at ${url}, or the credentials may not see it.`,
    fix: `Try \`git ls-remote ${url}\`; correct the address or the access of the credentials.`,
  }),
  'token-rejected': ({ url }) => ({
    code: 'deploy/permission-denied',
    message: `${url} did not accept the credentials, or git has none for it.`,
    fix: `Make \`git ls-remote ${url}\` work without a prompt (credential helper, ssh agent), or give a token.`,
  }),
  'permission-denied': ({ url, branch }) => ({
    code: 'deploy/permission-denied',
    message: `The credentials may not push to branch ${branch} of ${url}.`,
    fix: 'Use a user, token or deploy key with write access (in GitHub Actions: `contents: write` in the `permissions` of the job).',
  }),
  'host-key': ({ url }) => ({
    code: 'deploy/git-failed',
    message: `ssh does not know the host key of ${url}.`,
    fix: "Add the server's published key to known_hosts (ssh-keyscan shows what it presents; compare it first).",
  }),
  transient: ({ url }) => ({ code: 'deploy/gave-up', message: `${url} could not be reached in several tries.` }),
  'not-atomic': ({ url }) => ({ code: 'deploy/git-failed', message: `${url} can't move several refs together.` }),
  other: ({ url }) => ({
    code: 'deploy/git-failed',
    message: `git could not work with ${url}.`,
    fix: `Read its message below; \`git ls-remote ${url}\` must work from here.`,
  }),
  rules: ({ url, branch }) => ({
    code: 'deploy/rules-refuse',
    message: `A branch rule refuses the deploy commit on ${branch} of ${url}.`,
    fix: 'Allow the pushing user or app to bypass the rule, or set deploy.branch to a branch without it.',
  }),
  refused: ({ url, branch }) => ({
    code: 'deploy/push-refused',
    message: `The server refused the deploy commit on ${branch} of ${url}.`,
  }),
};

export function gitProblem(kind: GitProblemKind, place: GitPlace): ProblemDraft {
  return { ...DRAFTS[kind](place), detail: place.detail || undefined };
}
