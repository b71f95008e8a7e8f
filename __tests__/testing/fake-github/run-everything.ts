import type { RunScript } from '../../../testing/fake-github/workflow-runs.js';
import { AT, commitOn, PERSON, type Octokit, type Stage } from './fixtures.js';

const WORKFLOW = `name: Release
on:
  push:
  workflow_dispatch:
    inputs:
      images: { default: '' }
      mode: { type: choice, options: [fast, safe], default: fast }
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: acme/image-release@v1
        with: { images: '\${{ inputs.images }}' }
`;

async function writeWorkflow(octokit: Octokit): Promise<void> {
  const { git } = octokit.rest;
  const ref = 'heads/main';
  const { data: head } = await git.getRef({ ...AT, ref });
  const sha = await commitOn(octokit, head.object.sha, '.github/workflows/release.yml', WORKFLOW);
  await git.updateRef({ ...AT, ref, sha });
}

/** Takes a workflow run through all states that can be read. */
export async function runEverything({ octokit, github, as }: Stage): Promise<void> {
  // The schema doesn't accept the email address in a bot's commits.
  await writeWorkflow(as(PERSON));
  const { actions, checks } = octokit.rest;
  const workflow = { ...AT, workflow_id: 'release.yml' };
  let approve = () => {};
  const script: RunScript = async (control) => {
    control.begin();
    control.job('queued', ['self-hosted']);
    const job = control.job('release');
    job.begin();
    await job.step('Build', async (log) => log('building'));
    job.annotate({ level: 'warning', message: 'Mind the gap', path: 'api/Dockerfile', line: 3 });
    control.run.pending = [{ environment: 'production', reviewers: ['ada'], minutes: 5 }];
    control.set('waiting');
    await new Promise<void>((resolve) => (approve = resolve));
    job.end('success');
  };
  github.repository('acme/app').actions = { script };
  const order = { ...workflow, ref: 'main', return_run_details: true };
  const { data } = await actions.createWorkflowDispatch(order);
  const run = { ...AT, run_id: Number((data as unknown as { workflow_run_id: number }).workflow_run_id) };
  await actions.getPendingDeploymentsForRun(run);
  const { data: listed } = await actions.listJobsForWorkflowRun(run);
  await actions.getWorkflowRun(run);
  await actions.listWorkflowRunsForRepo(AT);
  await actions.cancelWorkflowRun(run);
  approve();
  await github.repository('acme/app').runs?.at(-1)?.ended;
  await actions.getWorkflowRun(run);
  await actions.listJobsForWorkflowRun(run);
  await checks.listAnnotations({ ...AT, check_run_id: Number(listed.jobs[1]!.id) });
}
