import { setTimeout as sleep } from 'node:timers/promises';
import type { RunScript } from '../../../testing/fake-github/workflow-runs.js';
import { oneJob, releases, createDispatchFixture, until, type DispatchFixture, type Ended } from './fixtures.js';

let fixture: DispatchFixture;
beforeEach(async () => {
  fixture = await createDispatchFixture();
});
afterEach(async () => {
  expect(fixture.github.faults.pending()).toEqual([]);
  await fixture.stop();
});

const runs = () => fixture.github.repository('acme/app').runs ?? [];
const page = () => `${fixture.github.url}/acme/app/actions/runs/${runs()[0]!.id}`;
const only = ({ problems }: Ended) => {
  expect(problems).toHaveLength(1);
  return problems[0]!;
};

test('reports a failed step with its last lines, its annotations and a link to the run', async () => {
  const script = oneJob(async (job) => {
    await job.step('Checkout', async (log) => log('fetching'));
    // GitHub gives the times of steps in whole seconds.
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
  fixture.actions({ script });
  const problem = only(await fixture.release());
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
    'cancelled',
    oneJob(async (_, { run }) => run.cancel.abort()),
    'dispatch/failed',
    /^The run was cancelled on GitHub\. /,
  ],
  [
    'not started because its file is invalid',
    async (control) => control.set('completed', 'startup_failure'),
    'dispatch/failed',
    /^GitHub could not start the run: the workflow file is invalid/,
  ],
  [
    'skipped by its conditions',
    async (control) => {
      control.begin();
      control.job('release').end('skipped');
    },
    'dispatch/failed',
    /^The `if:` conditions skipped all jobs/,
  ],
  [
    'successful without a result in its log',
    oneJob(async (job) => {
      await job.step('Build', async (log) => log('docker build .'));
      job.end('success');
    }),
    'dispatch/no-result',
    /^The run succeeded, but its logs don't say what it published\. /,
  ],
])('reports a run that was %s as an error with a link to the run', async (_, script, code, message) => {
  fixture.actions({ script });
  const problem = only(await fixture.release());
  expect(problem).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(problem.message).toContain(page());
});

test('reports why GitHub ended a job that timed out', async () => {
  const message = 'The job has exceeded the maximum execution time of 30m0s';
  const script = oneJob(async (job) => {
    job.annotate({ level: 'failure', message });
    job.end('cancelled');
  });
  fixture.actions({ script });
  expect(only(await fixture.release())).toMatchObject({ detail: `release:\n  ${message}` });
});

/** A run that `hold` stops until its jobs were read `times` times, and that then succeeds. */
function heldUp(hold: Parameters<typeof oneJob>[0], times: number): RunScript {
  return async (control) => {
    control.begin();
    const job = control.job('release', ['self-hosted', 'big']);
    await hold(job, control);
    const reads = () => fixture.github.requests.filter(({ path }) => path.includes('/jobs?')).length;
    await until(() => reads() > times);
    control.begin();
    job.end('success');
    await oneJob(async (ended, again) => releases({ ...again, job: () => ended, begin: () => {} }))(control);
  };
}

test.each<[string, Parameters<typeof oneJob>[0], string, number?]>([
  ['an approval', async (_, control) => control.set('waiting'), 'The run waits for an approval or another rule: '],
  [
    'an earlier run of its concurrency group',
    async (_, control) => control.set('pending'),
    'The run waits until an earlier run of its concurrency group has ended.',
  ],
  [
    'a runner',
    async (_, control) => control.set('queued'),
    'Job release waits for a runner with the labels self-hosted, big: none is free, or none is online (Settings › Actions › Runners).',
    20,
  ],
])('reports once that the run waits for %s, and follows it to the end', async (_, hold, sentence, times = 3) => {
  fixture.actions({ script: heldUp(hold, times) });
  const { said, released } = await fixture.release();
  expect(said.filter((line) => line.startsWith(sentence))).toHaveLength(1);
  expect(released?.elsewhere.outcome).toBe('released');
});

test('continues the release after a short outage of GitHub, and reports the outage', async () => {
  fixture.actions({ script: releases });
  const path = /\/actions\/runs\/\d+$/;
  fixture.github.faults.push(
    { match: { path }, skip: 1, times: 5, fault: { type: '5xx-before', status: 502 } },
    { match: { path: '/jobs?' }, times: 2, fault: { type: 'cut' } },
    { match: { path: '/_logs/' }, fault: { type: '5xx-before', status: 503 } },
  );
  const { said, released } = await fixture.release();
  expect(released?.elsewhere.outcome).toBe('released');
  expect(said.join('\n')).toContain("GitHub doesn't answer (HTTP 502");
  expect(said).toContain('GitHub answers again.');
});

test("fails if GitHub doesn't answer for a long time", async () => {
  fixture.actions({ script: releases });
  fixture.github.faults.push({ match: { path: '/jobs?' }, times: 1e6, fault: { type: 'cut' } });
  let now = Date.now();
  const clock = { now: () => now, sleep: async (ms: number) => void (now += 10 * ms) };
  expect(only(await fixture.release({ clock })).code).toBe('dispatch/unreachable');
  fixture.github.faults.clear();
});

test('waits for a short rate limit, and fails if the limit lasts too long', async () => {
  fixture.actions({ script: releases });
  const limit = { type: 'rate-limited' as const };
  fixture.github.faults.push({ match: { path: '/jobs?' }, fault: { ...limit, status: 429, retryAfter: 17 } });
  const { said, released } = await fixture.release();
  expect(released?.elsewhere.outcome).toBe('released');
  expect(said).toContain("GitHub's rate limit is used up; waiting 17 s.");
  fixture.github.faults.push({
    match: { path: '/commits/' },
    fault: { ...limit, status: 403, limit: 'primary' },
  });
  expect(only(await fixture.release())).toMatchObject({
    code: 'dispatch/refused',
    message: expect.stringContaining('the rate limit of the token is used up'),
  });
});

describe('Ctrl-C while following the run', () => {
  const endless = oneJob(async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  const interrupted = async (askCancel?: (question: string) => Promise<'yes' | 'no'>) => {
    fixture.actions({ script: endless });
    const controller = new AbortController();
    const under = fixture.release({ signal: controller.signal, ...(askCancel && { askCancel }) });
    await until(() => fixture.github.requests.some(({ path }) => path.includes('/jobs?')));
    controller.abort();
    return under;
  };
  afterEach(async () => {
    runs()[0]!.cancel.abort();
    await runs()[0]!.ended;
  });

  test('cancels the run on GitHub if the user answers yes', async () => {
    const { cancelled } = await interrupted(async () => 'yes');
    expect(cancelled).toBe(`Cancelled while following a run, which is being cancelled: ${page()}.`);
    expect(fixture.github.requests.at(-1)).toMatchObject({ method: 'POST', status: 202 });
    await runs()[0]!.ended;
    expect(runs()[0]!.conclusion).toBe('cancelled');
  });

  test.each([
    ['the user answers no', async () => 'no' as const],
    ['there is no prompt', undefined],
  ])('lets the run continue, and links to it, if %s', async (_, ask) => {
    const { cancelled } = await interrupted(ask);
    expect(cancelled).toBe(`Cancelled while following a run, which continues: ${page()}.`);
    expect(fixture.github.requests.filter(({ path }) => path.endsWith('/cancel'))).toEqual([]);
  });

  test('reports that the run continues if GitHub fails to cancel it', async () => {
    fixture.github.faults.push({ match: { path: '/cancel' }, fault: { type: '5xx-before' } });
    const { said, cancelled } = await interrupted(async () => 'yes');
    expect(said.at(-1)).toMatch(/^Can't cancel the run: HTTP 5/);
    expect(cancelled).toContain('which continues');
  });
});
