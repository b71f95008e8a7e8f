import { failure, warning, type Problem, type ProblemDraft } from '../../../lib/errors.js';
import { backoffMs } from '../../../lib/sleep.js';
import { retryAfterMs, type FailureKind } from '../../../github/failures.js';
import { isList, isOid, isPull, LONGEST_WAIT_MS, onFailure, pagesOf } from '../../../github/requests.js';
import { PAGE_SIZE, request, RequestFailed, requestOnce, type GitHubRepository } from '../../../github/requests.js';
import type { LatestProposal, OpenProposal, Proposals, ProposalText, PutProposal } from '../../proposals/proposals.js';
import type { ReadOptions } from '../../target.js';
import { mergeWhenReady } from './auto-merge.js';
import { readRef } from './history.js';
import { gitHubProblem, type GitHubPlace } from './problems.js';
import { readRepositoryId, updateRefs, ZEROS } from './writes.js';

/** A pull request with what `put` compares. */
interface Listed {
  proposal: LatestProposal;
  text: Pick<ProposalText, 'title' | 'body' | 'labels'>;
}

const MOST_TRIES = 6;
const MOST_READS = 3;
const DELETE_TRIES = 4;

const REFUSALS: readonly FailureKind[] = ['permission-denied', 'missing'];

/** Pull requests of a repository at GitHub, from branches of the repository itself. */
export function createGitHubProposals(spec: GitHubRepository & { branch: string }): Proposals {
  const { octokit, owner, repo, branch: base, clockwork } = spec;
  const place: GitHubPlace = { repository: `${owner}/${repo}`, branch: base, detail: '' };

  const explained = <T>(work: Promise<T>): Promise<T> =>
    onFailure(work, (failed): never => {
      throw failure(pullRequestProblem(failed, place));
    });

  /** The open pull request from `branch`, or else the newest one. */
  async function list(
    branch: string,
    options: ReadOptions,
    state: 'all' | 'open' = 'all',
  ): Promise<Listed | undefined> {
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
      if (!pull) continue;
      // An older one may be open.
      const open = pull.state !== 'open' && pulls.length === PAGE_SIZE && (await list(branch, options, 'open'));
      if (open) return open;
      const { number, html_url: url, head, title, body, labels } = pull;
      const text = { title, body: body ?? '', labels: labels.map(({ name }) => name) };
      const known = { number, url, head: head.sha };
      if (pull.state === 'open') return { proposal: { ...known, state: 'open' }, text };
      if (!pull.merged_at) return { proposal: { ...known, state: 'closed' }, text };
      return { proposal: { ...known, state: 'merged', commit: pull.merge_commit_sha ?? head.sha }, text };
    }
    return undefined;
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

  /** @returns false: the branch has moved on, so another run describes it */
  async function update(
    { proposal: open, text }: Listed,
    { branch, head, title, body }: ProposalText,
    options: ReadOptions,
  ): Promise<boolean> {
    if (open.head !== head && (await readRef(spec, `refs/heads/${branch}`, options)) !== head) return false;
    if (text.title === title && text.body.trim() === body.trim()) return true;
    await request(spec, ({ rest, at }) => rest.pulls.update({ ...at, pull_number: open.number, title, body }), {
      ...options,
      isAnswer: isPull(open.number),
    });
    return true;
  }

  /** GitHub creates labels that the repository does not have yet. */
  async function label({ number, url }: OpenProposal, labels: readonly string[], options: ReadOptions) {
    if (labels.length === 0) return [];
    const done = request(
      spec,
      ({ rest, at }) => rest.issues.addLabels({ ...at, issue_number: number, labels: [...labels] }),
      { ...options, isAnswer: ({ data }) => isList({ data }) && data.length > 0 },
    ).then(() => []);
    return onFailure(done, (failed) => [labelsRefused(url, labels, failed)]);
  }

  async function put(text: ProposalText, options: ReadOptions): Promise<PutProposal> {
    for (let tries = 1; ; tries++) {
      const found = await list(text.branch, options);
      const { proposal } = found ?? {};
      if (found && proposal?.state === 'open') {
        const isOurs = await update(found, text, options);
        const missing = text.labels.filter((name) => !found.text.labels.includes(name));
        const warnings = isOurs ? await label(proposal, missing, options) : [];
        return { ...proposal, head: text.head, warnings };
      }
      if (proposal && proposal.state !== 'open' && proposal.head === text.head) return { ...proposal, warnings: [] };
      const made = await create(text, options);
      if (!(made instanceof RequestFailed)) {
        const warnings = await label(made, text.labels, options);
        return { ...made, head: text.head, state: 'open', warnings };
      }
      const again = made.kind === 'rate-limited' || made.kind === 'transient' || TRY_AGAIN.test(made.failure.message);
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
      const failed = await updateRefs(spec, id, [{ name, beforeOid: head, afterOid: ZEROS, force: false }]);
      if (!failed) return 'deleted';
      if (failed.kind === 'rules' || failed.kind === 'permission-denied') return 'kept';
      await clockwork.sleep(backoffMs(tries, clockwork.random), options.signal);
    }
    return 'kept';
  }

  async function withdraw(branch: string, reason: string, options: ReadOptions): Promise<OpenProposal | undefined> {
    const { proposal } = (await list(branch, options)) ?? {};
    if (proposal?.state !== 'open') return undefined;
    const { number, head } = proposal;
    // First, because a newer run can win this step; GitHub closes a pull request without a branch.
    if ((await deleteBranch(branch, head, options)) === 'moved') return undefined;
    await request(spec, ({ rest, at }) => rest.pulls.update({ ...at, pull_number: number, state: 'closed' }), {
      ...options,
      isAnswer: isPull(number),
    });
    await request(spec, ({ rest, at }) => rest.issues.createComment({ ...at, issue_number: number, body: reason }), {
      ...options,
      isAnswer: ({ data }) => typeof data.id === 'number',
    });
    return proposal;
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

    async find(branch, options = {}) {
      const found = await explained(list(branch, options));
      return found?.proposal.state === 'open' ? found.proposal : undefined;
    },

    async latest(branch, options = {}) {
      const found = await explained(list(branch, options));
      if (found?.proposal.state !== 'open') return found?.proposal;
      return { ...found.proposal, conflicts: await explained(isInConflict(found.proposal, options)) };
    },

    put: (proposal, options = {}) => explained(put(proposal, options)),

    withdraw: (branch, reason, options = {}) => explained(withdraw(branch, reason, options)),

    mergeWhenReady: (proposal, merge, options = {}) => mergeWhenReady(spec, proposal, merge, options),
  };
}

/** `https://api.github.com` → `https://github.com`; `https://HOST/api/v3` → `https://HOST`. */
function serverOf(apiUrl: string): string {
  const { protocol, host, pathname } = new URL(apiUrl);
  if (pathname.startsWith('/api/')) return `${protocol}//${host}`;
  return `${protocol}//${host.replace(/^api\./, '')}`;
}

/** It was opened meanwhile, or reads lag: the branch was written a second ago (`head` invalid, no commits between). */
const TRY_AGAIN = /pull request already exists|no commits between|"field":\s*"head"/i;

function pullRequestProblem(failed: RequestFailed, place: GitHubPlace): ProblemDraft {
  const { kind, message: detail } = failed;
  const { repository, branch } = place;
  const code = 'deploy/pull-request-refused';
  if (/not permitted to create or approve pull requests/i.test(failed.failure.message)) {
    return {
      code,
      message: `The settings of ${repository} forbid GITHUB_TOKEN to create pull requests.`,
      fix: 'Turn on "Allow GitHub Actions to create and approve pull requests" (Settings, Actions, General; an organization may turn it off), or give a GitHub App token (input `deploy-token`), whose pull requests also start workflows.',
      detail,
    };
  }
  switch (kind) {
    case 'rate-limited':
    case 'transient':
    case 'token-rejected':
    case 'repository-empty':
      return gitHubProblem(kind, { ...place, detail });
    case 'permission-denied':
    case 'missing':
      return { code, message: `The token may not open pull requests in ${repository}.`, detail };
    default:
      return {
        code,
        message: `GitHub refused the pull request into ${branch} of ${repository}.`,
        fix: "Do what GitHub's message below asks for, then run again: the branch of the pull request exists already.",
        detail,
      };
  }
}

function labelsRefused(url: string, labels: readonly string[], failed: RequestFailed): Problem {
  return warning({
    code: 'deploy/pull-request-incomplete',
    message: `Can't label the pull request ${url} with ${labels.map((label) => `"${label}"`).join(', ')}.`,
    fix: 'Correct deploy.labels, or give the token `pull-requests: write` and `issues: write`.',
    detail: failed.message,
  });
}
