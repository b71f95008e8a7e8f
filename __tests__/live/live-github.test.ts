import { readLive, waitForLive, type LiveContext } from '../../src/app/live.js';
import { connectOctokit } from '../../src/github/octokit.js';
import { Secret } from '../../src/lib/secret.js';
import { createStage, READ_TOKEN, TOKEN, type Stage } from '../deploy/stage.js';
import { EXPECTED } from './scenarios.js';

const FLUX = 'kustomization/acme/0a1b2c3d';
let stage: Stage;
beforeEach(async () => {
  stage = await createStage('the GitHub API');
});
afterEach(() => stage.close());

/** A context without kubectl, whose clock advances at once with each sleep. */
function contextOf(onSleep: (sleeps: number) => Promise<void> | void = () => {}) {
  let ahead = 0;
  let sleeps = 0;
  const context: LiveContext = {
    runContext: {
      ...{ env: { PATH: '/nowhere' }, signal: new AbortController().signal },
      ...{ say: () => {}, redact: (text) => text },
    },
    client: undefined as unknown as LiveContext['client'],
    openTarget: ({ branch }) => stage.openTarget(branch),
    clock: {
      now: () => Date.now() + ahead,
      async sleep(ms) {
        ahead += ms;
        await onSleep(++sleeps);
      },
    },
  };
  return { context, seconds: () => Math.round(ahead / 1000) };
}

/** Sets a commit status like Flux's notification controller or Argo CD notifications. */
async function setStatus(state: 'success' | 'failure' | 'pending', context = FLUX, description = 'reconciliation') {
  const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(TOKEN));
  await octokit.rest.repos.createCommitStatus({
    owner: 'acme',
    repo: 'app',
    sha: stage.head(),
    state,
    context,
    description,
  });
}

const expected = () => [{ ...EXPECTED, commit: stage.head() }];

test('without a cluster, uses deploy commit statuses from Argo CD or Flux, but not from other tools', async () => {
  await setStatus('failure', 'ci/test');
  const { context } = contextOf();
  const [none] = await readLive(context, expected());
  expect(none).toMatchObject({
    source: 'none',
    outcome: {
      ...{ status: 'unknown', open: true },
      reason: `no cluster can be reached (The program kubectl is not on PATH), and ${stage.head().slice(0, 7)} has no commit status of Argo CD or Flux`,
    },
  });
  await setStatus('success', 'continuous-delivery/acme');
  const { images, end } = await waitForLive(context, expected(), 600_000);
  expect({ end, image: images[0] }).toMatchObject({
    end: 'over',
    image: { source: 'commit-statuses', outcome: { status: 'running' } },
  });
});

test('reports an image as failed if a success changes to a failure', async () => {
  await setStatus('success');
  const { context, seconds } = contextOf((sleeps) =>
    sleeps === 1 ? setStatus('failure', FLUX, 'health check failed') : undefined,
  );
  const { images } = await waitForLive(context, expected(), 600_000);
  expect(images[0]?.outcome).toMatchObject({
    status: 'failed',
    reason: `the commit status ${FLUX} is failure: health check failed`,
  });
  expect(seconds()).toBe(30);
});

test('reports an image as running only after the status success has lasted 30 s', async () => {
  await setStatus('success');
  const { context, seconds } = contextOf();
  const [first] = await readLive(context, expected());
  expect(first?.outcome).toEqual({
    status: 'progressing',
    reason: 'its commit status is success, which counts after 30 s',
  });
  const { images } = await waitForLive(context, expected(), 600_000);
  expect({ status: images[0]?.outcome.status, seconds: seconds() }).toEqual({ status: 'running', seconds: 30 });
});

test("reports unknown with GitHub's error if the token can't read commit statuses", async () => {
  const served = stage.github.repository('acme/app');
  served.private = true;
  served.tokens = { ...served.tokens, [READ_TOKEN]: { permissions: { contents: 'read' } } };
  const { context } = contextOf();
  context.openTarget = ({ branch }) => stage.openTarget(branch, READ_TOKEN);
  // The fake GitHub reads `tokens` on each request.
  const [live] = await readLive(context, expected());
  expect(live?.outcome).toMatchObject({
    status: 'unknown',
    reason: expect.stringMatching(/can't be read: HTTP 403: Resource not accessible by integration/),
  });
});
