import type { Clockwork } from '../../../lib/sleep.js';
import { MOST_LISTED, type Relation, type SourceCommit, type SourceHistory } from '../../order.js';
import type { ReadOptions } from '../../target.js';
import { fetchInto, GitFailed } from './fetch.js';
import type { GitRepository, Workspace } from './repository.js';
import { TRAILERS } from '../../commit-message.js';

/** Reading history must not reach for the network behind our back, nor follow what a user grafted. */
export const AS_IT_IS = { GIT_NO_LAZY_FETCH: '1', GIT_NO_REPLACE_OBJECTS: '1' };

/**
 * The history of the remote. The user's checkout has it, as far as it is deep enough; else the commits alone are
 * fetched, once, into a separate repository: in the one for snapshots history ends at the first commit.
 * @returns compares two commits. It throws GitFailed
 */
export function createGraph(workspace: Workspace, clockwork: Clockwork) {
  let opened: ReturnType<typeof openHistory> | undefined;

  async function openHistory(options: ReadOptions) {
    const repository = await workspace.another('history.git');
    const fetch = fetchInto(repository, clockwork);
    const everything = ['+refs/heads/*:refs/history/heads/*', '+refs/tags/*:refs/history/tags/*'];
    await fetch(['--filter=tree:0', 'target', ...everything], options);
    return { repository, fetch };
  }

  return async (base: string, head: string, options: ReadOptions): Promise<Relation> => {
    if (!isCommitId(base) || !isCommitId(head)) return 'unknown';
    const known = await compareInCheckout(workspace.checkout, base, head, options);
    if (known !== undefined) return known;
    opened ??= openHistory(options).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    const { repository, fetch } = await opened;
    const relation = await relate(repository, base, head, options);
    if (relation !== undefined) return relation;
    // No branch holds it any more, or it came after our fetch.
    for (const id of [base, head].filter((id) => /^[0-9a-f]{40,64}$/.test(id))) {
      await fetch(['--filter=tree:0', 'target', id], options).catch((error: unknown) => {
        if (!(error instanceof GitFailed)) throw error;
      });
    }
    return (await relate(repository, base, head, options)) ?? 'unknown';
  };
}

/**
 * Compares commits in the history that a checkout has; undefined: it lacks one of them, or the commits in between. A way
 * from one to the other proves their order in a shallow checkout, too; that there is none proves nothing there.
 */
export async function compareInCheckout(
  checkout: GitRepository,
  base: string,
  head: string,
  options: ReadOptions,
): Promise<Relation | undefined> {
  const relation = await relate(checkout, base, head, options);
  if (relation !== 'diverged') return relation;
  const asked = await checkout.git(['rev-parse', '--is-shallow-repository'], { env: AS_IT_IS });
  return asked.stdout.toString('utf8').trim() === 'false' ? relation : undefined;
}

const isCommitId = (text: string) => /^[0-9a-f]{4,64}$/.test(text);

/** Counts what each side has that the other one has not; undefined when one of them is not there. */
async function relate(
  repository: GitRepository,
  base: string,
  head: string,
  { signal }: ReadOptions,
): Promise<Relation | undefined> {
  const counted = await repository.git(
    ['rev-list', '--left-right', '--count', `${base}^{commit}...${head}^{commit}`, '--'],
    { signal, env: AS_IT_IS },
  );
  const [, left, right] = /^(\d+)\t(\d+)/.exec(counted.stdout.toString('utf8')) ?? [];
  if (counted.code !== 0 || left === undefined || right === undefined) return undefined;
  if (left === '0') return right === '0' ? 'identical' : 'ahead';
  return right === '0' ? 'behind' : 'diverged';
}

/** Deploy commits, which are no part of the source. */
const WITHOUT_OWN = ['--invert-grep', `--grep=^${TRAILERS.id}: `];
const FORMAT = '%H%x1f%an%x1f%ae%x1f%aI%x1f%s';

/** The commits from one to a later one; undefined: the checkout lacks a part of them. */
export async function historyInCheckout(
  checkout: GitRepository,
  base: string,
  head: string,
  options: ReadOptions,
): Promise<SourceHistory | undefined> {
  if ((await compareInCheckout(checkout, base, head, options)) !== 'ahead') return undefined;
  const range = `${base}..${head}`;
  const [counted, commits] = await Promise.all([
    checkout.git(['rev-list', '--count', ...WITHOUT_OWN, range, '--'], { env: AS_IT_IS, signal: options.signal }),
    listCommits(checkout, [...WITHOUT_OWN, range], MOST_LISTED, options),
  ]);
  return counted.code === 0 && commits !== undefined
    ? { commits, total: Number(counted.stdout.toString()) }
    : undefined;
}

/** Undefined: the checkout doesn't have it. */
export async function commitInCheckout(
  checkout: GitRepository,
  commit: string,
  options: ReadOptions,
): Promise<SourceCommit | undefined> {
  return (await listCommits(checkout, [commit], 1, options))?.[0];
}

async function listCommits(
  checkout: GitRepository,
  range: readonly string[],
  most: number,
  { signal }: ReadOptions,
): Promise<SourceCommit[] | undefined> {
  const args = ['log', `--max-count=${most}`, `--format=${FORMAT}`, '--no-show-signature', ...range, '--'];
  const { code, stdout } = await checkout.git(args, { env: AS_IT_IS, signal });
  if (code !== 0) return undefined;
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [commit = '', name = '', email = '', date = '', ...subject] = line.split('\u001f');
    return { commit, author: { name, email }, date, subject: subject.join(' ') };
  });
}
