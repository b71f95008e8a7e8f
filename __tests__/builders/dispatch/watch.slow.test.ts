import { startRun } from '../../../testing/fake-github/workflow-runs.js';
import { readWorkflowFile } from '../../../testing/fake-github/workflow-files.js';
import { watchRelease, type WatchContext } from '../../../src/builders/dispatch/watch.js';
import { ReleaseError } from '../../../src/lib/errors.js';
import {
  fastClock,
  oneJob,
  releases,
  createDispatchFixture,
  until,
  WORKFLOW,
  type DispatchFixture,
} from './fixtures.js';

let fixture: DispatchFixture;
beforeEach(async () => {
  fixture = await createDispatchFixture();
});
afterEach(() => fixture.stop());

/** Starts the workflow for the head of main, like a push to GitHub. */
async function pushed(script = releases, event = 'push') {
  const repository = fixture.github.repository('acme/app');
  const sha = await fixture.head();
  const path = '.github/workflows/release.yml';
  const workflow = (await readWorkflowFile(repository.dir, sha, path))!;
  const actor = { login: 'ada', type: 'User' as const, id: 1000 };
  return startRun(repository, { workflow, event, branch: 'main', sha, actor, script });
}

async function watch(over: Partial<WatchContext> = {}) {
  const said: string[] = [];
  const commit = await fixture.git('rev-parse', 'HEAD');
  try {
    await watchRelease({
      ...{ github: await fixture.connect(), commit, clock: fastClock },
      workflows: [{ path: '.github/workflows/release.yml', text: WORKFLOW }],
      signal: new AbortController().signal,
      say: (line) => void said.push(line),
      redact: (text) => text,
      ...over,
    });
    return { said };
  } catch (error) {
    if (error instanceof ReleaseError) return { said, problem: error.problems[0] };
    throw error;
  }
}

test('ignores the run of an earlier commit, waits for the run of this one, and follows it', async () => {
  await pushed(oneJob(async (job) => job.end('failure')));
  await fixture.commit('note.txt', 'newer\n');
  const said: string[] = [];
  const under = watch({ say: (line) => void said.push(line) });
  await until(() => said.length > 0);
  expect(said[0]).toMatch(/^Waiting for a run that releases \w{7}\.$/);
  const run = await pushed();
  expect((await under).problem).toBeUndefined();
  expect(said[1]).toBe(`Run ${run.id} (push): ${fixture.github.url}/acme/app/actions/runs/${run.id}`);
  expect(said.at(-1)).toMatch(/^release: done/);
});

test('fails if the run failed, and follows the unfinished run if there are several', async () => {
  const failing = oneJob(async (job) => {
    await job.step('Build', async () => 'failure');
    job.end('failure');
  });
  await (
    await pushed(failing)
  ).ended;
  expect((await watch()).problem).toMatchObject({
    code: 'dispatch/failed',
    message: expect.stringContaining('job release, step “Build”'),
  });
  let go = () => {};
  const again = await pushed(async (control) => {
    await new Promise<void>((resolve) => (go = resolve));
    await releases(control);
  }, 'workflow_dispatch');
  await (
    await pushed(failing)
  ).ended;
  const under = watch();
  await until(() => fixture.github.requests.some(({ path }) => path.includes(`/runs/${again.id}/jobs`)));
  go();
  expect((await under).problem).toBeUndefined();
});

test.each<[string, () => Promise<Partial<WatchContext> | void>, string]>([
  ['a commit without a run', async () => {}, 'dispatch/run-not-found'],
  [
    'a commit that was not pushed',
    async () => void (await fixture.commit('note.txt', 'mine\n', 'keep')),
    'dispatch/not-pushed',
  ],
  ['a repository without a release workflow', async () => ({ workflows: [] }), 'dispatch/no-workflow'],
])('reports %s as an error with a fix', async (_, arrange, code) => {
  expect((await watch((await arrange()) ?? {})).problem).toMatchObject({
    code,
    fix: expect.stringMatching(/\w+/),
  });
});
