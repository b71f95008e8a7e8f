/** @programs docker kubectl */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { runCli } from '../../testing/runner.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { lab } from './shop.js';

let site: CliSite;
beforeAll(async () => {
  site = await openCliSite();
});
afterAll(() => site.close());

interface Told {
  facts: Record<string, Record<string, unknown>>;
  project: { status: string };
  registry?: { images: string[]; problems: { code: string }[] };
  builders: { type: string; status: string; objections?: { reason: string; fix: string }[] }[];
  auto: { status: string; type?: string; sentence?: string };
  configured?: { status: string; type?: string };
}

/** Hides the cluster and the GitHub tokens of this machine. */
const ALONE = { KUBECONFIG: '/none', GITHUB_TOKEN: '', GH_TOKEN: '' };

async function consult(env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await site.cli(['doctor', '--json'], { env: { ...ALONE, ...env } });
  expect(stderr).toBe('');
  return { exitCode, told: JSON.parse(stdout) as Told };
}

describe('doctor', () => {
  test('prints the facts, the builders and the chosen builder, and changes nothing', async () => {
    const before = await site.traces();
    const { exitCode, stdout, stderr } = await site.cli(['doctor'], { env: ALONE });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const fact of ['Environment', 'Docker', 'Storage', 'buildx', 'BuildKit', 'Cluster', 'GitHub'])
      expect(stdout).toMatch(new RegExp(`^${fact} +\\S`, 'm'));
    expect(stdout).toMatch(new RegExp(`^Registry +can push ${site.prefix}/api, ${site.prefix}/web$`, 'm'));
    expect(stdout).toMatch(/^ {2}✓ buildx +the builder default \(docker driver\)$/m);
    expect(stdout).toMatch(/^ {2}– kubernetes +This is no pod.*\n {2}– kaniko +As for kubernetes\.$/m);
    expect(stdout).toMatch(/^✓ auto builds with the builder default \(docker driver\)\.$/m);
    expect(await site.traces()).toEqual(before);
  });

  test('chooses BUILDKIT_HOST if Docker is down, and prints reason and fix for each unusable builder', async () => {
    const { exitCode, told } = await consult({ DOCKER_HOST: 'unix:///none', BUILDKIT_HOST: lab.buildkit });
    expect(exitCode).toBe(0);
    expect(told.auto).toMatchObject({ status: 'chosen', type: 'remote' });
    expect(told.auto.sentence).toContain(`building with the BuildKit at ${lab.buildkit}.`);
    const [buildx, ...others] = told.builders;
    expect(buildx).toMatchObject({ type: 'buildx', status: 'impossible' });
    expect(others.map(({ type }) => type)).toEqual(['remote', 'kubernetes', 'kaniko', 'dispatch']);
    for (const { status, objections } of told.builders) {
      if (status !== 'usable') expect(objections![0]).toEqual({ reason: expect.any(String), fix: expect.any(String) });
    }
  });

  test('prints no token or password', async () => {
    const secrets = { GITHUB_TOKEN: 'forge-secret', IMAGE_RELEASE_REGISTRY_PASSWORD: 'registry-secret' };
    const options = ['--registry-username', 'somebody'];
    const { stdout, stderr } = await site.cli(['doctor', ...options], { env: { ...ALONE, ...secrets } });
    expect(stdout).toContain('a token from GITHUB_TOKEN');
    expect(stdout + stderr).not.toMatch(/\w+-secret/);
  });

  describe('in a pod whose namespace enforces baseline', () => {
    let dir: string;
    let cluster: FakeCluster;
    beforeAll(async () => {
      dir = await createLabDirectory();
      const namespaces = { team: { 'pod-security.kubernetes.io/enforce': 'baseline' } };
      const { dockerHost } = lab;
      cluster = await startFakeCluster({ dir: join(dir, 'c'), dockerHost, namespace: 'team', namespaces });
    });
    afterAll(async () => {
      await cluster.stop();
      await removeLabDirectory(dir);
    });
    const inPod = (kubeconfig: string) => ({
      DOCKER_HOST: 'unix:///none',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBECONFIG: kubeconfig,
    });

    test('names the missing rights and prints a RoleBinding for the service account', async () => {
      const denied = ['create pods/attach', '* secrets'];
      const config = await cluster.addUser('system:serviceaccount:team:builder', 'all', denied);
      const { exitCode, stdout } = await site.cli(['doctor'], { env: { ...ALONE, ...inPod(config) } });
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(
        /✗ kaniko +system:serviceaccount:team:builder may not create pods\/attach, create secrets and delete secrets in namespace team/,
      );
      expect(stdout).toMatch(/kind: RoleBinding[^]*name: builder, namespace: team/);
      expect(stdout).toMatch(/^Cluster .*namespace team \(enforces baseline\), \d+ of \d+ rights missing$/m);
    });
  });

  test('works without Docker, without a checkout, and with a broken configuration', async () => {
    const place = await mkdtemp(join(tmpdir(), 'doctor-'));
    try {
      const env = { ...ALONE, HOME: place, PATH: '/none' };
      const nowhere = await runCli({ args: ['doctor', '--json'], cwd: place, env });
      expect(nowhere.exitCode).toBe(1);
      expect(JSON.parse(nowhere.stdout)).toMatchObject({
        facts: { docker: { docker: 'missing' }, cluster: { status: 'no-kubectl' }, forge: { gh: 'missing' } },
        project: { status: 'broken', problems: [{ code: 'source/git-missing' }] },
      });
    } finally {
      await rm(place, { recursive: true });
    }
    await writeFile(join(site.dir, 'image-release.yml'), 'imagse: {}\n');
    const { exitCode, told } = await consult();
    expect({ exitCode, status: told.project.status }).toEqual({ exitCode: 0, status: 'broken' });
    await site.git('checkout', '--', 'image-release.yml');
  });
});
