import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import type { Deployment } from '../../../src/deploy/target.js';
import { ReleaseError, type Problem } from '../../../src/lib/errors.js';
import type { FaultRule } from '../../../testing/fake-github/faults.js';
import { refreshPulls } from '../../../testing/fake-github/merging.js';
import { soak } from '../../../testing/soak.js';
import { createStage, KUSTOMIZATION, type Stage } from '../stage.js';
import { planned, request, rollOut } from '../requests.js';

const BODIES = {
  'truncated JSON': { body: '{"data":{"updateRe' },
  'an HTML page': { body: '<html>Bad gateway</html>', contentType: 'text/html' },
  nothing: { body: '' },
  'null as data': { body: '{"data":null}' },
  'null fields in the data': { body: '{"data":{"updateRefs":null,"createCommitOnBranch":null}}' },
  'an empty object': { body: '{}' },
  'a list': { body: '[]' },
};
const STATUS = [200, 202];

let stage: Stage;
beforeEach(async () => (stage = await createStage('the GitHub API')));
afterEach(() => stage.close());

test.each(Object.keys(BODIES))('reports the true outcome if GitHub answers updateRefs with %s', async (name) => {
  const base = stage.head();
  const body = BODIES[name as keyof typeof BODIES];
  const index = Object.keys(BODIES).indexOf(name);
  for (const status of soak([STATUS[index % STATUS.length]!], STATUS)) {
    const fault = { type: 'unreadable', landed: false, status, ...body } as const;
    stage.github.faults.push({ match: { operation: 'updateRefs' }, times: 99, fault });
    // The update failed: no success is reported.
    expect(await rollOut(stage).catch((error: unknown) => error)).toBeInstanceOf(Error);
    expect(stage.head()).toBe(base);
    stage.github.faults.clear();
  }
  // The update landed: the commit is found, and made only once.
  stage.github.faults.push({
    match: { operation: 'updateRefs' },
    fault: { type: 'unreadable', landed: true, ...body },
  });
  expect(await rollOut(stage)).toMatchObject([{ status: 'committed', commit: stage.head() }]);
  expect(stage.git('rev-list', '--count', `${base}..main`)).toBe('1');
});

/** An operation on the API, and the checks that must pass if it reports success. */
interface Flow {
  name: string;
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
    name: 'the check before a build',
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
    name: 'a missing branch',
    run: (at) => deploy(request(at, { deploys: [planned('k8s/kustomization.yml', 'nowhere')] })),
    expectTruth: () => expect('missing').toBe('deployed'),
  },
  {
    name: 'a pull request that waits for checks',
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
    prepare: onlyByPullRequest,
    run: (at) => rollOut(at, pullRequests),
    async expectTruth(at, outcome: Deployment[]) {
      expect((await pullsOf(at)).map(({ state }) => state)).toEqual(['merged']);
      expect(outcome).toMatchObject([{ state: 'merged', commit: at.head() }]);
      expect(at.fileAt(at.head(), 'k8s/kustomization.yml')?.text).toBe(RELEASED);
    },
  },
  {
    name: 'a withdrawn pull request',
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

async function begin(flow: Flow): Promise<string> {
  await stage.close();
  stage = await createStage('the GitHub API');
  await flow.prepare?.(stage);
  return stage.head();
}

/** The requests of an undisturbed flow, one of each kind. */
async function requestsOf(flow: Flow): Promise<Map<string, FaultRule['match']>> {
  await begin(flow);
  const before = stage.github.requests.length;
  await flow.run(stage).catch(() => {});
  const matches = stage.github.requests.slice(before).map(({ method, path, operations: [operation] }) => {
    const kind = path.replaceAll(/[0-9a-f]{40}|(?<=\/)\d+\b/g, 'ID');
    const same = kind.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('ID', '\\w+');
    return [`${method} ${kind} ${operation}`, { method, path: new RegExp(`^${same}$`), operation }] as const;
  });
  return new Map(matches);
}

/** Runs a flow in which one request gets an unreadable answer. */
async function runWith(flow: Flow, match: FaultRule['match'], skip: number, body: object): Promise<'over' | 'told'> {
  const base = await begin(flow);
  const fault = { type: 'unreadable', landed: false, body: '', ...body } as const;
  stage.github.faults.push({ match, skip, fault });
  const outcome = await flow.run(stage).catch((error: unknown) => error as Error);
  if (stage.github.faults.pending().length > 0) return 'over';
  if (outcome instanceof Error) {
    // An error with a code, not a TypeError.
    expect(outcome).toBeInstanceOf(ReleaseError);
    expect(outcome.stack).not.toMatch(/TypeError|undefined \(reading/);
    expect(stage.head()).toBe(base);
  } else {
    await flow.expectTruth(stage, outcome as never);
  }
  return 'told';
}

// An empty list is a readable answer to a request for a list.
const { 'a list': _, ...unreadable } = BODIES;
const UNREADABLE = Object.values(unreadable);
/** Kinds of requests that earlier flows have tried. */
const tried = new Set<string>();

test.each(FLOWS)('$name: reports the true outcome if the answer to a request is unreadable', async (flow) => {
  if (soak(false, true)) {
    let skip = 0;
    for (let isOver = false; !isOver; skip += 1) {
      for (const body of UNREADABLE) isOver = (await runWith(flow, {}, skip, body)) === 'over';
    }
    expect(skip).toBeGreaterThan(3);
    return;
  }
  const requests = [...(await requestsOf(flow))];
  expect(requests.length).toBeGreaterThan(1);
  const untried = requests.filter(([kind]) => !tried.has(kind));
  // If earlier flows have tried all kinds, the last request is tried again.
  for (const [kind, match] of untried.length > 0 ? untried : requests.slice(-1)) {
    tried.add(kind);
    expect(await runWith(flow, match, 0, UNREADABLE[tried.size % UNREADABLE.length]!)).toBe('told');
  }
});
