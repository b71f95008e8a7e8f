import { applyPatch } from 'diff';
import { checkDeploy, deploy } from '../../src/deploy/deploy.js';
import type { DeployRequest } from '../../src/deploy/deploy.js';
import { failure } from '../../src/lib/errors.js';
import { API, DIGEST, FRONTEND, planned, problemsOf } from './requests.js';
import { createWorld, FILE } from './rollout-world.js';
import { BASE, KUSTOMIZATION } from './stage.js';

const OTHER = `sha256:${'b'.repeat(64)}`;
const TAG = API.releaseTag;
const ROLLOUTS = [API, FRONTEND];

let world: ReturnType<typeof createWorld>;
let head: string;
beforeEach(() => start());
function start(files?: Record<string, string>) {
  world = createWorld({}, files);
  head = world.head();
}

const request = (more: Partial<DeployRequest> = {}) => world.request(world.source(), { rollouts: ROLLOUTS, ...more });
const release = async (more?: Partial<DeployRequest>) => (await deploy(request(more))).deployments;
const problems = (more?: Partial<DeployRequest>) => problemsOf(deploy(request(more)));
const registry = (served: Record<string, string>) => ({
  check: 'registry' as const,
  resolve: (image: string, tag: string) => Promise.resolve(served[`${image}:${tag}`]),
});

test('reports every missing tag and every different digest in the registry together with other problems', async () => {
  const served = registry({ [`ghcr.io/acme/frontend:${TAG}`]: OTHER });
  const found = await problems({ registry: served, deploys: [planned(), planned('nowhere')] });
  expect(found).toMatchObject([
    { code: 'deploy/not-pullable', image: 'api' },
    { code: 'deploy/not-pullable', image: 'frontend' },
    { code: 'deploy/kustomization-missing' },
  ]);
  expect(found[1]?.message).toContain(OTHER);
  expect(world.head()).toBe(head);
});

test('reports an unavailable registry for each image, together with other problems', async () => {
  const resolve = () =>
    Promise.reject(failure({ code: 'internal/unexpected', message: 'The registry is down.', fix: 'Wait.' }));
  const deploys = [planned(), planned('nowhere')];
  expect(await problems({ registry: { check: 'registry', resolve }, deploys })).toMatchObject([
    { message: 'The registry is down.', image: 'api' },
    { message: 'The registry is down.', image: 'frontend' },
    { code: 'deploy/kustomization-missing' },
  ]);
});

test('pins the digest from the registry if the release has none', async () => {
  const rollouts = [{ key: 'api', image: API.image, releaseTag: 'v9' }];
  const deploys = [planned(undefined, 'main', { pin: 'both' })];
  await release({ registry: registry({ 'ghcr.io/acme/api:v9': OTHER }), rollouts, deploys });
  expect(world.text()).toContain(`newTag: v9\n    digest: ${OTHER}`);
});

test('the registry check skips images that no deploy includes', async () => {
  const served = registry({ [`ghcr.io/acme/api:${TAG}`]: DIGEST });
  const deploys = [{ ...planned(), images: ['api'] }];
  expect(await release({ registry: served, deploys })).toMatchObject([{ status: 'committed' }]);
});

test('refuses to pin a digest if none is known', async () => {
  const rollouts = [{ key: 'api', image: API.image, releaseTag: 'v9' }];
  const deploys = [planned(undefined, 'main', { pin: 'digest' })];
  expect(await problems({ rollouts, deploys })).toMatchObject([{ code: 'deploy/entry-pinned', image: 'api' }]);
});

test('updates an existing digest even if only tags are pinned', async () => {
  const pinned = `resources: [../base]\nimages:\n  - name: ghcr.io/acme/api\n    newTag: old\n    digest: ${OTHER} # kept in step\n`;
  start({ [FILE]: pinned, ...BASE });
  await release({ rollouts: [API] });
  expect(world.text()).toBe(pinned.replace('old', TAG).replace(OTHER, DIGEST));
});

test('two deploys to the same file produce one commit', async () => {
  const deploys = ['api', 'frontend'].map((key) => ({ ...planned(), images: [key] }));
  expect(await release({ deploys })).toMatchObject([
    { status: 'committed', changes: [{ key: 'api' }], commit: world.head() },
    { status: 'committed', changes: [{ key: 'frontend' }], commit: world.head() },
  ]);
  expect(world.deployCommits()).toBe(1);
});

test('reports the reason of each skipped deploy, in the order of the deploys', async () => {
  const skip = { status: 'skip' as const, target: planned().target, reason: 'A pull request deploys nothing.' };
  expect(await release({ deploys: [skip, planned(), { ...planned(), images: ['worker'] }] })).toMatchObject([
    { status: 'skipped', reason: 'A pull request deploys nothing.' },
    { status: 'committed' },
    { status: 'skipped', reason: 'None of the images that it deploys is part of this release.' },
  ]);
});

test('if the second branch fails, the error lists the deployments on the first one', async () => {
  world.remote.move(new Map(world.remote.refs()).set('refs/heads/prod', head));
  let commits = 0;
  const travel = async (operation: string) => {
    if (operation !== 'commit' || ++commits !== 2) return;
    const refs = new Map(world.remote.refs());
    refs.delete('refs/heads/prod');
    world.remote.move(refs);
  };
  const deploys = [planned(), planned(undefined, 'prod')];
  const [problem] = await problemsOf(world.release(world.source(), { rollouts: ROLLOUTS, deploys }, { travel }));
  expect(problem?.code).toBe('deploy/target-missing');
  expect(problem?.detail).toContain(`Already deployed: ${FILE} on main (${world.head().slice(0, 12)})`);
});

test('a check reports the errors and warnings of a deploy and writes nothing', async () => {
  const deploys = [
    planned('nowhere'),
    planned(undefined, 'mian'),
    planned(undefined, 'main', { message: 'deploy {{images}} [skip ci]' }),
  ];
  expect((await checkDeploy(request({ deploys }))).map(({ code, severity }) => [code, severity])).toEqual([
    ['deploy/message-skips-ci', 'warning'],
    ['deploy/kustomization-missing', 'error'],
    ['deploy/target-missing', 'error'],
  ]);
  const warnings = await checkDeploy(request());
  expect(new Set(warnings.map(({ severity }) => severity))).toEqual(new Set(['warning']));
  expect(warnings.map(({ code }) => code)).toContain('deploy/kustomize-unproved');
  expect(world.head()).toBe(head);
});

test('uses the configured commit message without its skip instruction', async () => {
  await release({ deploys: [planned(undefined, 'main', { message: 'chore: {{images}} at {{tag}} [skip ci]' })] });
  expect(world.remote.objects.read(world.head()).message).toMatch(/^chore: api, frontend at main-1a2b3c4\n/);
});

test('the reported diff equals the committed change', async () => {
  const [deployment] = await release();
  const diff = deployment?.status === 'committed' ? deployment.diff : '';
  expect(applyPatch(KUSTOMIZATION, diff)).toBe(world.text());
  expect(diff.split('\n').filter((line) => /^[-+](?![-+])/.test(line))).toHaveLength(4);
});

test("doesn't replace a symbolic link with a file", async () => {
  const { objects } = world.remote;
  const files = new Map(objects.read(head).files).set(FILE, { bytes: Buffer.from('../README.md'), mode: '120000' });
  const linked = objects.write({ parents: [head], files, message: 'Link\n' });
  world.remote.move(new Map(world.remote.refs()).set('refs/heads/main', linked));
  expect((await problems()).map(({ code }) => code)).toEqual(['deploy/kustomization-missing']);
  expect(world.head()).toBe(linked);
});

test('reports all problems of all Kustomizations at once and writes nothing', async () => {
  start({
    'good/kustomization.yml': KUSTOMIZATION,
    'poor/kustomization.yml': KUSTOMIZATION.replace('ghcr.io/acme/api', 'ghcr.io/acme/other'),
  });
  const deploys = [planned('good'), planned('poor'), planned('goood/kustomization.yml'), planned('../x')];
  const found = await problems({ deploys });
  expect(found.map(({ code }) => code)).toEqual([
    'deploy/entry-missing',
    'deploy/kustomization-missing',
    'deploy/kustomization-missing',
  ]);
  expect(found[0]).toMatchObject({ image: 'api', place: { file: 'poor/kustomization.yml' } });
  expect(found[0]?.message).toContain('ghcr.io/acme/other');
  expect(found[1]?.fix).toContain('good/kustomization.yml');
  expect(world.head()).toBe(head);
});

test('writes nothing if it is cancelled before the commit', async () => {
  await expect(deploy(request({ signal: AbortSignal.abort() }))).rejects.toThrow('Cancelled');
  expect(world.head()).toBe(head);
});

test('ends without a commit if somebody else lands the same change first', async () => {
  let isFirst = true;
  const travel = async (operation: string) => {
    if (operation !== 'commit' || !isFirst) return;
    isFirst = false;
    world.remote.land('main', { [FILE]: KUSTOMIZATION.replaceAll('main-0000000', TAG) });
  };
  const { deployments } = await world.release(world.source(), { rollouts: ROLLOUTS }, { travel });
  expect(deployments).toMatchObject([{ status: 'unchanged' }]);
  expect(world.deployCommits()).toBe(0);
});
