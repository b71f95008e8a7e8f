/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabDaemon, startDockerDaemon } from '../../lab/docker-daemon.js';
import { ownBuilders, ownBuilderTraces } from '../builder-traces.js';
import { isGone, processWith } from '../processes.js';
import { viewRepository } from './registry-view.js';
import { lab, openShop, type Shop } from './shop.js';

/** The default image of buildx, tagged locally as if it had been pulled. */
const BUILDKIT = 'moby/buildkit:buildx-stable-1';

let folder: string;
let daemon: LabDaemon;
let shop: Shop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-'));
  daemon = await startDockerDaemon({ dir: join(folder, 'd'), store: 'classic' });
  shop = await openShop({ dockerHost: daemon.host });
  await shop.docker('pull', '--quiet', lab.buildkitImage);
  await shop.docker('tag', lab.buildkitImage, BUILDKIT);
});
afterAll(async () => {
  await shop?.close();
  await daemon?.stop();
  await rm(folder, { recursive: true, force: true });
});

const leftBuilders = () => ownBuilderTraces(shop.dockerEnv);

describe("a Docker whose image store can't push attestations", () => {
  test('gets a temporary builder, which pushes provenance and is removed afterwards', async () => {
    const { main, leftovers } = await shop.job();
    expect(main.exitCode).toBe(0);
    expect(main.log).toMatch(/Building with a dedicated BuildKit container/);
    expect(main.state['leftovers']).toMatch(/"builder":"image-release-\w+"/);
    const view = viewRepository(`${shop.prefix}/api`);
    expect((await view.statements('latest')).map(({ statement }) => statement.predicateType)).toEqual([
      'https://slsa.dev/provenance/v0.2',
    ]);
    expect(await leftBuilders()).toEqual([]);
    expect(leftovers).toEqual([]);
  });

  test('after the run is killed, the post step removes the builder, the registry login, and all files', async () => {
    const nap = String(50_000 + Math.floor(Math.random() * 40_000));
    await shop.push({ 'web/Dockerfile': `FROM busybox\nCOPY page /page\nRUN sleep ${nap}\n` });
    const before = await shop.tags('api');
    const ended = shop.job({ withoutPost: false });
    await processWith(`sleep ${nap}`);
    expect(await ownBuilders(shop.dockerEnv)).not.toEqual([]);
    const { pid } = await processWith('dist/index.js', `GITHUB_WORKSPACE=${shop.dir}`);
    process.kill(pid, 'SIGKILL');
    const { main, post, leftovers } = await ended;
    expect(main.exitCode).toBe(137);
    expect(main.state['leftovers']).toContain('image-release-docker-');
    expect(post?.exitCode).toBe(0);
    expect(await leftBuilders()).toEqual([]);
    expect(leftovers).toEqual([]);
    expect(await isGone(`sleep ${nap}`)).toBe(true);
    expect(await shop.tags('api')).toEqual(before);
  });
});
