import { repositoryApiUrl, repositoryPageUrl } from './representations.js';
import type { Call } from './route.js';
import type { FakeJob, FakeRun } from './workflow-runs.js';

/** What clients read of a run. */
export function runJson(call: Call, run: FakeRun) {
  return {
    id: run.id,
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.workflow.path,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    html_url: runPage(call, run),
  };
}

export function runPage(call: Pick<Call, 'repository' | 'urls'>, { id }: Pick<FakeRun, 'id'>): string {
  return `${repositoryPageUrl(call)}/actions/runs/${id}`;
}

export function jobJson(call: Call, job: FakeJob) {
  return {
    id: job.id,
    status: job.status,
    conclusion: job.conclusion,
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
    check_run_url: `${repositoryApiUrl(call)}/check-runs/${job.id}`,
    labels: job.labels,
  };
}
