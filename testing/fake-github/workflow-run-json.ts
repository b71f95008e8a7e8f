import { readCommit } from './commits.js';
import { nodeId, repositoryApiUrl, repositoryPageUrl, userJson } from './representations.js';
import { repositoryJson } from './repository-json.js';
import type { Call } from './route.js';
import type { FakeJob, FakeRun } from './workflow-runs.js';

export type WorkflowState = 'active' | 'disabled_manually';

/** Workflows have ids; GitHub counts them over all repositories. */
export function workflowId({ repository }: Pick<Call, 'repository'>, path: string): number {
  const known = (repository.workflowIds ??= []);
  if (!known.includes(path)) known.push(path);
  return repository.id * 1000 + known.indexOf(path);
}

export function workflowJson(call: Call, path: string, name: string, state: WorkflowState) {
  const id = workflowId(call, path);
  const page = repositoryPageUrl(call);
  return {
    id,
    node_id: nodeId('W', id),
    ...{ name, path, state },
    created_at: '2024-01-01T00:00:00.000Z',
    updated_at: '2024-01-01T00:00:00.000Z',
    url: `${repositoryApiUrl(call)}/actions/workflows/${id}`,
    html_url: `${page}/blob/${call.repository.defaultBranch}/${path}`,
    badge_url: `${page}/workflows/${encodeURIComponent(name)}/badge.svg`,
  };
}

export async function runJson(call: Call, run: FakeRun) {
  const api = repositoryApiUrl(call);
  const url = `${api}/actions/runs/${run.id}`;
  run.commit ??= await readCommit(call.repository.dir, run.sha);
  const { commit } = run;
  const { name: author, email } = commit.author;
  const id = workflowId(call, run.workflow.path);
  return {
    id: run.id,
    name: run.workflow.name,
    node_id: nodeId('WFR', run.id),
    check_suite_id: run.id + 1,
    check_suite_node_id: nodeId('CS', run.id),
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.workflow.path,
    display_title: run.title,
    run_number: run.number,
    run_attempt: 1,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: id,
    url,
    html_url: runPage(call, run),
    pull_requests: [],
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    actor: userJson(call.urls, run.actor),
    triggering_actor: userJson(call.urls, run.actor),
    run_started_at: run.createdAt,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/check-suites/${run.id + 1}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${api}/actions/workflows/${id}`,
    head_commit: {
      id: run.sha,
      tree_id: commit.tree,
      message: commit.message.trimEnd(),
      timestamp: commit.committer.date,
      author: { name: author, email },
      committer: { name: commit.committer.name, email: commit.committer.email },
    },
    repository: repositoryJson(call),
    head_repository: repositoryJson(call),
    referenced_workflows: [],
  };
}

export function runPage(call: Pick<Call, 'repository' | 'urls'>, { id }: Pick<FakeRun, 'id'>): string {
  return `${repositoryPageUrl(call)}/actions/runs/${id}`;
}

export function jobJson(call: Call, run: FakeRun, job: FakeJob) {
  const api = repositoryApiUrl(call);
  const running = job.startedAt !== null;
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflow.name,
    head_branch: run.branch,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: 1,
    node_id: nodeId('CR', job.id),
    head_sha: run.sha,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${runPage(call, run)}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: job.createdAt,
    started_at: job.startedAt ?? job.createdAt,
    completed_at: job.completedAt,
    name: job.name,
    steps: job.steps.map((step) => ({
      name: step.name,
      status: step.status,
      conclusion: step.conclusion,
      number: step.number,
      started_at: step.startedAt,
      completed_at: step.completedAt,
    })),
    check_run_url: `${api}/check-runs/${job.id}`,
    labels: job.labels,
    runner_id: running ? 1 : null,
    runner_name: running ? 'GitHub Actions 1' : null,
    runner_group_id: running ? 0 : null,
    runner_group_name: running ? 'GitHub Actions' : null,
  };
}
