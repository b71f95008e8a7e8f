import type { Api, RestEndpointMethodTypes } from '@octokit/plugin-rest-endpoint-methods';
import type { ForgeFacts } from '../../facts/forge-access.js';
import type { Source } from '../../facts/source.js';
import { failure, problem, type Problem, type ReleaseError } from '../../lib/errors.js';

type ActionsApi = RestEndpointMethodTypes['actions'];
export type WorkflowRun = ActionsApi['getWorkflowRun']['response']['data'];
export type RunJob = ActionsApi['listJobsForWorkflowRun']['response']['data']['jobs'][number];
export type RunStep = NonNullable<RunJob['steps']>[number];

/** Time, which tests speed up. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** @throws Cancelled when the signal is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A repository, through the GitHub client that the whole program shares. */
export interface GitHubRepository {
  /** `owner/name` */
  name: string;
  /** Repeats requests that fail for a moment, and waits for rate limits. @throws Cancelled */
  read<T>(call: ApiCall<T>, isAnswer?: (answer: T) => boolean): Promise<T | FailedRequest>;
  /** Sends a request once. @throws Cancelled */
  write<T>(call: ApiCall<T>, signal?: AbortSignal): Promise<T | FailedRequest>;
}

export type ApiCall<T> = (
  rest: Api['rest'],
  at: { owner: string; repo: string; request: { signal: AbortSignal } },
) => Promise<T>;

/** A request that GitHub refused (`status`), or that got no usable answer. */
export class FailedRequest {
  constructor(
    readonly kind: 'refused' | 'rate-limited' | 'unreachable',
    readonly status: number,
    /** Status and words of the answer. */
    readonly message: string,
  ) {}
}

export const isRun = ({ data }: { data: WorkflowRun }): boolean =>
  typeof data.id === 'number' && typeof data.html_url === 'string';

/** @param action such as `start build-push.yml` */
export function requestError({ kind, status, message }: FailedRequest, action: string): ReleaseError {
  if (kind === 'unreachable')
    return failure({
      code: 'dispatch/unreachable',
      message: `Can't ${action}: GitHub doesn't answer (${message}).`,
    });
  const [reason, fix] = REFUSALS[kind === 'rate-limited' ? 429 : status] ?? ['GitHub refuses it'];
  return failure({
    code: 'dispatch/refused',
    message: `Can't ${action}: ${reason}.`,
    ...(fix !== undefined && { fix }),
    detail: `GitHub says: ${message}`,
  });
}

/** By status. GitHub answers 404 also for a workflow that is not on the default branch. */
const REFUSALS: Record<number, [reason: string, fix: string]> = {
  401: ['the token is wrong or has expired', 'Set GITHUB_TOKEN to a valid token, or log in again: `gh auth login`.'],
  403: [
    'the token lacks `actions: write`',
    'Use a token with `actions: write` (classic: scope `repo`) of somebody who may write to the repository; in a job add `actions: write` to its `permissions`.',
  ],
  404: [
    'GitHub finds no such repository or workflow, or the token has no access to it',
    'Merge the workflow into the default branch first, or use a token that has access to the repository.',
  ],
  429: ['the rate limit of the token is used up', 'Run again later, or use another token.'],
};

/** @returns what is missing to talk to GitHub; undefined: nothing */
export function accessProblem({ repository, token, gh }: ForgeFacts): Problem | undefined {
  if (repository === undefined)
    return problem({
      code: 'dispatch/no-repository',
      message: 'The checkout has no remote on GitHub.',
    });
  if (token !== undefined) return undefined;
  const state = gh === 'missing' ? 'gh is not installed' : 'gh is not logged in';
  return problem({
    code: 'dispatch/no-token',
    message: `There is no token for GitHub: GITHUB_TOKEN and GH_TOKEN are not set, and ${state}.`,
  });
}

/**
 * Checks that the branch or tag of the checkout is on GitHub, at this commit.
 * @returns its name @throws ReleaseError `dispatch/*`
 */
export async function checkPushed(github: GitHubRepository, { commit, ref }: Source): Promise<string> {
  if (ref.type !== 'branch' && ref.type !== 'tag') {
    throw notPushed(
      'The checkout is on no branch and no tag, and GitHub starts workflows on nothing else.',
      'Check out a branch: `git switch BRANCH`.',
    );
  }
  const { type, name } = ref;
  const push = `Push first: \`git push${type === 'branch' ? ' -u' : ''} origin ${name}\`.`;
  const found = await readCommit(github, `${type === 'branch' ? 'heads' : 'tags'}/${name}`);
  if (found === undefined) throw notPushed(`The ${type} ${name} is not on GitHub (${github.name}).`, push);
  if (found === commit) return name;
  const [short, there] = [commit.slice(0, 7), found.slice(0, 7)];
  if (type === 'tag') throw notPushed(`The tag ${name} is at ${there} on GitHub, not at ${short}.`, push);
  const compared = await github.read(
    (rest, at) => rest.repos.compareCommitsWithBasehead({ ...at, basehead: `${commit}...${found}` }),
    ({ data }) => typeof data.status === 'string',
  );
  if (!(compared instanceof FailedRequest) && compared.data.status === 'ahead') {
    throw notPushed(
      `Branch ${name} on GitHub is at ${there}, ${compared.data.ahead_by} ahead of this checkout (${short}).`,
      'Pull first: `git pull --ff-only`.',
    );
  }
  throw notPushed(`Commit ${short} is not on GitHub: branch ${name} is at ${there} there.`, push);
}

/** @returns its id; undefined: there is none. @throws ReleaseError also if the repository isn't there */
export async function readCommit(github: GitHubRepository, ref: string): Promise<string | undefined> {
  const answer = await github.read(
    (rest, at) => rest.repos.getCommit({ ...at, ref }),
    ({ data }) => typeof data.sha === 'string',
  );
  if (!(answer instanceof FailedRequest)) return answer.data.sha;
  const isMissing = answer.status === 404 || answer.status === 422;
  // GitHub answers the same for a repository that the token has no access to.
  const checked = isMissing ? await github.read((rest, at) => rest.repos.get(at)) : answer;
  if (checked instanceof FailedRequest) throw requestError(checked, `read ${github.name} on GitHub`);
  return undefined;
}

export function notPushed(message: string, fix: string): ReleaseError {
  return failure({ code: 'dispatch/not-pushed', message, fix });
}
