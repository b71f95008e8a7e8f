import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import type { Deployment } from '../../../src/deploy/target.js';
import { ReleaseError, type Problem } from '../../../src/lib/errors.js';
import { refreshPulls } from '../../../testing/fake-github/merging.js';
import { soak } from '../../../testing/soak.js';
import { createStage, KUSTOMIZATION, type Stage } from '../stage.js';
import { planned, request, rollOut } from '../requests.js';

const BODIES = {
  'cut JSON': { body: '{"data":{"updateRe' },
  'a page': { body: '<html>Bad gateway</html>', contentType: 'text/html' },
  nothing: { body: '' },
  'data that is null': { body: '{"data":null}' },
  'a null in the data': { body: '{"data":{"updateRefs":null,"createCommitOnBranch":null}}' },
  'another document': { body: '{}' },
  'a list': { body: '[]' },
};
const STATUS = [200, 202];

let stage: Stage;
beforeEach(async () => (stage = await createStage('the GitHub API')));
afterEach(() => stage.close());

test.each(Object.entries(BODIES))('GitHub answers the update of the refs with %s', async (_, body) => {
  const base = stage.head();
  for (const status of STATUS) {
    const fault = { type: 'unreadable', landed: false, status, ...body } as const;
    stage.github.faults.push({ match: { operation: 'updateRefs' }, times: 99, fault });
    // It did not happen: no success is reported.
    expect(await rollOut(stage).catch((error: unknown) => error)).toBeInstanceOf(Error);
    expect(stage.head()).toBe(base);
    stage.github.faults.clear();
  }
  // It did happen: the commit is found, and made once.
  stage.github.faults.push({
    match: { operation: 'updateRefs' },
    fault: { type: 'unreadable', landed: true, ...body },
  });
  expect(await rollOut(stage)).toMatchObject([{ status: 'committed', commit: stage.head() }]);
  expect(stage.git('rev-list', '--count', `${base}..main`)).toBe('1');
});

/** One way through the API, and what has to be true when it says that it went well. */
interface Flow {
  name: string;
  /** Requests that no flow before has made; in a long search all of them. */
  new?: RegExp;
  prepare?(at: Stage): unknown;
  run(at: Stage): Promise<unknown>;
  expectTruth(at: Stage, outcome: never): unknown;
}

const served = (at: Stage) => at.github.repository('acme/app');
const pullRequests = {
  deploys: [planned('k8s/kustomization.yml', 'main', { mode: { labels: ['deploy'], autoMerge: 'squash' } })],
};
const onlyByPullRequest = (at: Stage) => served(at).rules.push({ branch: 'main', type: 'pull_request' });
const pullsOf = async (at: Stage) => {
  await refreshPulls(served(at));
  return served(at).pulls;
};
const RELEASED = KUSTOMIZATION.replaceAll('main-0000000', 'main-1a2b3c4');

const OF_PULL_REQUESTS = /\/(pulls|issues)\b|graphql/;

const FLOWS: Flow[] = [
  {
    name: 'a commit',
    run: (at) => rollOut(at),
    expectTruth(at, outcome: Deployment[]) {
      expect(outcome).toMatchObject([{ status: 'committed', commit: at.head() }]);
      expect(at.fileAt(at.head(), 'k8s/kustomization.yml')?.text).toBe(RELEASED);
    },
  },
  {
    name: 'the check before a build: rights, and rules that refuse the commit',
    prepare: onlyByPullRequest,
    run: (at) => checkDeploy(request(at)),
    expectTruth: (_, problems: Problem[]) => expect(problems.map(({ code }) => code)).toContain('deploy/rules-refuse'),
  },
  {
    name: 'a commit that rules refuse',
    prepare: onlyByPullRequest,
    run: (at) => rollOut(at),
    expectTruth: () => expect('refused').toBe('deployed'),
  },
  {
    name: 'a branch that is not there',
    run: (at) => deploy(request(at, { deploys: [planned('k8s/kustomization.yml', 'nowhere')] })),
    expectTruth: () => expect('missing').toBe('deployed'),
  },
  {
    name: 'a pull request that waits to be merged',
    new: OF_PULL_REQUESTS,
    prepare: (at) => served(at).rules.push({ branch: 'main', type: 'required_status_checks' }),
    run: (at) => rollOut(at, pullRequests),
    async expectTruth(at, [deployment]: Deployment[]) {
      const [pull, ...others] = await pullsOf(at);
      expect(others).toEqual([]);
      expect(deployment).toMatchObject({ status: 'proposed', commit: at.head('image-release-pr/main') });
      expect(pull).toMatchObject({ state: 'open', labels: ['deploy'] });
      expect(pull?.autoMerge?.title).toBe(`${pull?.title} (#1)`);
      expect(deployment).toMatchObject({ state: 'waiting' });
    },
  },
  {
    name: 'a newer release in the same pull request',
    new: OF_PULL_REQUESTS,
    async prepare(at) {
      served(at).rules.push({ branch: 'main', type: 'required_status_checks' });
      await rollOut(at, pullRequests);
    },
    run: (at) =>
      rollOut(at, {
        ...pullRequests,
        rollouts: request(at).rollouts.map((image) => ({ ...image, releaseTag: 'main-5d6e7f8' })),
        source: { commit: '5d6e7f8'.padEnd(40, '0'), run: 43 },
        intent: { type: 'release', order: 'allow-rollback' },
        newId: () => 'newer-id',
      }),
    async expectTruth(at, [deployment]: Deployment[]) {
      const [pull] = await pullsOf(at);
      expect(deployment).toMatchObject({ state: 'waiting', commit: at.head('image-release-pr/main') });
      expect(pull?.title).toContain('main-5d6e7f8');
      expect(pull?.body).toContain('main-5d6e7f8');
      expect(pull?.autoMerge?.message).toContain('newer-id');
    },
  },
  {
    name: 'a pull request that is merged at once',
    new: OF_PULL_REQUESTS,
    prepare: onlyByPullRequest,
    run: (at) => rollOut(at, pullRequests),
    async expectTruth(at, outcome: Deployment[]) {
      expect((await pullsOf(at)).map(({ state }) => state)).toEqual(['merged']);
      expect(outcome).toMatchObject([{ state: 'merged', commit: at.head() }]);
      expect(at.fileAt(at.head(), 'k8s/kustomization.yml')?.text).toBe(RELEASED);
    },
  },
  {
    name: 'a pull request that is withdrawn',
    new: OF_PULL_REQUESTS,
    async prepare(at) {
      served(at).rules.push({ branch: 'main', type: 'required_status_checks' });
      await rollOut(at, pullRequests);
      at.land({ 'k8s/kustomization.yml': RELEASED });
    },
    run: (at) => rollOut(at, pullRequests),
    async expectTruth(at, outcome: Deployment[]) {
      expect(outcome).toMatchObject([{ status: 'unchanged' }]);
      expect((await pullsOf(at)).map(({ state, comments }) => [state, comments.length])).toEqual([['closed', 1]]);
    },
  },
];

/** Runs a flow with the request number `skip` unreadable. @returns undefined when it makes no such request */
async function runOnce(flow: Flow, skip: number, body: object): Promise<'over' | 'told'> {
  await stage.close();
  stage = await createStage('the GitHub API');
  await flow.prepare?.(stage);
  const base = stage.head();
  const fault = { type: 'unreadable', landed: false, body: '', ...body } as const;
  stage.github.faults.push({ match: soak({ path: flow.new }, {}), skip, fault });
  const outcome = await flow.run(stage).catch((error: unknown) => error as Error);
  if (stage.github.faults.pending().length > 0) return 'over';
  if (outcome instanceof Error) {
    // With a code: no TypeError of our own.
    expect(outcome).toBeInstanceOf(ReleaseError);
    expect(outcome.stack).not.toMatch(/TypeError|undefined \(reading/);
    expect(stage.head()).toBe(base);
  } else {
    await flow.expectTruth(stage, outcome as never);
  }
  return 'told';
}

test.each(FLOWS.map((flow, index) => ({ ...flow, index })))(
  '$name: requests without an answer that can be read; what is reported is true',
  async ({ index, ...flow }) => {
    // Where a list is asked for, an empty one can be read.
    const { 'a list': _, ...unreadable } = BODIES;
    const bodies = Object.values(unreadable);
    // In a long search each request is tried, with each answer.
    let skip = soak(index % 3, 0);
    for (let isOver = false; !isOver; skip += soak(3, 1)) {
      const tried = soak([bodies[skip % bodies.length]!], bodies);
      for (const body of tried) isOver = (await runOnce(flow, skip, body)) === 'over';
    }
    expect(skip).toBeGreaterThan(3);
  },
);
