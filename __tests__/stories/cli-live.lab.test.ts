/** @programs kubectl kustomize */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../../testing/acme.js';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { LESS_GC } from '../../testing/processes.js';
import { deployment, LOG, pod } from '../live/scenarios.js';
import { KEYS } from './cli-site.js';
import { deviationsFrom } from './json-shapes.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

let site: StewardSite;
let cluster: FakeCluster;
let version: Version;
beforeAll(async () => {
  site = await openStewardSite();
  cluster = await startFakeCluster({
    dir: await mkdtemp(join(tmpdir(), 'cli-live-')),
    ...{ dockerHost: 'unix:///nowhere', namespace: 'acme', namespaces: { acme: {} } },
  });
  version = await site.ship();
});
afterEach(() => {
  // Access reviews use POST, but change nothing.
  expect(cluster.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('/selfsubject'))).toEqual([]);
});
afterAll(async () => {
  await cluster?.stop();
  await site?.close();
});

const cli: StewardSite['cli'] = (args, over) =>
  site.cli(args, { ...over, env: { ...LESS_GC, KUBECONFIG: cluster.kubeconfig, ...over?.env } });
/** For commands whose output is read while they run. */
const alone: StewardSite['alone'] = (args, over) =>
  site.alone(args, { ...over, env: { KUBECONFIG: cluster.kubeconfig, ...over?.env } });

/** Puts a running version into the cluster, as its controllers would; the `crashing` images crash. */
function run({ tag, digests }: Version, crashing: readonly string[] = []): void {
  for (const key of KEYS) {
    const image = `${site.prefix}/${key}:${tag}`;
    const spec = {
      selector: { matchLabels: { app: key } },
      template: { metadata: { labels: { app: key } }, spec: { containers: [{ name: key, image }] } },
    };
    const isBad = crashing.includes(key);
    const status = isBad ? { updatedReplicas: 1, availableReplicas: 1 } : {};
    cluster.place(deployment({ metadata: { name: key }, spec, status }));
    const bad = {
      ...{ ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    };
    const container = { name: key, image, imageID: `${site.prefix}/${key}@${digests[key]}`, ...(isBad && bad) };
    const { metadata, status: podStatus, ...rest } = pod(`${key}-1`, container);
    const object = { ...rest, metadata: { ...metadata, labels: { app: key } }, status: podStatus };
    cluster.place({ ...object, spec: { containers: [{ name: key, image }] } }, { [key]: `${LOG.join('\n')}\n` });
  }
}

test('status --live prints what the cluster runs, as text and as JSON', async () => {
  run(version);
  const { exitCode, stdout, stderr } = await cli(['status', '--live']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^    running \(Deployment acme\/web\)$/m);
  expect(stdout).toMatch(/^✓ The cluster runs api and web\.$/m);
  const json = await cli(['status', '--live', '--json']);
  const result = JSON.parse(json.stdout) as { channels: { images: Record<string, { live: unknown }> }[] };
  expect(deviationsFrom('Status', result)).toEqual([]);
  expect(result.channels[0]?.images['api']?.live).toEqual({
    ...{ status: 'running', source: 'cluster', workloads: ['Deployment acme/api'] },
  });
});

test('status --live reports a crash with the last log lines and the rollback command', async () => {
  run(version, ['web']);
  const { exitCode, stdout } = await cli(['status', '--live']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('✓ api and web match the ledger.');
  expect(stdout).toMatch(/^✗ The cluster runs api\. web does not run\.$/m);
  expect(stdout).toContain(
    `error [live/failed]\n  web ${version.tag} does not run in the channel main: Deployment acme/web: the container web of the pod acme/web-1 ended with exit code 1 and was restarted 3 times (CrashLoopBackOff).\n    ${LOG[0]}\n    ${LOG[1]}\n`,
  );
  expect(stdout).toContain('or roll back: `image-release rollback web --channel main`.');
});

test('status --live without a cluster fails, but still compares the deployed images with the ledger', async () => {
  const { exitCode, stdout } = await cli(['status', '--live'], { env: { KUBECONFIG: '/nowhere' } });
  expect(exitCode).toBe(1);
  expect(stdout).toContain('✓ api and web match the ledger.');
  expect(stdout).toMatch(/^✗ It is unknown whether api and web run\.$/m);
  expect(stdout).toMatch(/^error \[live\/unknown\]$/m);
});

test('deploy --wait ends when the cluster runs the release', async () => {
  const next = await site.publish();
  let changed = false;
  const images = KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${next.tag}`]);
  const { exitCode, stdout, stderr } = await alone(['deploy', ...images, '--source', next.commit, '--wait'], {
    onLine(line) {
      if (changed || !line.startsWith('api in main: unknown')) return;
      changed = true;
      run(next);
    },
  });
  expect(stderr).toContain(`api in main: unknown, Deployment acme/api still names ${version.tag}.`);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/^✓ Deployed api and web\. The cluster runs api and web\./m),
  });
  version = next;
});

test('deploy --wait waits even if nothing changed, and prints what is missing after the timeout', async () => {
  run({ ...version, tag: 'main-0000000' });
  const images = KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${version.tag}`]);
  const args = ['deploy', ...images, '--source', version.commit, '--wait=1s'];
  const { exitCode, stdout } = await cli(args);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^✗ Nothing to do for api and web: already deployed\. It is unknown whether api and web run\./m,
  );
  expect(stdout).toContain(
    `error [live/timeout]\n  api ${version.tag} did not run in the channel main within 1 s: Deployment acme/api still names main-0000000.`,
  );
  const json = await cli([...args, '--json']);
  const result: unknown = JSON.parse(json.stdout);
  expect(deviationsFrom('Result', result)).toEqual([]);
  expect(result).toMatchObject({
    outcome: { status: 'rolled-out' },
    live: [{ key: 'api', channel: 'main', status: 'unknown' }, { key: 'web' }],
  });
});

test('deploy --wait exits with code 3 without waiting if the release is superseded', async () => {
  const [older] = [await site.publish(), await site.ship()];
  const images = KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${older.tag}`]);
  const { exitCode, stderr } = await cli(['deploy', ...images, '--source', older.commit, '--wait']);
  expect({ exitCode, waited: / in main: /.test(stderr) }).toEqual({ exitCode: 3, waited: false });
});

test('Ctrl-C ends the wait of rollback --wait, which keeps and reports the deploy commit', async () => {
  const before = await git(site.bare, ['rev-parse', 'main']);
  const cancel = new AbortController();
  const { exitCode, stderr, endedAfterMs } = await alone(['rollback', '--yes', '--wait'], {
    cancel: cancel.signal,
    onLine: (line) => line.startsWith('api in main: ') && cancel.abort(),
  });
  expect(exitCode).toBe(130);
  expect(stderr).toContain('✗ Cancelled while waiting for the cluster to run api and web. The deploy commit stays.');
  expect(endedAfterMs).toBeLessThan(10_000);
  expect(await git(site.bare, ['rev-parse', 'main~1'])).toBe(before);
});

test('doctor prints the missing Role for status --live, or confirms that it can read the namespace', async () => {
  const KUBECONFIG = await cluster.addUser('jane', 'bound');
  const before = await cli(['doctor'], { env: { KUBECONFIG } });
  expect(before.stdout).toMatch(/^Live status\n(?:.*\n)*? {2}error \[cluster\/forbidden\]\n/m);
  expect(before.stdout).toContain('{ apiGroups: ["apps"], resources: [statefulsets], verbs: [list] }');
  expect((await cli(['doctor'])).stdout).toContain('Live status\n  ✓ status --live can read the namespace acme\n');
});

test('--wait rejects a value that is not a duration', async () => {
  const { exitCode, stderr } = await cli(['rollback', '--wait=soon']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--wait must be a time such as `10m`, here it is `soon`.');
});
