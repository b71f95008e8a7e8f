import { textOf, trustedGit, type Checkout } from './git.js';
import { forgeHosts } from './git-source.js';
import { parseRemote } from './git-remote.js';
import type { Source } from './source.js';

export interface ForgeHistory {
  /** Commit of a ref (`heads/main`); undefined: it doesn't exist. */
  tipOf(ref: string): Promise<string | undefined>;
  compare(base: string, head: string): Promise<'ahead' | 'identical' | 'behind' | 'diverged' | 'unknown'>;
}

export interface CommitClaim {
  source: Source;
  /** Commits that the event itself names for its ref. */
  named: readonly string[];
  checkout: Checkout;
  /** Opened only if the checkout can't confirm the commit; undefined: there is no token. */
  openForge(): Promise<ForgeHistory | undefined>;
}

/**
 * Checks that the checked-out commit is part of the event's ref: the commit that the event names, an ancestor of it, or
 * a commit of the branch as it is now. Workflows that run for a branch may check out anything: under `workflow_run` and
 * `issue_comment` often the head of a fork.
 * @returns why the commit isn't part of the ref; undefined if it is
 * @throws ReleaseError if the forge doesn't answer
 */
export async function objectionToCommit(claim: CommitClaim): Promise<string | undefined> {
  const { source, named } = claim;
  const { commit, ref } = source;
  if ((ref.type === 'pull-request' && ref.fork) || named.includes(commit)) return undefined;
  if (await isKnownLocally(claim)) return undefined;
  const forge = await claim.openForge();
  if (forge !== undefined && (await isKnownToForge(claim, forge))) return undefined;
  return forge === undefined
    ? `commit ${commit.slice(0, 12)} is not known to be part of ${nameOf(source)}, and there is no token to ask GitHub`
    : `commit ${commit.slice(0, 12)} is not part of ${nameOf(source)}`;
}

/** A shallow checkout lacks most of the history: it can confirm a commit, but not refute it. */
async function isKnownLocally({ source, named, checkout }: CommitClaim): Promise<boolean> {
  const heads = [...named, ...(await trackingRefs(source, checkout))];
  for (const head of heads) {
    const { code } = await git(checkout, ['merge-base', '--is-ancestor', source.commit, head]);
    if (code === 0) return true;
  }
  return false;
}

/** Only if `origin` is the repository of the event: a workflow may have checked out a fork. */
async function trackingRefs(source: Source, checkout: Checkout): Promise<string[]> {
  const result = await git(checkout, ['remote', 'get-url', 'origin']);
  const { repository } = parseRemote(textOf(result), forgeHosts(checkout.env));
  const isOwn = result.code === 0 && repository?.toLowerCase() === source.repository?.toLowerCase();
  return isOwn && repository !== undefined ? branchesOf(source).map((branch) => `refs/remotes/origin/${branch}`) : [];
}

async function isKnownToForge({ source, named }: CommitClaim, forge: ForgeHistory): Promise<boolean> {
  const contains = async (head: string) => ['ahead', 'identical'].includes(await forge.compare(source.commit, head));
  for (const head of named) if (await contains(head)) return true;
  for (const branch of branchesOf(source)) {
    const tip = await forge.tipOf(`heads/${branch}`);
    if (tip !== undefined && (await contains(tip))) return true;
  }
  return false;
}

/** Branches that may have moved since the event. A tag doesn't move. */
function branchesOf({ ref }: Source): string[] {
  if (ref.type === 'pull-request') return [ref.head, ref.base].filter((name) => name !== '');
  return ref.type === 'branch' ? [ref.name] : [];
}

function nameOf({ ref }: Source): string {
  if (ref.type === 'pull-request') return `pull request ${ref.number}`;
  return ref.type === 'commit' ? 'the ref of this run' : `${ref.type} ${ref.name}`;
}

/** Replacement objects are no history. */
function git({ cwd, env }: Checkout, args: string[]) {
  return trustedGit({ cwd, env: { ...env, GIT_NO_REPLACE_OBJECTS: '1' } }, args);
}
