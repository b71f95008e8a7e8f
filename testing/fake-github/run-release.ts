import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJob } from '../runner.js';
import { git as inCheckout } from '../acme.js';
import { readRefFile } from '../git-store.js';
import { evaluate } from './workflow-files.js';
import type { RunScript } from './workflow-runs.js';

/** What the runner of a job brings along. */
export interface RunnerSetup {
  /** The bare repository. */
  dir: string;
  repository: string;
  defaultBranch: string;
  /** Of the job: GITHUB_TOKEN. */
  token: string;
  urls: { server: string; api: string; graphql: string };
  /** Such as DOCKER_HOST. */
  env: Record<string, string>;
  secrets?: string[];
}

/**
 * Runs the bundled Action for each step of a workflow that uses it, on a checkout of the run's commit, with the inputs
 * as the workflow hands them on. Steps of others are taken as done.
 */
export function releasingRuns(setup: RunnerSetup): RunScript {
  return async (control) => {
    const { run, signal } = control;
    control.begin();
    for (const [key, { name, steps = [] }] of Object.entries(run.workflow.jobs)) {
      const job = control.job(name ?? key);
      job.begin();
      let failed = false;
      for (const step of steps) {
        const title = step.name ?? `Run ${step.uses ?? step.run ?? ''}`;
        if (failed) continue;
        const own = /\/image-release@/.test(step.uses ?? '');
        const conclusion = await job.step(title, async (log) => {
          log(`##[group]${title}`);
          log('##[endgroup]');
          if (!own) return 'success';
          const given = Object.entries(step.with ?? {}).map(([input, value]) => {
            const contexts = { inputs: run.inputs, github: { ref_name: run.branch } };
            return [input, evaluate(String(value), contexts)] as const;
          });
          const result = await releaseOnce(setup, { run, inputs: Object.fromEntries(given), signal, log });
          for (const { level, message, title: code, file, line } of result.main.annotations) {
            job.annotate({
              level: level === 'error' ? 'failure' : level,
              message,
              ...(code && { title: code }),
              ...(file && { path: file }),
              ...(line && { line }),
            });
          }
          if (result.main.exitCode === 0) return 'success';
          log(`##[error]Process completed with exit code ${result.main.exitCode}.`);
          return signal.aborted ? 'cancelled' : 'failure';
        });
        failed = conclusion !== 'success';
      }
      job.end(signal.aborted ? 'cancelled' : failed ? 'failure' : 'success');
    }
  };
}

interface Once {
  run: Parameters<RunScript>[0]['run'];
  inputs: Record<string, string>;
  signal: AbortSignal;
  log: (line: string) => void;
}

async function releaseOnce(setup: RunnerSetup, { run, inputs, signal, log }: Once) {
  const base = await mkdtemp(join(tmpdir(), 'workflow-run-'));
  const workspace = join(base, 'checkout');
  try {
    const page = `${setup.urls.server}/${setup.repository}`;
    await inCheckout(base, ['clone', '--quiet', '--no-checkout', setup.dir, workspace]);
    await inCheckout(workspace, ['remote', 'set-url', 'origin', page]);
    await inCheckout(workspace, ['checkout', '--quiet', '--detach', run.sha]);
    const [owner = '', name = ''] = setup.repository.split('/');
    const isTag = readRefFile(setup.dir, `refs/tags/${run.branch}`) !== undefined;
    const ref = `refs/${isTag ? 'tags' : 'heads'}/${run.branch}`;
    return await runJob({
      workspace,
      event: {
        name: run.event,
        ref,
        sha: run.sha,
        payload: {
          inputs: run.inputs,
          ref,
          repository: {
            name,
            full_name: setup.repository,
            html_url: page,
            default_branch: setup.defaultBranch,
            owner: { login: owner },
            private: false,
            visibility: 'public',
          },
          sender: { login: run.actor.login },
          workflow: run.workflow.path,
        },
      },
      inputs,
      repository: setup.repository,
      env: setup.env,
      token: setup.token,
      secrets: setup.secrets ?? [],
      actor: run.actor.login,
      runId: String(run.id),
      runNumber: run.number,
      urls: setup.urls,
      cancel: signal,
      onLog: log,
    });
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}
