import { createHash } from 'node:crypto';
import { ApiError, jsonAnswer, notFound, unprocessable } from './answer.js';
import { page, text } from './fields.js';
import { readRef } from './refs.js';
import { repositoryApiUrl } from './representations.js';
import { resolveCommit } from './revisions.js';
import type { Call, Route } from './route.js';
import type { ServedRepository } from './repository.js';
import { listWorkflows, readWorkflowFile, type WorkflowInput } from './workflow-files.js';
import { jobJson, runJson, runPage } from './workflow-run-json.js';
import { startRun, type FakeJob, type FakeRun } from './workflow-runs.js';

const READ = ['actions', 'read'] as const;
const WRITE = ['actions', 'write'] as const;
const FOLDER = '.github/workflows';

/** Only what is on the default branch is a workflow. */
async function findWorkflow(call: Call, name: string) {
  const { dir, defaultBranch } = call.repository;
  const head = (await readRef(dir, `refs/heads/${defaultBranch}`, call.view))?.oid;
  const paths = head === undefined ? [] : await listWorkflows(dir, head);
  const path = paths.find((each) => each === `${FOLDER}/${name}`);
  const file = head && path ? await readWorkflowFile(dir, head, path) : undefined;
  if (!file) throw notFound();
  const disabled = call.repository.actions?.disabled?.includes(file.path.slice(FOLDER.length + 1));
  return { file, state: disabled ? ('disabled_manually' as const) : ('active' as const) };
}

/** https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event */
async function dispatchWorkflow(call: Call) {
  const { repository, body, caller } = call;
  const allowed = [
    'ref',
    'inputs',
    ...(repository.actions?.runDetails === 'unknown-key' ? [] : ['return_run_details']),
  ];
  const foreign = Object.keys(body).find((key) => !allowed.includes(key));
  if (foreign) throw unprocessable(`Invalid request.\n\n"${foreign}" is not a permitted key.`);
  const { file, state } = await findWorkflow(call, call.params.id ?? '');
  if (state !== 'active') throw unprocessable("Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  const name = text(body, 'ref');
  const sha = await resolveCommit(call, name);
  if (!sha || /^[0-9a-f]{40}$/.test(name)) throw unprocessable(`No ref found for: ${name}`);
  const workflow = await readWorkflowFile(repository.dir, sha, file.path);
  if (workflow?.dispatch === undefined) throw unprocessable("Workflow does not have 'workflow_dispatch' trigger");
  const given = (body['inputs'] ?? {}) as Record<string, string | number | boolean>;
  const inputs = checkInputs(workflow.dispatch, given);
  const branch = name.replace(/^refs\/(heads|tags)\//, '');
  const run = startRun(repository, {
    workflow,
    event: 'workflow_dispatch',
    branch,
    sha,
    actor: caller,
    inputs,
  });
  if (body['return_run_details'] !== true) return jsonAnswer(204, undefined);
  return jsonAnswer(200, {
    workflow_run_id: run.id,
    run_url: `${repositoryApiUrl(call)}/actions/runs/${run.id}`,
    html_url: runPage(call, run),
  });
}

function checkInputs(declared: Record<string, WorkflowInput>, given: Record<string, string | number | boolean>) {
  const unexpected = Object.keys(given).filter((name) => !(name in declared));
  if (unexpected.length > 0) throw unprocessable(`Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  const inputs: Record<string, string> = {};
  for (const [name, { required, default: absent, options }] of Object.entries(declared)) {
    const value = given[name] ?? absent;
    if (required && (value === undefined || value === '')) throw unprocessable(`Required input '${name}' not provided`);
    if (options && value !== undefined && !options.includes(String(value)))
      throw unprocessable(`Provided value '${String(value)}' for input '${name}' not in the list of allowed values`);
    inputs[name] = value === undefined ? '' : String(value);
  }
  return inputs;
}

/** https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository */
async function listRuns(call: Call) {
  const { repository, query } = call;
  const sha = query.get('head_sha');
  const runs = (repository.runs ?? []).filter((run) => sha === null || sha === run.sha).reverse();
  const shown = page(runs, query, `${repositoryApiUrl(call)}/actions/runs`);
  const json = shown.items.map((run) => runJson(call, run));
  return jsonAnswer(200, { total_count: runs.length, workflow_runs: json }, shown.headers);
}

function runOf({ repository, params }: Call): FakeRun {
  const run = repository.runs?.find(({ id, readableAt }) => String(id) === params.run && readableAt <= Date.now());
  if (!run) throw notFound();
  return run;
}

async function listJobs(call: Call) {
  const run = runOf(call);
  const url = `${repositoryApiUrl(call)}/actions/runs/${run.id}/jobs`;
  const shown = page(run.jobs, call.query, url);
  const jobs = shown.items.map((job) => jobJson(call, job));
  return jsonAnswer(200, { total_count: run.jobs.length, jobs }, shown.headers);
}

async function pendingDeployments(call: Call) {
  return jsonAnswer(
    200,
    runOf(call).pending.map(({ environment, reviewers, minutes = 0 }) => ({
      environment: { name: environment },
      wait_timer: minutes,
      reviewers: reviewers.map((login) => ({ type: 'User', reviewer: { login } })),
    })),
  );
}

async function cancelRun(call: Call) {
  const run = runOf(call);
  if (run.status === 'completed') throw new ApiError(409, 'Cannot cancel a workflow run that is completed.');
  for (const job of run.jobs.filter(({ status }) => status !== 'completed'))
    job.annotations.push({ level: 'failure', message: `The run was canceled by @${call.caller.login}.` });
  run.cancel.abort();
  return jsonAnswer(202, {});
}

function jobOf(repository: ServedRepository, id: string | undefined): FakeJob {
  const job = repository.runs?.flatMap(({ jobs }) => jobs).find((each) => String(each.id) === id);
  if (!job) throw notFound();
  return job;
}

/** Nothing before the job has ended; then a signed address elsewhere, good for a minute. */
async function jobLogs(call: Call) {
  const job = jobOf(call.repository, call.params.job);
  if (job.status !== 'completed' || job.log.length === 0) throw notFound();
  const signature = createHash('sha256')
    .update(`${job.id} ${Math.floor(Date.now() / 60_000)}`)
    .digest('hex');
  const { owner, name } = call.repository;
  const location = `${call.urls.url.replace('127.0.0.1', 'localhost')}/_logs/${owner}/${name}/${job.id}?sig=${signature}`;
  return jsonAnswer(302, undefined, { location });
}

/** What the signed address gives; whoever brings a token to it gives it away. */
export function logText(repository: ServedRepository, job: string): string {
  return `\uFEFF${jobOf(repository, job).log.join('\n')}\n`;
}

async function annotations(call: Call) {
  const job = jobOf(call.repository, call.params.check);
  const shown = page(job.annotations, call.query, `${repositoryApiUrl(call)}/check-runs/${job.id}/annotations`);
  return jsonAnswer(
    200,
    shown.items.map(({ level, message, title, path, line }) => ({
      path: path ?? '.github',
      start_line: line ?? 1,
      annotation_level: level,
      title: title ?? '',
      message,
    })),
    shown.headers,
  );
}

export const ACTIONS_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/actions/workflows/:id/dispatches', needs: WRITE, handle: dispatchWorkflow },
  { method: 'GET', path: '/actions/runs', needs: READ, handle: listRuns },
  {
    method: 'GET',
    path: '/actions/runs/:run',
    needs: READ,
    handle: async (call) => jsonAnswer(200, runJson(call, runOf(call))),
  },
  { method: 'GET', path: '/actions/runs/:run/jobs', needs: READ, handle: listJobs },
  { method: 'GET', path: '/actions/runs/:run/pending_deployments', needs: READ, handle: pendingDeployments },
  { method: 'POST', path: '/actions/runs/:run/cancel', needs: WRITE, handle: cancelRun },
  { method: 'GET', path: '/actions/jobs/:job/logs', needs: READ, handle: jobLogs },
  { method: 'GET', path: '/check-runs/:check/annotations', needs: READ, handle: annotations },
];
