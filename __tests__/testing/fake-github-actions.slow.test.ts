import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { RunScript } from '../../testing/fake-github/workflow-runs.js';
import { WORKFLOW, writeWorkflow } from './fake-github/run-everything.js';
import { AT, PERSON, READER, refusal, setStage, type Stage } from './fake-github/fixtures.js';

jest.setTimeout(60_000);

let stage: Stage;
let head: string;
beforeEach(async () => {
  stage = await setStage();
  head = await writeWorkflow(stage.octokit);
});
afterEach(() => stage.stop());

const served = () => stage.github.repository('acme/app');
const order = (over: object = {}) => ({ ...AT, workflow_id: 'release.yml', ref: 'main', ...over });
const start = (over: object = {}, as = stage.octokit) => as.rest.actions.createWorkflowDispatch(order(over));
const listed = async () =>
  (await stage.octokit.rest.actions.listWorkflowRuns({ ...AT, workflow_id: 'release.yml' })).data.workflow_runs;

test('an order is answered with nothing, or with the run where it is asked for; the title shows the inputs', async () => {
  const silent = await start({ inputs: { 'dispatch-id': 'a1' } });
  expect(silent.status).toBe(204);
  const told = await start({ inputs: { 'dispatch-id': 'b2' }, return_run_details: true });
  expect(told.status).toBe(200);
  await served().runs!.at(-1)!.ended;
  const runs = await listed();
  expect(runs.map((run) => run.display_title)).toEqual(['Release b2', 'Release a1']);
  expect(told.data).toEqual({
    workflow_run_id: runs[0]!.id,
    run_url: runs[0]!.url,
    html_url: `${stage.github.url}/acme/app/actions/runs/${runs[0]!.id}`,
  });
  expect(runs[0]).toMatchObject({ event: 'workflow_dispatch', head_sha: head, conclusion: 'success' });
});

test('what GitHub refuses to start is refused in its words', async () => {
  const message = async (over: object, as = stage.octokit) => refusal(start(over, as));
  expect(await message({ ref: 'gone' })).toEqual({ status: 422, message: 'No ref found for: gone' });
  expect(await message({ inputs: { foo: '1' } })).toEqual({
    status: 422,
    message: 'Unexpected inputs provided: ["foo"]',
  });
  expect((await message({ inputs: { mode: 'slow' } })).message).toMatch(/not in the list of allowed values/);
  expect(await message({ workflow_id: 'other.yml' })).toEqual({ status: 404, message: 'Not Found' });
  expect((await message({}, stage.as(READER))).status).toBe(403);
  expect((await message({}, stage.as(PERSON))).status).toBe(403);

  await stage.octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/old', sha: stage.first });
  expect((await message({ ref: 'old' })).message).toBe("Workflow does not have 'workflow_dispatch' trigger");
  served().actions = { disabled: ['release.yml'] };
  expect((await message({})).message).toBe("Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  served().actions = { runDetails: 'unknown-key' };
  expect((await message({ return_run_details: true })).message).toContain(
    '"return_run_details" is not a permitted key.',
  );
  expect(served().runs ?? []).toEqual([]);
});

test('a run is missing in lists, and by its id, for as long as it lags', async () => {
  served().actions = { listLagMs: 400, readLagMs: 200 };
  const { data } = await start({ return_run_details: true });
  const run_id = (data as unknown as { workflow_run_id: number }).workflow_run_id;
  const read = () => stage.octokit.rest.actions.getWorkflowRun({ ...AT, run_id });
  expect((await refusal(read())).status).toBe(404);
  expect(await listed()).toEqual([]);
  await sleep(500);
  expect((await read()).data.id).toBe(run_id);
  expect(await listed()).toHaveLength(1);
});

test('a job has no log before it has ended; then it lies behind an address that takes no token', async () => {
  let finish = () => {};
  const script: RunScript = async (control) => {
    control.begin();
    const job = control.job('release');
    job.begin();
    await job.step('Build', async (log) => log('##[group]Build\nbuilding\n##[endgroup]'));
    await new Promise<void>((resolve) => (finish = resolve));
    job.end('success');
  };
  served().actions = { script };
  await start();
  const id = served().runs![0]!.jobs[0]!.id;
  const url = `${stage.github.apiUrl}/repos/acme/app/actions/jobs/${id}/logs`;
  const ask = () => fetch(url, { redirect: 'manual', headers: { authorization: `Bearer writers-token` } });
  expect((await ask()).status).toBe(404);
  finish();
  await served().runs![0]!.ended;
  const pointer = await ask();
  expect(pointer.status).toBe(302);
  const location = pointer.headers.get('location')!;
  const text = await (await fetch(location)).text();
  expect(text).toMatch(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z ##\[group\]Build\n\d{4}\S+Z building\n/);
  expect((await fetch(location, { headers: { authorization: 'Bearer writers-token' } })).status).toBe(400);
});

test('a run that is cancelled ends as cancelled, and once it has ended there is nothing to cancel', async () => {
  const script: RunScript = async ({ begin, job: add, signal }) => {
    begin();
    add('release').begin();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  served().actions = { script };
  await start();
  const run = served().runs![0]!;
  const cancel = () => stage.octokit.rest.actions.cancelWorkflowRun({ ...AT, run_id: run.id });
  expect((await cancel()).status).toBe(202);
  await run.ended;
  expect(run).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
  expect(await refusal(cancel())).toMatchObject({ status: 409 });
});

test('what was not changed is not sent again and does not count', async () => {
  const url = `${stage.github.apiUrl}/repos/acme/app`;
  const headers = { authorization: 'Bearer writers-token' };
  const first = await fetch(url, { headers });
  const again = await fetch(url, { headers: { ...headers, 'if-none-match': first.headers.get('etag')! } });
  expect(again.status).toBe(304);
  expect(again.headers.get('x-ratelimit-used')).toBe(first.headers.get('x-ratelimit-used'));
});

test('a workflow that only a push starts cannot be dispatched', async () => {
  const pushOnly = WORKFLOW.replace(/ {2}workflow_dispatch:[^]*(?=jobs:)/, '');
  await stage.octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/push-only', sha: stage.first });
  await writeWorkflow(stage.octokit, pushOnly, 'push-only');
  expect((await refusal(start({ ref: 'push-only' }))).message).toBe(
    "Workflow does not have 'workflow_dispatch' trigger",
  );
});
