import { failure } from '../../../lib/errors.js';
import { backoffMs } from '../../backoff.js';
import type {
  LatestProposal,
  OpenProposal,
  Proposals,
  ProposalText,
  PutProposal,
} from '../../proposals/proposals.js';
import type { ReadOptions } from '../../target.js';
import type { GitHubPlace } from './problems.js';
import { existsAlready, labelsProblem, mayLag, pullRequestProblem } from './proposals-answers.js';
import { readRef } from './history.js';
import { deleteBranch } from './proposals-branch.js';
import { mergeWhenReady } from './proposals-merging.js';
import { waitOf, type GitHubTrouble } from './answers.js';
import {
  attempt,
  isList,
  isOid,
  isPull,
  LONGEST_WAIT_MS,
  PAGE_SIZE,
  pagesOf,
  request,
  RequestFailed,
} from './requests.js';
import type { GitHubRepository } from './tree.js';

export interface GitHubProposalsSpec extends GitHubRepository {
  /** The branch that pull requests go into. */
  branch: string;
}

/** A pull request with what `put` compares. */
type Listed = LatestProposal & { title: string; body: string; labels: string[] };

const MOST_TRIES = 6;
const MOST_LOOKS = 3;

const REFUSALS: readonly GitHubTrouble[] = ['permission-denied', 'missing', 'single-sign-on', 'archived'];

/** Pull requests of a repository at GitHub, from branches of the repository itself. */
export function createGitHubProposals(spec: GitHubProposalsSpec): Proposals {
  const { octokit, owner, repo, branch: base, clockwork } = spec;
  const at = { owner, repo };
  const place: GitHubPlace = { repository: `${owner}/${repo}`, branch: base, words: '' };

  /** Runs what may be repeated and explains its failure. */
  async function explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof RequestFailed ? failure(pullRequestProblem(error, place)) : error;
    }
  }

  /** The newest pull request from `branch`, or an open one of the same page; whether there may be older ones. */
  async function newestOf(branch: string, state: 'all' | 'open', options: ReadOptions) {
    const pages = pagesOf(async (page) => {
      const { data } = await request(
        (call) =>
          octokit.rest.pulls.list({
            ...{ ...at, base, head: `${owner}:${branch}` },
            ...{ state, sort: 'created', direction: 'desc' },
            ...{ per_page: PAGE_SIZE, page, request: call },
          }),
        clockwork,
        { ...options, isAnswer: isList },
      );
      return data;
    });
    for await (const pulls of pages) {
      // A head that GitHub can't read as `owner:branch` is left out of the query, not refused.
      const own = pulls.filter((pull) => pull.head.ref === branch && pull.base.ref === base);
      const pull = own.find((each) => each.state === 'open') ?? own[0];
      if (pull) return { pull, older: pulls.length === PAGE_SIZE };
    }
    return undefined;
  }

  /** The open pull request from `branch`, else the newest one. */
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

  /** GitHub finds that out once it is asked, and does not know it meanwhile. */
  async function isInConflict({ number }: OpenProposal, options: ReadOptions): Promise<boolean> {
    for (let looks = 1; ; looks++) {
      const { data } = await request(
        (call) => octokit.rest.pulls.get({ ...at, pull_number: number, request: call }),
        clockwork,
        { ...options, isAnswer: isPull(number) },
      );
      if (data.mergeable !== null || looks === MOST_LOOKS) return data.mergeable === false;
      await clockwork.sleep(backoffMs(looks, clockwork.random), options.signal);
    }
  }

  /** Not to be repeated without a look: after an unknown outcome the pull request may be there. */
  async function create(text: ProposalText, options: ReadOptions): Promise<OpenProposal | RequestFailed> {
    const made = await attempt(
      (call) =>
        octokit.rest.pulls.create({
          ...at,
          head: text.branch,
          base,
          title: text.title,
          body: text.body,
          request: call,
        }),
      options.signal,
      ({ data }) => isOid(data.head.sha),
    );
    if (made instanceof RequestFailed) return made;
    return { number: made.data.number, url: made.data.html_url, head: made.data.head.sha };
  }

  /** A branch that has moved on is another run's to describe. */
  async function update(
    open: Listed,
    text: ProposalText,
    options: ReadOptions,
  ): Promise<'updated' | 'unchanged' | 'moved'> {
    if (open.head !== text.head && (await readRef(spec, `heads/${text.branch}`, options)) !== text.head) {
      return 'moved';
    }
    const same = open.title === text.title && open.body.trim() === text.body.trim();
    if (same) return 'unchanged';
    const { title, body } = text;
    await request(
      (call) => octokit.rest.pulls.update({ ...at, pull_number: open.number, title, body, request: call }),
      clockwork,
      { ...options, isAnswer: isPull(open.number) },
    );
    return 'updated';
  }

  /** GitHub creates labels that the repository does not have yet. */
  async function label(open: OpenProposal, labels: readonly string[], options: ReadOptions) {
    if (labels.length === 0) return [];
    try {
      await request(
        (call) =>
          octokit.rest.issues.addLabels({
            ...at,
            issue_number: open.number,
            labels: [...labels],
            request: call,
          }),
        clockwork,
        { ...options, isAnswer: ({ data }) => isList({ data }) && data.length > 0 },
      );
      return [];
    } catch (error) {
      if (error instanceof RequestFailed) return [labelsProblem(open.url, labels, error)];
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
      if (found?.head === text.head) {
        const { number, url, head } = found;
        const state =
          found.state === 'merged' ? { state: found.state, commit: found.commit } : { state: found.state };
        return { number, url, head, ...state, warnings: [] };
      }
      const made = await create(text, options);
      if (!(made instanceof RequestFailed)) {
        const warnings = await label(made, text.labels, options);
        return { ...made, head: text.head, state: 'open', done: 'opened', warnings };
      }
      const again =
        made.trouble === 'later' || made.trouble === 'transient' || existsAlready(made) || mayLag(made);
      const wait = made.trouble === 'later' ? waitOf(made.failure) : 0;
      if (!again || tries >= MOST_TRIES || wait > LONGEST_WAIT_MS) throw made;
      await clockwork.sleep(backoffMs(tries, clockwork.random, wait), options.signal);
    }
  }

  return {
    server: serverOf(octokit.request.endpoint.DEFAULTS.baseUrl),

    async proveRights({ signal } = {}): Promise<void> {
      // A branch has nothing to propose to itself: refused in any case, but for want of a right before that.
      const made = await attempt(
        (call) => octokit.rest.pulls.create({ ...at, head: base, base, title: 'Deploy', request: call }),
        signal,
      );
      if (made instanceof RequestFailed && REFUSALS.includes(made.trouble))
        throw failure(pullRequestProblem(made, place));
    },

    find: (branch, options = {}) =>
      explained(async () => {
        const found = await list(branch, options);
        return found?.state === 'open' ? openPart(found) : undefined;
      }),

    latest: (branch, options = {}) =>
      explained(async () => {
        const found = await list(branch, options);
        if (!found) return undefined;
        const known = openPart(found);
        if (found.state === 'merged') return { ...known, state: found.state, commit: found.commit };
        if (found.state === 'closed') return { ...known, state: found.state };
        return { ...known, state: found.state, conflicts: await isInConflict(found, options) };
      }),

    put: (proposal, options = {}) => explained(() => put(proposal, options)),

    withdraw: (proposal, reason, options = {}) =>
      explained(async () => {
        const { number, branch, head } = proposal;
        // First, because it is the step that a newer run can win; GitHub closes what has lost its branch.
        if ((await deleteBranch(spec, branch, head, options)) === 'moved') return 'moved';
        await request(
          (call) => octokit.rest.pulls.update({ ...at, pull_number: number, state: 'closed', request: call }),
          clockwork,
          { ...options, isAnswer: isPull(number) },
        );
        await request(
          (call) =>
            octokit.rest.issues.createComment({ ...at, issue_number: number, body: reason, request: call }),
          clockwork,
          { ...options, isAnswer: ({ data }) => typeof data.id === 'number' },
        );
        return 'withdrawn';
      }),

    mergeWhenReady: (proposal, wish, options = {}) => mergeWhenReady(spec, proposal, wish, options),
  };
}

function openPart({ number, url, head }: OpenProposal): OpenProposal {
  return { number, url, head };
}

/** `https://api.github.com` → `https://github.com`; `https://HOST/api/v3` → `https://HOST`. */
function serverOf(apiUrl: string): string {
  const { protocol, host, pathname } = new URL(apiUrl);
  if (pathname.startsWith('/api/')) return `${protocol}//${host}`;
  return `${protocol}//${host.replace(/^api\./, '')}`;
}
