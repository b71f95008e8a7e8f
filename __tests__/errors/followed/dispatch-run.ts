import { watchRelease } from '../../../src/builders/dispatch/watch.js';
import { Secret } from '../../../src/lib/secret.js';
import { fastClock, oneJob, releases, TOKEN, type DispatchStage } from '../../builders/dispatch/stage.js';
import { planOf } from '../../builders/samples.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';
import { released } from './dispatch-release.js';

/** How the run ends. */
export function runFixes(stage: () => DispatchStage): FollowedFix[] {
  const release = released(stage);
  /** A run that ends so; what the message says is corrected, and it is started again. */
  const corrected = (
    code: FollowedFix['code'],
    script: Parameters<DispatchStage['actions']>[0]['script'],
    fix: RegExp,
  ): FollowedFix => ({
    code,
    provoke() {
      stage().actions({ script });
      return release();
    },
    follow(problem) {
      expect(problem.fix).toMatch(fix);
      stage().actions({ script: releases });
      return release();
    },
  });
  return [
    corrected(
      'dispatch/failed',
      oneJob(async (job) => {
        await job.step('Run acme/image-release@v1', async (log) => {
          log('##[error]npm ci failed');
          return 'failure';
        });
        job.end('failure');
      }),
      /^The whole log: http/,
    ),
    corrected(
      'dispatch/cancelled',
      oneJob(async (job, { run }) => {
        job.annotate({ level: 'failure', message: 'The run was canceled by @grace.' });
        run.cancel.abort();
      }),
      /^Start it again if it is still wanted/,
    ),
    corrected(
      'dispatch/timed-out',
      oneJob(async (job) => {
        const message = 'The job has exceeded the maximum execution time of 30m0s';
        job.annotate({ level: 'failure', message });
        job.end('cancelled');
      }),
      /raise `timeout-minutes` of the job/,
    ),
    corrected(
      'dispatch/not-started',
      async (control) => control.set('completed', 'startup_failure'),
      /^The run’s page says why; correct that, and run again/,
    ),
    corrected(
      'dispatch/no-result',
      oneJob(async (job) => {
        await job.step('Build', async (log) => log('docker build .'));
        job.end('success');
      }),
      /^Let the workflow use this action/,
    ),
    {
      code: 'dispatch/still-running',
      async provoke() {
        let now = Date.now();
        const hurried = {
          now: () => now,
          sleep: async (ms: number) => void (now += Math.max(ms, 30 * 60_000)),
        };
        stage().actions({ script: endless });
        return release({ clock: hurried });
      },
      async follow({ fix }) {
        expect(fix).toContain('`image-release status --watch`');
        goOn();
        return watched(stage());
      },
    },
  ];
}

let goOn = () => {};
const endless = oneJob(async (job) => {
  await new Promise<void>((resolve) => (goOn = resolve));
  job.end('success');
});

/** `image-release status --watch`: what it waits for. */
async function watched(stage: DispatchStage): Promise<Told> {
  const { http, workflows } = await stage.setting();
  const commit = await stage.git('rev-parse', 'HEAD');
  return told(() =>
    watchRelease({
      source: { ...planOf([]).source, repository: 'acme/app', commit },
      ...{ apiUrl: stage.github.apiUrl, token: new Secret(TOKEN), workflows, http, clock: fastClock },
      signal: new AbortController().signal,
      say: () => {},
      redact: (text) => text,
    }),
  );
}
