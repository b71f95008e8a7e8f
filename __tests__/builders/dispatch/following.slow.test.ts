import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { RunScript } from '../../../testing/fake-github/workflow-runs.js';
import { oneJob, releases, setDispatchStage, until, type DispatchStage, type Ended } from './stage.js';

jest.setTimeout(60_000);

let stage: DispatchStage;
beforeEach(async () => {
  stage = await setDispatchStage();
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.stop();
});

const runs = () => stage.github.repository('acme/app').runs ?? [];
const page = () => `${stage.github.url}/acme/app/actions/runs/${runs()[0]!.id}`;
const only = ({ problems }: Ended) => {
  expect(problems).toHaveLength(1);
  return problems[0]!;
};

test('a failed step is told with its last lines, its annotations and the page of the run', async () => {
  const script = oneJob(async (job) => {
    await job.step('Checkout', async (log) => log('fetching'));
    // Steps have whole seconds.
    await sleep(1100);
    await job.step('Run acme/image-release@v1', async (log) => {
      log('##[group]Inputs\nconfig:\n##[endgroup]');
      for (let line = 1; line <= 50; line++) log(`line ${line}`);
      log('image-release-result {"type":"run"}');
      log('##[error]npm ci failed');
      log('##[error]Process completed with exit code 1.');
      return 'failure';
    });
    job.annotate({ level: 'failure', message: 'Process completed with exit code 1.' });
    job.annotate({
      level: 'failure',
      title: 'build/failed',
      message: 'npm ci failed',
      path: 'api/Dockerfile',
      line: 3,
    });
    job.end('failure');
  });
  stage.actions({ script });
  const problem = only(await stage.release());
  expect(problem).toMatchObject({
    code: 'dispatch/failed',
    message: `The run failed: job release, step “Run acme/image-release@v1”. ${page()}`,
  });
  const detail = problem.detail!.split('\n');
  expect(detail.slice(0, 2)).toEqual([
    'release › Run acme/image-release@v1:',
    '  api/Dockerfile:3 build/failed: npm ci failed',
  ]);
  expect(detail.at(-1)).toBe('  | line 50');
  expect(detail.join('\n')).not.toMatch(/fetching|exit code 1|line 1$/);
  expect(detail.join('\n').match(/npm ci failed/g)).toHaveLength(1);
});

test.each<[string, RunScript, string, RegExp]>([
  [
    'cancelled by somebody',
    oneJob(async (job, { run }) => {
      job.annotate({ level: 'failure', message: 'The run was canceled by @grace.' });
      run.cancel.abort();
    }),
    'dispatch/cancelled',
    /^The run was cancelled on GitHub by @grace\. /,
  ],
  [
    'cancelled by a newer run of its group',
    oneJob(async (job, { run }) => {
      const message =
        "Canceling since a higher priority waiting request for 'release-refs/heads/main' exists";
      job.annotate({ level: 'failure', message });
      run.cancel.abort();
    }),
    'dispatch/cancelled',
    /^A newer run of the same concurrency group has cancelled the run\. /,
  ],
  [
    'out of time',
    oneJob(async (job) => {
      const message = 'The job has exceeded the maximum execution time of 30m0s';
      job.annotate({ level: 'failure', message });
      job.end('cancelled');
    }),
    'dispatch/timed-out',
    /^The run took longer than it may: job release\. /,
  ],
  [
    'not started for a mistake in the file',
    async (control) => control.set('completed', 'startup_failure'),
    'dispatch/not-started',
    /^GitHub could not start the run: the workflow file is invalid/,
  ],
  [
    'with nothing to do',
    async (control) => {
      control.begin();
      control.job('release').end('skipped');
    },
    'dispatch/not-started',
    /^All jobs of the run were skipped/,
  ],
  [
    'successful without a word on what it published',
    oneJob(async (job) => {
      await job.step('Build', async (log) => log('docker build .'));
      job.end('success');
    }),
    'dispatch/no-result',
    /^The run succeeded, but its logs don’t say what it published\. /,
  ],
])('a run that was %s has its own sentence', async (_, script, code, message) => {
  stage.actions({ script });
  const problem = only(await stage.release());
  expect(problem).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(problem.message).toContain(page());
});

/** Holds a run up until it was read some times, and lets it go on. */
function heldUp(hold: Parameters<typeof oneJob>[0]): RunScript {
  return async (control) => {
    control.begin();
    const job = control.job('release', ['self-hosted', 'big']);
    await hold(job, control);
    await sleep(700);
    control.run.pending = [];
    control.begin();
    job.end('success');
    await oneJob(async (ended, again) => releases({ ...again, job: () => ended, begin: () => {} }))(control);
  };
}

test.each<[string, Parameters<typeof oneJob>[0], string]>([
  [
    'an approval',
    async (_, control) => {
      control.run.pending = [{ environment: 'production', reviewers: ['ada', 'grace'] }];
      control.set('waiting');
    },
    'The run waits for an approval of environment production by ada or grace: ',
  ],
  [
    'the timer of an environment',
    async (_, control) => {
      control.run.pending = [{ environment: 'production', reviewers: [], minutes: 15 }];
      control.set('waiting');
    },
    'The run waits 15 min, as the rules of environment production say: ',
  ],
  [
    'an earlier run of its group',
    async (_, control) => control.set('pending'),
    'The run waits until an earlier run of its concurrency group has ended.',
  ],
  [
    'a runner',
    async (_, control) => control.set('queued'),
    'Job release waits for a runner with the labels self-hosted, big: none is free, or none is online (Settings › Actions › Runners).',
  ],
])('a run that waits for %s says so once, and goes on', async (_, hold, sentence) => {
  stage.actions({ script: heldUp(hold) });
  const { said, released } = await stage.release();
  expect(said.filter((line) => line.startsWith(sentence))).toHaveLength(1);
  expect(released?.outcome).toBe('released');
});

test('GitHub may be away for a while: the run is followed on', async () => {
  stage.actions({ script: releases });
  const path = /\/actions\/runs\/\d+$/;
  stage.github.faults.push(
    { match: { path }, times: 3, fault: { type: '5xx-before', status: 502 } },
    { match: { path: '/jobs?' }, times: 2, fault: { type: 'cut' } },
    { match: { path: '/_logs/' }, fault: { type: '5xx-before', status: 503 } },
  );
  const { said, released } = await stage.release();
  expect(released?.outcome).toBe('released');
  expect(said.join('\n')).toContain("can't be asked at the moment: it answers 502. Trying on.");
  expect(said).toContain('GitHub answers again.');
});

test('whoever stays away for five minutes is given up, and it is said that', async () => {
  stage.actions({ script: releases });
  stage.github.faults.push({ match: { path: '/jobs?' }, times: 1e6, fault: { type: 'cut' } });
  expect(only(await stage.release()).code).toBe('dispatch/unreachable');
  stage.github.faults.clear();
});

test('limits are waited for as GitHub asks', async () => {
  stage.actions({ script: releases });
  stage.github.faults.push(
    { match: { method: 'POST' }, fault: { type: 'rate-limited', status: 403 } },
    { match: { path: '/jobs?' }, fault: { type: 'rate-limited', status: 429, retryAfter: 7 } },
  );
  const { said, released } = await stage.release();
  expect(released?.outcome).toBe('released');
  expect(said).toContain('GitHub asks to wait 60 s (secondary rate limit).');
  expect(said).toContain('GitHub asks to wait 7 s (secondary rate limit).');
  expect(runs()).toHaveLength(1);
});

test('a limit that lasts longer than a release waits is an error that says how long', async () => {
  stage.actions({ script: releases });
  const fault = { type: 'rate-limited' as const, status: 403 as const, limit: 'primary' as const };
  stage.github.faults.push({ match: { path: '/commits/' }, fault });
  expect(only(await stage.release())).toMatchObject({
    code: 'dispatch/rate-limited',
    message: expect.stringMatching(/asks to wait (60|61) minutes/),
  });
});

describe('Ctrl-C while the run is followed', () => {
  const endless = oneJob(async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  const interrupted = async (askCancel?: (question: string) => Promise<'yes' | 'no'>) => {
    stage.actions({ script: endless });
    const controller = new AbortController();
    const under = stage.release({ signal: controller.signal, ...(askCancel && { askCancel }) });
    await until(() => stage.github.requests.some(({ path }) => path.includes('/jobs?')));
    controller.abort();
    return under;
  };
  afterEach(async () => {
    runs()[0]!.cancel.abort();
    await runs()[0]!.ended;
  });

  test('a yes cancels the run on GitHub', async () => {
    const { cancelled } = await interrupted(async () => 'yes');
    expect(cancelled).toBe(`Cancelled while following a run, which is being cancelled: ${page()}.`);
    expect(stage.github.requests.at(-1)).toMatchObject({ method: 'POST', status: 202 });
    await runs()[0]!.ended;
    expect(runs()[0]!.conclusion).toBe('cancelled');
  });

  test.each([
    ['a no', async () => 'no' as const],
    ['nobody to ask', undefined],
  ])('%s lets it go on, and its page is told', async (_, ask) => {
    const { cancelled } = await interrupted(ask);
    expect(cancelled).toBe(`Cancelled while following a run, which goes on: ${page()}.`);
    expect(stage.github.requests.filter(({ path }) => path.endsWith('/cancel'))).toEqual([]);
  });

  test('what can’t be cancelled is said', async () => {
    stage.github.faults.push({ match: { path: '/cancel' }, fault: { type: '5xx-before' } });
    const { said, cancelled } = await interrupted(async () => 'yes');
    expect(said.at(-1)).toBe("The run can't be cancelled: GitHub did not answer in time.");
    expect(cancelled).toContain('which goes on');
  });
});
