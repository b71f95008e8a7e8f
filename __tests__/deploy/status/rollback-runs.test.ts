import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import { readDestination } from '../../../src/deploy/status/rollback.js';
import { exitCodeOfRollback, renderChoices, renderRollback, type Rollback } from '../../../src/report/rollback.js';
import { plainStyle } from '../../../src/report/terminal.js';
import { readDeployed, rollBack, type DeploymentsContext } from '../../../src/deployments.js';
import { configOf, sourceOf } from '../../plan/fixtures.js';
import { API, DIGEST, FRONTEND, problemsOf, request } from '../requests.js';
import { createMemoryTarget } from '../../../testing/memory-remote/target.js';
import { createWorld } from '../rollout-world.js';
import { createStage } from '../stage.js';

const IMAGES = 'registry: ghcr.io/acme\nimages: { api: {}, frontend: {} }\n';
const CONFIG = configOf(`${IMAGES}deploy: k8s/kustomization.yml\n`);

const KUSTOMIZATION = `resources: [pods.yaml]
images:
  - name: ghcr.io/acme/api
    newTag: v0
  - name: ghcr.io/acme/frontend
    newTag: v0
`;
const PODS = `apiVersion: v1
kind: Pod
metadata: { name: all }
spec: { containers: [{ name: api, image: ghcr.io/acme/api }, { name: frontend, image: ghcr.io/acme/frontend }] }
`;
const filesOf = (...folders: string[]) =>
  Object.fromEntries(
    folders.flatMap((folder) => [
      [`${folder}/kustomization.yml`, KUSTOMIZATION],
      [`${folder}/pods.yaml`, PODS],
    ]),
  );

let world: ReturnType<typeof createWorld>;
let newest: ReturnType<typeof world.source>;
function start(...folders: string[]) {
  world = createWorld({}, filesOf(...folders));
}

/** Everything that a rollback needs, except registries. */
function context(over: Partial<DeploymentsContext> = {}): DeploymentsContext {
  return {
    source: sourceOf({ repository: 'acme/app' }),
    signal: new AbortController().signal,
    registry: { check: 'none' },
    openTarget: ({ branch }) => createMemoryTarget({ remote: world.remote, branch }),
    ancestry: createMemoryTarget({ remote: world.remote, branch: 'main' }),
    check: (plan, rollouts, intent) => checkDeploy(world.request(newest, { deploys: plan.deploy, rollouts, intent })),
    deploy: (plan, rollouts, intent) => deploy(world.request(newest, { deploys: plan.deploy, rollouts, intent })),
    verify: () => Promise.reject(new Error('nothing is verified here')),
    readLive: async () => [],
    awaitRunning: async () => ({ images: [], problems: [] }),
    watchRelease: () => Promise.reject(new Error('nothing is waited for here')),
    ...over,
  };
}

const imagesOf = (number: number, keys = [API, FRONTEND]) =>
  keys.map((image) => ({ ...image, releaseTag: `v${number}`, digest: `sha256:${String(number).repeat(64)}` }));

/** Releases a new source commit. */
async function ship(number: number, keys = [API, FRONTEND], more = {}): Promise<void> {
  newest = world.source();
  await world.release(newest, { rollouts: imagesOf(number, keys), ...more });
}

/** Releases a newer commit after the rollback is planned. */
const overtakenBy = (number: number, keys?: (typeof API)[]) =>
  context({
    deploy: async (plan, rollouts, intent) => {
      await ship(number, keys);
      return context().deploy(plan, rollouts, intent);
    },
  });
const tags = () => world.tags();
const order = (to = '-1', more = {}) =>
  ({
    config: CONFIG,
    images: [],
    to: readDestination(to),
    allChannels: false,
    until: 'deploy',
    ...more,
  }) as const;

describe('a rollback', () => {
  beforeEach(async () => {
    start('k8s');
    for (const number of [1, 2]) await ship(number);
  });

  test('keeps a newer release that was deployed meanwhile, with exit code 3', async () => {
    const rollback = await rollBack(order(), overtakenBy(3));
    expect(tags()).toEqual(['v3', 'v3']);
    expect(exitCodeOfRollback(rollback)).toBe(3);
    const told = renderRollback(rollback, new Date(), plainStyle);
    expect(told).toContain('✗ Did not roll back api and frontend: a newer release was deployed meanwhile.');
    expect(told).toContain('Show what is deployed: image-release status api frontend');
  });

  test('changes only the image without a newer release, with exit code 3', async () => {
    const rollback = await rollBack(order(), overtakenBy(3, [API]));
    expect({ tags: tags(), exit: exitCodeOfRollback(rollback) }).toEqual({ tags: ['v3', 'v1'], exit: 3 });
  });

  test('of one step after one of several steps goes further back, and fails if no release is left', async () => {
    for (const number of [3, 4]) await ship(number);
    await rollBack(order('v2'), context());
    await rollBack(order(), context());
    expect(tags()).toEqual(['v1', 'v1']);
    const [problem] = await problemsOf(rollBack(order(), context()));
    expect(problem).toMatchObject({
      code: 'deploy/no-such-release',
      message: 'api has no release before v1.',
      detail: expect.stringMatching(/^v1 .*\(deployed now\)\n/),
    });
  });

  test('is only planned in a dry run and writes nothing', async () => {
    const refs = world.remote.refs();
    const rollback = await rollBack(order('v1', { until: 'preflight' }), context());
    expect(rollback).toMatchObject({ status: 'planned', channels: [{ deployments: [] }] });
    expect(world.remote.refs()).toBe(refs);
  });
});

test('a rollback by pull request is reported with its pull request until that is merged', async () => {
  const stage = await createStage('the GitHub API', filesOf('k8s'));
  const config = configOf(`${IMAGES}deploy: { kustomization: k8s/kustomization.yml, mode: pull-request }\n`);
  const requestOf = (more: object) => request(stage, { newId: () => 'run', ...more });
  const onGitHub = context({
    openTarget: ({ branch }) => stage.openTarget(branch),
    ancestry: stage.openTarget(),
    check: (plan, rollouts, intent) => checkDeploy(requestOf({ deploys: plan.deploy, rollouts, intent })),
    deploy: (plan, rollouts, intent) => deploy(requestOf({ deploys: plan.deploy, rollouts, intent })),
  });
  let parents: string[] = [];
  for (const number of [1, 2]) {
    const commit = stage.commit({ branch: 'source', parents, files: { 'api/main.ts': `${number}\n` } });
    parents = [commit];
    await deploy(requestOf({ rollouts: imagesOf(number), source: { commit, run: number } }));
  }
  const rollback = await rollBack(order('-1', { config }), onGitHub);
  expect(stage.git('show', 'main:k8s/kustomization.yml').match(/newTag: v2/g)).toHaveLength(2);
  expect(renderRollback(rollback, new Date(), plainStyle)).toContain(
    '✓ A pull request proposes to roll back api to v1 and frontend to v1.',
  );

  const standing = async () => (await readDeployed({ config, images: ['api'] }, onGitHub))[0]?.images[0];
  expect(await standing()).toMatchObject({
    current: { status: 'rolled-back', release: { tag: 'v1' }, pullRequest: { number: 1 } },
    problems: [],
  });

  stage.git('update-ref', 'refs/heads/main', 'refs/heads/image-release-pr/main');
  const merged = await standing();
  expect(merged).toMatchObject({ current: { status: 'rolled-back' }, problems: [] });
  expect(merged?.current).not.toHaveProperty('pullRequest');
  await stage.close();
});

test('rolls back one or all channels by their ledgers, and refuses to guess among several', async () => {
  start('k8s', 'prod');
  const config = configOf(
    `${IMAGES}deploy:\n  - { kustomization: k8s/kustomization.yml, channel: staging }\n  - { kustomization: prod/kustomization.yml, channel: production }\n`,
  );
  const deploys = config.deploy.map((target) => ({
    status: 'deploy' as const,
    target,
    branch: 'main',
    channel: target.channel ?? '',
    images: ['api', 'frontend'],
  }));
  await ship(1, undefined, { deploys });
  await ship(2, undefined, { deploys });
  await ship(3, undefined, { deploys: deploys.slice(0, 1) });
  const said = (path: string) => /newTag: (\S+)/.exec(world.text(path))?.[1];

  const unnamed = await problemsOf(rollBack(order('-1', { config }), context()));
  expect(unnamed).toMatchObject([
    {
      code: 'usage/invalid',
      message: 'This rollback would change 2 channels: staging, production.',
    },
  ]);
  expect([said('k8s/kustomization.yml'), said('prod/kustomization.yml')]).toEqual(['v3', 'v2']);

  const all = await rollBack(order('-1', { config, allChannels: true }), context());
  expect([said('k8s/kustomization.yml'), said('prod/kustomization.yml')]).toEqual(['v2', 'v1']);
  expect(all.channels.map(({ channel }) => channel)).toEqual(['staging', 'production']);

  await rollBack(order('v3', { config, channel: 'staging' }), context());
  expect([said('k8s/kustomization.yml'), said('prod/kustomization.yml')]).toEqual(['v3', 'v1']);

  const before = world.head();
  const problems = await problemsOf(rollBack(order('v3', { config, allChannels: true }), context()));
  expect(problems.map(({ code, image }) => [code, image])).toEqual([
    ['deploy/no-such-release', 'api'],
    ['deploy/no-such-release', 'frontend'],
  ]);
  expect(world.head()).toBe(before);
});

test('shows the change before it is made, and changes nothing if the answer is no', async () => {
  start('k8s');
  for (const number of [1, 2]) await ship(number);
  const before = world.head();
  const shown: string[] = [];
  const answer = (reply: 'yes' | 'no') => ({
    confirm: async (planned: Rollback) => {
      shown.push(...renderChoices(planned, new Date(), plainStyle));
      expect(world.head()).toBe(before);
      return reply;
    },
  });
  const declined = await rollBack({ ...order(), ...answer('no') }, context());
  expect(renderRollback(declined, new Date(), plainStyle)).toBe('– Not confirmed. Nothing was changed.\n');
  expect(shown[1]).toMatch(/^  api  v2 → v1 /);
  expect(world.head()).toBe(before);
  await rollBack({ ...order(), ...answer('yes') }, context());
  expect(tags()).toEqual(['v1', 'v1']);
});

test('refuses a rollback if the registry serves another digest than the ledger records', async () => {
  start('k8s');
  for (const number of [1, 2]) await ship(number);
  const moved = context({
    deploy: (plan, rollouts, intent) =>
      deploy(
        world.request(newest, {
          deploys: plan.deploy,
          rollouts,
          intent,
          registry: { check: 'registry', resolve: () => Promise.resolve(DIGEST) },
        }),
      ),
  });
  const problems = await problemsOf(rollBack(order(), moved));
  expect(problems.map(({ code }) => code)).toEqual(['deploy/not-pullable', 'deploy/not-pullable']);
  expect(tags()).toEqual(['v2', 'v2']);
});
