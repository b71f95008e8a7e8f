import { failure } from '../lib/errors.js';
import type { Source, SourceEvent, SourceRef } from './source.js';

export interface GithubRun {
  /** The runner's variables: GITHUB_SHA, GITHUB_REF, GITHUB_EVENT_NAME, GITHUB_REPOSITORY, GITHUB_RUN_… */
  env: NodeJS.ProcessEnv;
  /** The parsed content of GITHUB_EVENT_PATH; `{}` if there is no file. */
  payload: unknown;
  /**
   * HEAD of the checkout, after which the release is named; default GITHUB_SHA. They differ if `actions/checkout` was
   * given a `ref`, for example to build a pull request's own head.
   */
  commit?: string;
  /** Committer date of that commit, seconds since the epoch. */
  commitTime: number;
  /** Seconds since the epoch. */
  now: number;
}

/**
 * Reads the source of a release from the event that started the run. Asks no API.
 *
 * The commit is the one that is checked out: tag, `revision` label and provenance must name the bytes that were built.
 * For a pull request that is GitHub's merge commit, unless the workflow checks out the head.
 * @throws ReleaseError source/event-incomplete
 */
export function sourceFromGithub({ env, payload, commit, commitTime, now }: GithubRun): Source {
  const event = readPayload(payload);
  const repository = event.repository ?? {};
  const name = env.GITHUB_REPOSITORY || repository.full_name;
  const server = env.GITHUB_SERVER_URL || 'https://github.com';
  const ref = refOf(env, event);
  const license = repository.license?.spdx_id;
  // A schedule always runs on the default branch, and its payload often names no other.
  const scheduled = env.GITHUB_EVENT_NAME === 'schedule' && ref.type === 'branch' ? ref.name : undefined;
  return {
    repository: name,
    url: repository.html_url ?? (name && `${server}/${name}`),
    commit: commit ?? required(env, 'GITHUB_SHA'),
    commitTime,
    ref,
    event: eventOf(env.GITHUB_EVENT_NAME || 'unknown', event),
    defaultBranch: repository.default_branch ?? scheduled,
    visibility: visibilityOf(repository),
    description: repository.description || undefined,
    // NOASSERTION: GitHub found a licence that it doesn't know.
    license: license && license !== 'NOASSERTION' ? license : undefined,
    run: env.GITHUB_RUN_ID ? runOf(env, `${server}/${name}`) : undefined,
    now,
  };
}

/** Commits that the event itself names for its ref. */
export function commitsOfEvent({ env, payload }: Pick<GithubRun, 'env' | 'payload'>): string[] {
  const event = readPayload(payload);
  const head = isPullRequest(env) ? event.pull_request?.head?.sha : undefined;
  return [env.GITHUB_SHA, head].filter((commit): commit is string => Boolean(commit));
}

/** The fields that are read, of https://docs.github.com/webhooks/webhook-events-and-payloads. */
interface EventPayload {
  schedule?: string;
  deleted?: boolean;
  base_ref?: string | null;
  created?: boolean;
  forced?: boolean;
  commits?: { id: string; message: string }[];
  number?: number;
  pull_request?: {
    number?: number;
    head?: { ref?: string; sha?: string; repo?: { full_name?: string } | null };
    base?: { ref?: string; repo?: { full_name?: string } | null };
  };
  release?: { tag_name?: string };
  repository?: {
    full_name?: string;
    html_url?: string;
    default_branch?: string;
    private?: boolean;
    visibility?: string;
    description?: string | null;
    license?: { spdx_id?: string | null } | null;
  };
}

function eventOf(name: string, payload: EventPayload): SourceEvent {
  if (name === 'push') return { name, deleted: payload.deleted === true, ...broughtBy(payload) };
  if (name === 'schedule') return { name, cron: payload.schedule ?? '' };
  return name === 'workflow_dispatch' || name === 'pull_request' ? { name } : { name: 'other', event: name };
}

function broughtBy({ created, forced, commits }: EventPayload): Pick<SourceEvent & { name: 'push' }, 'commits'> {
  if (created === true || forced === true || !Array.isArray(commits)) return {};
  return { commits: commits.map(({ id, message }) => ({ id, message })) };
}

/**
 * The payload takes precedence over GITHUB_REF: `pull_request_target` runs on the base branch's ref, but releases a
 * stranger's pull request, which must never count as the branch.
 */
function refOf(env: NodeJS.ProcessEnv, payload: EventPayload): SourceRef {
  if (payload.pull_request && isPullRequest(env)) {
    return pullRequestOf(payload.pull_request, payload.number);
  }
  const ref = env.GITHUB_REF || (payload.release?.tag_name && `refs/tags/${payload.release.tag_name}`);
  const [, kind, name] = /^refs\/(heads|tags|pull)\/(.+)$/.exec(ref || required(env, 'GITHUB_REF')) ?? [];
  if (kind === 'heads') return { type: 'branch', name: name! };
  if (kind === 'tags')
    return { type: 'tag', name: name!, base: payload.base_ref?.replace(/^refs\/heads\//, '') || undefined };
  if (kind === 'pull') {
    return {
      type: 'pull-request',
      number: Number.parseInt(name!, 10),
      head: env.GITHUB_HEAD_REF ?? '',
      base: env.GITHUB_BASE_REF ?? '',
      // The payload doesn't say whose commit this is, so assume a fork.
      fork: true,
    };
  }
  return { type: 'commit' };
}

function isPullRequest(env: NodeJS.ProcessEnv): boolean {
  return /^pull_request/.test(env.GITHUB_EVENT_NAME ?? '');
}

function pullRequestOf(pull: NonNullable<EventPayload['pull_request']>, number: number | undefined): SourceRef {
  const headRepository = pull.head?.repo?.full_name;
  return {
    type: 'pull-request',
    number: pull.number ?? number ?? 0,
    head: pull.head?.ref ?? '',
    base: pull.base?.ref ?? '',
    // A deleted fork has no `repo` any more.
    fork: headRepository === undefined || headRepository !== pull.base?.repo?.full_name,
  };
}

function visibilityOf(repository: NonNullable<EventPayload['repository']>): Source['visibility'] {
  const { visibility } = repository;
  if (visibility === 'public' || visibility === 'private' || visibility === 'internal') return visibility;
  if (repository.private === undefined) return undefined;
  return repository.private ? 'private' : 'public';
}

function runOf(env: NodeJS.ProcessEnv, repositoryUrl: string): Source['run'] {
  const id = required(env, 'GITHUB_RUN_ID');
  const attempt = Number(env.GITHUB_RUN_ATTEMPT || 1);
  const page = `${repositoryUrl}/actions/runs/${id}`;
  return {
    id,
    number: Number(env.GITHUB_RUN_NUMBER || 0),
    attempt,
    url: attempt > 1 ? `${page}/attempts/${attempt}` : page,
  };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw failure({
    code: 'source/event-incomplete',
    message: `${name} is not set, so the commit or ref of this run is not known.`,
  });
}

function readPayload(payload: unknown): EventPayload {
  return typeof payload === 'object' && payload !== null ? payload : {};
}
