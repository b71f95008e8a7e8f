import { failure } from '../../../lib/errors.js';
import { backoffMs } from '../../../lib/backoff.js';
import { retryAfterMs, type FailureKind } from '../../../github/failures.js';
import {
  isList,
  isOid,
  isPull,
  LONGEST_WAIT_MS,
  PAGE_SIZE,
  pagesOf,
  request,
  requestOnce,
  RequestFailed,
  type GitHubRepository,
} from '../../../github/requests.js';
import type { LatestProposal, OpenProposal, Proposals, ProposalText, PutProposal } from '../../proposals/proposals.js';
import type { ReadOptions } from '../../target.js';
import { mergeWhenReady } from './auto-merge.js';
import { readRef } from './history.js';
import type { GitHubPlace } from './problems.js';
import { existsAlready, labelsRefused, mayLag, pullRequestProblem } from './pull-request-problems.js';
import { readRepositoryId, updateRefs, ZEROS } from './writes.js';

export interface GitHubProposalsSpec extends GitHubRepository {
  branch: string;
}

/** A pull request with what `put` compares. */
type Listed = LatestProposal & { title: string; body: string; labels: string[] };

const MOST_TRIES = 6;
const MOST_READS = 3;
const DELETE_TRIES = 4;

const REFUSALS: readonly FailureKind[] = ['permission-denied', 'missing'];

/** Pull requests of a repository at GitHub, from branches of the repository itself. */
export function createGitHubProposals(spec: GitHubProposalsSpec): Proposals {
  const { octokit, owner, repo, branch: base, clockwork } = spec;
  const place: GitHubPlace = { repository: `${owner}/${repo}`, branch: base, detail: '' };

  async function explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof RequestFailed ? failure(pullRequestProblem(error, place)) : error;
    }
  }

  /** The newest pull request from `branch`, or an open one of the same page; whether there may be older ones. */
  async function newestOf(branch: string, state: 'all' | 'open', options: ReadOptions) {
    const query = { base, head: `${owner}:${branch}`, state, sort: 'created', direction: 'desc' } as const;
    const pages = pagesOf(async (page) => {
      const { data } = await request(spec, ({ rest, at }) => rest.pulls.list({ ...at, ...query, ...page }), {
        ...options,
        isAnswer: isList,
      });
      return data;
    });
    for await (const pulls of pages) {
      // GitHub ignores a head that it can't read as `owner:branch`.
      const own = pulls.filter((pull) => pull.head.ref === branch && pull.base.ref === base);
      const pull = own.find((each) => each.state === 'open') ?? own[0];
      if (pull) return { pull, older: pulls.length === PAGE_SIZE };
    }
    return undefined;
  }

  async function list(branch: string, options: ReadOptions): Promise<Listed | undefined> {
    const newest = await newestOf(branch, 'all', options);
    if (!newest) return undefined;
    const isUnsure = newest.older && newest.pull.state !== 'open';
    const { pull } = (isUnsure ? await newestOf(branch, 'open', options) : undefined) ?? newest;
    const { number, html_url: url, head, title, body, labels } = pull;
    const names = labels.map(({ name }) => name);
    const known = { number, url, head: head.sha, title, body: body ?? '', labels: names };
    if (pull.state === 'open') return { ...known, state: 'open' };
    if (!pull.merged_at) return { ...known, state: 'closed' };
    return { ...known, state: 'merged', commit: pull.merge_commit_sha ?? head.sha };
  }

  /** GitHub computes that when it is asked; until then it is null. */
  async function isInConflict({ number }: OpenProposal, options: ReadOptions): Promise<boolean> {
    for (let reads = 1; ; reads++) {
      const { data } = await request(spec, ({ rest, at }) => rest.pulls.get({ ...at, pull_number: number }), {
        ...options,
        isAnswer: isPull(number),
      });
      if (data.mergeable !== null || reads === MOST_READS) return data.mergeable === false;
      await clockwork.sleep(backoffMs(reads, clockwork.random), options.signal);
    }
  }

  /** Made once: after an unknown outcome the pull request may exist. */
  async function create(
    { branch: head, title, body }: ProposalText,
    options: ReadOptions,
  ): Promise<OpenProposal | RequestFailed> {
    const made = await requestOnce(spec, ({ rest, at }) => rest.pulls.create({ ...at, head, base, title, body }), {
      ...options,
      isAnswer: ({ data }) => isOid(data.head.sha),
    });
    if (made instanceof RequestFailed) return made;
    return { number: made.data.number, url: made.data.html_url, head: made.data.head.sha };
  }

  /** A branch that has moved on is another run's to describe. */
  async function update(
    open: Listed,
    { branch, head, title, body }: ProposalText,
    options: ReadOptions,
  ): Promise<'updated' | 'unchanged' | 'moved'> {
    if (open.head !== head && (await readRef(spec, `refs/heads/${branch}`, options)) !== head) return 'moved';
    if (open.title === title && open.body.trim() === body.trim()) return 'unchanged';
    await request(spec, ({ rest, at }) => rest.pulls.update({ ...at, pull_number: open.number, title, body }), {
      ...options,
      isAnswer: isPull(open.number),
    });
    return 'updated';
  }

  /** GitHub creates labels that the repository does not have yet. */
  async function label({ number, url }: OpenProposal, labels: readonly string[], options: ReadOptions) {
    if (labels.length === 0) return [];
    try {
      await request(
        spec,
        ({ rest, at }) => rest.issues.addLabels({ ...at, issue_number: number, labels: [...labels] }),
        { ...options, isAnswer: ({ data }) => isList({ data }) && data.length > 0 },
      );
      return [];
    } catch (error) {
      if (error instanceof RequestFailed) return [labelsRefused(url, labels, error)];
      throw error;
    }
  }

  async function put(text: ProposalText, options: ReadOptions): Promise<PutProposal> {
    for (let tries = 1; ; tries++) {
      const found = await list(text.branch, options);
      if (found?.state === 'open') {
        const { number, url } = found;
        const done = await update(found, text, options);
        const missing = text.labels.filter((name) => !found.labels.includes(name));
        const warnings = done === 'moved' ? [] : await label(found, missing, options);
        return { number, url, head: text.head, state: 'open', done, warnings };
      }
      if (found?.head === text.head) return { ...summaryOf(found), warnings: [] };
      const made = await create(text, options);
      if (!(made instanceof RequestFailed)) {
        const warnings = await label(made, text.labels, options);
        return { ...made, head: text.head, state: 'open', done: 'opened', warnings };
      }
      const again = made.kind === 'rate-limited' || made.kind === 'transient' || existsAlready(made) || mayLag(made);
      const wait = made.kind === 'rate-limited' ? retryAfterMs(made.failure) : 0;
      if (!again || tries >= MOST_TRIES || wait > LONGEST_WAIT_MS) throw made;
      await clockwork.sleep(backoffMs(tries, clockwork.random, wait), options.signal);
    }
  }

  /**
   * Deletes a branch that points to `head`, and no other: a newer run may have written its own proposal to it.
   * @returns `kept`: the server does not let it be deleted
   */
  async function deleteBranch(branch: string, head: string, options: ReadOptions) {
    const id = await readRepositoryId(spec);
    const name = `refs/heads/${branch}`;
    for (let tries = 1; tries <= DELETE_TRIES; tries++) {
      const now = await readRef(spec, name, options);
      if (now === undefined) return 'deleted';
      if (now !== head) return 'moved';
      const failed = await updateRefs(spec, id, [{ name, before: head, after: ZEROS, force: false }]);
      if (!failed) return 'deleted';
      if (failed.kind === 'rules' || failed.kind === 'permission-denied') return 'kept';
      await clockwork.sleep(backoffMs(tries, clockwork.random), options.signal);
    }
    return 'kept';
  }

  return {
    server: serverOf(octokit.request.endpoint.DEFAULTS.baseUrl),

    async proveRights(options = {}): Promise<void> {
      // A pull request from a branch into itself is always refused; a missing right is reported before that.
      const made = await requestOnce(
        spec,
        ({ rest, at }) => rest.pulls.create({ ...at, head: base, base, title: 'Deploy' }),
        options,
      );
      if (made instanceof RequestFailed && REFUSALS.includes(made.kind)) throw failure(pullRequestProblem(made, place));
    },

    find: (branch, options = {}) =>
      explained(async () => {
        const found = await list(branch, options);
        if (found?.state !== 'open') return undefined;
        const { number, url, head } = found;
        return { number, url, head };
      }),

    latest: (branch, options = {}) =>
      explained(async () => {
        const found = await list(branch, options);
        if (!found) return undefined;
        if (found.state !== 'open') return summaryOf(found);
        const { number, url, head, state } = found;
        return { number, url, head, state, conflicts: await isInConflict(found, options) };
      }),

    put: (proposal, options = {}) => explained(() => put(proposal, options)),

    withdraw: ({ number, branch, head }, reason, options = {}) =>
      explained(async () => {
        // First, because a newer run can win this step; GitHub closes a pull request without a branch.
        if ((await deleteBranch(branch, head, options)) === 'moved') return 'moved';
        await request(spec, ({ rest, at }) => rest.pulls.update({ ...at, pull_number: number, state: 'closed' }), {
          ...options,
          isAnswer: isPull(number),
        });
        await request(
          spec,
          ({ rest, at }) => rest.issues.createComment({ ...at, issue_number: number, body: reason }),
          { ...options, isAnswer: ({ data }) => typeof data.id === 'number' },
        );
        return 'withdrawn';
      }),

    mergeWhenReady: (proposal, merge, options = {}) => mergeWhenReady(spec, proposal, merge, options),
  };
}

function summaryOf(found: Exclude<Listed, { state: 'open' }>) {
  const { number, url, head } = found;
  return found.state === 'merged'
    ? { number, url, head, state: found.state, commit: found.commit }
    : { number, url, head, state: found.state };
}

/** `https://api.github.com` → `https://github.com`; `https://HOST/api/v3` → `https://HOST`. */
function serverOf(apiUrl: string): string {
  const { protocol, host, pathname } = new URL(apiUrl);
  if (pathname.startsWith('/api/')) return `${protocol}//${host}`;
  return `${protocol}//${host.replace(/^api\./, '')}`;
}
