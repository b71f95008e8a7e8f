/** @programs docker kustomize */
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { startDockerDaemon, type LabDaemon } from '../../lab/docker-daemon.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { isGone, processWith } from '../processes.js';
import { lab } from './shop.js';

jest.setTimeout(90_000);

const FAILING = 'FROM busybox\nCOPY words /words\nRUN false\n';

let site: CliSite;
/** The tests of a group go on where the one before has ended. */
const open = async (options?: Parameters<typeof openCliSite>[0]) => void (site = await openCliSite(options));
const close = () => site.close();

describe('the docker driver, which can not push by digest', () => {
  beforeAll(() => open());
  afterAll(close);

  test('pushes under the release tag, which is then verified and tagged on', async () => {
    const { exitCode, stderr } = await site.cli(['release']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Building with the builder default (docker driver).');
    const [tag = '', moving] = (await site.tags('api')).sort((a, b) => b.localeCompare(a));
    expect([tag, moving]).toEqual([expect.stringMatching(/^main-[0-9a-f]{7}$/), 'latest']);
    expect(await site.digest('api', tag)).toBe(await site.digest('api', 'latest'));
  });

  test('leaves at most the release tag of the other image when one fails', async () => {
    const before = await site.traces();
    const latest = await site.digest('web', 'latest');
    const commit = await site.commit({ 'api/Dockerfile': FAILING });
    const pushed = await site.traces();
    expect((await site.cli(['release'])).exitCode).toBe(1);

    const after = await site.traces();
    const allowed = `web:main-${commit.slice(0, 7)}`;
    expect(after.tags.filter((tag) => tag !== allowed)).toEqual(before.tags);
    expect(await site.digest('web', 'latest')).toBe(latest);
    expect({ ...after, tags: [] }).toEqual({ ...pushed, tags: [] });
  });
});

describe('a remote builder, which pushes by digest', () => {
  beforeAll(async () => {
    await open();
    await site.useRemoteBuilder();
  });
  afterAll(close);

  test('builds and publishes where the client has no daemon at all', async () => {
    const { exitCode, stderr } = await site.cli(['release'], {
      env: { DOCKER_HOST: 'unix:///none', BUILDX_BUILDER: 'remote' },
    });
    expect({ exitCode, stderr: stderr.match(/^error.*/gm) }).toEqual({ exitCode: 0, stderr: null });
    expect(stderr).not.toContain('with docker');
    expect(await site.tags('api')).toHaveLength(2);
  });

  test('leaves no tag at all when the second image fails', async () => {
    await site.commit({ 'web/Dockerfile': FAILING, 'api/words': 'other words' });
    const before = await site.traces();
    expect((await site.cli(['release'])).exitCode).toBe(1);
    expect(await site.traces()).toEqual(before);
  });

  test('is used by name where another one is the current', async () => {
    await site.docker('buildx', 'use', 'default');
    await site.configure({ builder: { type: 'buildx', name: 'remote' } });
    const { exitCode, stderr } = await site.cli(['build', 'api']);
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('with docker');
  });

  test('that does not exist is told, with where to correct it', async () => {
    await site.configure({ builder: { type: 'buildx', name: 'remoet' } });
    await site.commit({ 'api/words': 'still other words' });
    const { exitCode, stderr } = await site.cli(['build', 'api']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error \[build\/builder-unusable\].*\n.*remoet.*\n.*correct `builder`/);
  });
});

describe('a daemon with the classic image store, which can not attest', () => {
  let dir: string;
  let daemon: LabDaemon;
  beforeAll(async () => {
    dir = await createLabDirectory();
    daemon = await startDockerDaemon({ dir: join(dir, 'd'), store: 'classic' });
  });
  beforeAll(() => open({ dockerHost: daemon.host }));
  afterAll(async () => {
    await close();
    await daemon.stop();
    await removeLabDirectory(dir);
  });

  /** What became of our builder's container, in order. */
  async function lifeOfBuilder(since: number): Promise<string[]> {
    const events = await site.docker(
      ...['events', '--since', String(since), '--until', String(Math.ceil(Date.now() / 1000))],
      ...['--filter', 'type=container', '--format', '{{.Action}} {{.Actor.Attributes.name}}'],
    );
    const pattern = /^(create|start|destroy) buildx_buildkit_image-release-[0-9a-f]{8}0$/gm;
    return [...events.matchAll(pattern)].map(([, action]) => action!);
  }

  test('gets a builder of our own with the BuildKit configured, which is gone afterwards', async () => {
    await site.configure({ builder: { type: 'buildx', image: lab.buildkitImage } });
    const since = Math.floor(Date.now() / 1000);
    const { exitCode, stdout, stderr } = await site.cli(['release', '--json']);
    expect({ exitCode, problems: stderr.match(/"type":"problem".*"severity":"error".*/g) }).toEqual({
      exitCode: 0,
      problems: null,
    });
    expect(stderr).toContain(
      "Building with a dedicated BuildKit container (Docker's classic image store can't push attestations).",
    );
    expect(await lifeOfBuilder(since)).toEqual(['create', 'start', 'destroy']);
    expect(JSON.parse(stdout)).toMatchObject({
      images: { api: { provenance: [expect.stringMatching(/^sha256:/)] } },
      deployments: [{ status: 'committed' }],
    });
    expect(await site.traces()).toMatchObject({ builders: [], temp: [] });
    expect(await site.tags('web')).toHaveLength(2);
  });

  test('removes the builder also when the build fails', async () => {
    await site.commit({ 'web/Dockerfile': FAILING });
    const before = await site.traces();
    const since = Math.floor(Date.now() / 1000);
    expect((await site.cli(['release'])).exitCode).toBe(1);
    expect(await lifeOfBuilder(since)).toEqual(['create', 'start', 'destroy']);
    expect(await site.traces()).toEqual({ ...before, builders: [] });
  });

  test('removes the builder also on Ctrl-C', async () => {
    const nap = `sleep ${50_000 + Math.floor(Math.random() * 40_000)}`;
    await site.commit({ 'web/Dockerfile': `FROM busybox\nRUN ${nap}\n` });
    const before = await site.traces();
    const cancel = new AbortController();
    const running = site.cli(['release'], { cancel: cancel.signal });
    await processWith(nap);
    cancel.abort();
    const { exitCode, endedAfterMs } = await running;
    expect(exitCode).toBe(130);
    expect(endedAfterMs).toBeLessThan(10_000);
    expect(await site.traces()).toEqual({ ...before, builders: [] });
    expect(await isGone(nap)).toBe(true);
  });

  test('tells how to come by a builder when its image can not be had', async () => {
    await site.configure({ builder: { type: 'buildx', image: `${lab.registry}/none/buildkit:0` } });
    const before = await site.traces();
    const { exitCode, stderr } = await site.cli(['release']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error \[build\/builder-unusable\]\n.*none\/buildkit.*\n.*`builder: \{type: buildx, image: …\}`/m,
    );
    expect(await site.traces()).toEqual({ ...before, builders: [] });
  });

  test('needs none where nothing is attested', async () => {
    await site.configure({ attest: 'off' });
    await site.commit({ 'web/Dockerfile': 'FROM busybox\nCOPY words /read\n' });
    const since = Math.floor(Date.now() / 1000);
    expect((await site.cli(['release'])).exitCode).toBe(0);
    expect(await lifeOfBuilder(since)).toEqual([]);
  });
});
