import { join } from 'node:path';

/** What started the run, as the `github` context has it. */
export interface RunEvent {
  /** Such as `push`, `workflow_dispatch`, `pull_request`. */
  name: string;
  /** The webhook's payload: becomes the file at GITHUB_EVENT_PATH. */
  payload: object;
  /** `refs/heads/main`, `refs/tags/v1.0.0`, `refs/pull/7/merge`. */
  ref: string;
  /** 40 hex digits. */
  sha: string;
  /** Branch names, for pull requests only. */
  headRef?: string;
  baseRef?: string;
}

export interface RunIdentity {
  repository: string;
  event: RunEvent;
  actor: string;
  runId: string;
  runNumber: number;
  runAttempt: number;
  /** Default: github.com's; a fake GitHub has its own. */
  urls?: { server: string; api: string; graphql: string };
}

/** Files and folders of one job; made by the harness. */
export interface JobFolders {
  workspace: string;
  action: string;
  /** RUNNER_TEMP; command files live in a folder beside it. */
  temp: string;
  tmp: string;
  home: string;
  commands: string;
  toolCache: string;
}

const GITHUB = {
  server: 'https://github.com',
  api: 'https://api.github.com',
  graphql: 'https://api.github.com/graphql',
};

/** The default variables that the runner sets. Rule: docs.github.com, "Variables reference". */
export function runnerEnvironment(run: RunIdentity, folders: JobFolders): Record<string, string> {
  const { event, urls = GITHUB } = run;
  const [owner = ''] = run.repository.split('/');
  return {
    CI: 'true',
    HOME: folders.home,
    TMPDIR: folders.tmp,
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_NAME: 'lab',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
    RUNNER_WORKSPACE: join(folders.workspace, '..'),
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: 'release',
    GITHUB_ACTION_PATH: folders.action,
    GITHUB_ACTOR: run.actor,
    GITHUB_TRIGGERING_ACTOR: run.actor,
    GITHUB_API_URL: urls.api,
    GITHUB_GRAPHQL_URL: urls.graphql,
    GITHUB_SERVER_URL: urls.server,
    GITHUB_BASE_REF: event.baseRef ?? '',
    GITHUB_HEAD_REF: event.headRef ?? '',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: join(folders.commands, 'event.json'),
    GITHUB_JOB: 'release',
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: event.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REPOSITORY: run.repository,
    GITHUB_REPOSITORY_OWNER: owner,
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ID: run.runId,
    GITHUB_RUN_NUMBER: String(run.runNumber),
    GITHUB_RUN_ATTEMPT: String(run.runAttempt),
    GITHUB_SHA: event.sha,
    GITHUB_WORKFLOW: 'Build and push',
    GITHUB_WORKFLOW_REF: `${run.repository}/.github/workflows/build-push.yml@${event.ref}`,
    GITHUB_WORKFLOW_SHA: event.sha,
    GITHUB_WORKSPACE: folders.workspace,
  };
}

/** Files by which a step talks to the runner: variable → name. */
export const COMMAND_FILES = {
  GITHUB_OUTPUT: 'output',
  GITHUB_ENV: 'env',
  GITHUB_PATH: 'path',
  GITHUB_STATE: 'state',
  GITHUB_STEP_SUMMARY: 'summary.md',
} as const;
