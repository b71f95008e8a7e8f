import type { Clockwork } from '../../../lib/backoff.js';
import type { Relation } from '../../order.js';
import type { ReadOptions } from '../../target.js';
import { fetchInto, type Fetch, type Fetched, type FetchFailed } from './fetch.js';
import type { GitRepository, OwnRepository, Workspace } from './repository.js';

/** Reading history must not reach for the network behind our back, nor follow what a user grafted. */
export const AS_IT_IS = { GIT_NO_LAZY_FETCH: '1', GIT_NO_REPLACE_OBJECTS: '1' };

export type Graph = ReturnType<typeof createGraph>;

/**
 * The history of the remote. The user's checkout has it, as far as it is deep enough; else the commits alone are
 * fetched, once, into a separate repository: in the one for snapshots history ends at the first commit.
 */
export function createGraph(workspace: Workspace, clockwork: Clockwork) {
  let opened: Promise<{ repository: OwnRepository; fetch: Fetch }> | undefined;
  let fetched: Promise<Fetched> | undefined;

  const open = () =>
    (opened ??= workspace
      .another('history.git')
      .then((repository) => ({ repository, fetch: fetchInto(repository, clockwork) })));

  /** Once; what failed may be tried again. */
  async function fetchHistory(fetch: Fetch, options: ReadOptions): Promise<Fetched> {
    const everything = ['+refs/heads/*:refs/history/heads/*', '+refs/tags/*:refs/history/tags/*'];
    fetched ??= fetch(['--filter=tree:0', 'target', ...everything], options);
    try {
      const history = await fetched;
      if (history.status === 'failed') fetched = undefined;
      return history;
    } catch (error) {
      fetched = undefined;
      throw error;
    }
  }

  return {
    async compare(base: string, head: string, options: ReadOptions): Promise<Relation | FetchFailed> {
      if (!isCommitId(base) || !isCommitId(head)) return 'unknown';
      const known = await compareInCheckout(workspace.checkout, base, head, options);
      if (known !== undefined) return known;
      const { repository, fetch } = await open();
      const history = await fetchHistory(fetch, options);
      if (history.status === 'failed') return history;
      const relation = await relate(repository, base, head, options);
      if (relation !== undefined) return relation;
      // No branch holds it any more, or it came after our fetch.
      for (const id of [base, head].filter((id) => /^[0-9a-f]{40,64}$/.test(id))) {
        await fetch(['--filter=tree:0', 'target', id], options);
      }
      return (await relate(repository, base, head, options)) ?? 'unknown';
    },
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
