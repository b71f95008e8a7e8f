/** @programs kubectl */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { pushKanikoExecutor } from '../../lab/kaniko-executor.js';
import { runCli } from '../../testing/runner.js';
import { run } from '../../src/lib/process.js';
import { viewRepository } from './registry-view.js';
import { lab, openShop, TOKEN, type Shop } from './shop.js';

const NAMESPACE = 'builds';
let cluster: FakeCluster;
let shop: Shop;
let home: string;
let debug: string;
let operator: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'runner-'));
  cluster = await startFakeCluster({
    dir: join(home, 'cluster'),
    dockerHost: lab.dockerHost,
    network: 'host',
    namespace: NAMESPACE,
    namespaces: { [NAMESPACE]: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
  });
  ({ debug } = await pushKanikoExecutor({
    registry: lab.registry,
    proxyPort: Number(new URL(lab.buildkit).port),
  }));
  const from = `FROM ${lab.baseBusybox}\n`;
  shop = await openShop({
    images: { api: { contexts: {} }, web: { contexts: {} } },
    files: {
      'api/Dockerfile': `${from}COPY greeting /greeting\nRUN cat /greeting > /greeted\n`,
      'web/Dockerfile': `${from}COPY page /page\nRUN cat /page > /printed\n`,
    },
  });
});
afterAll(async () => {
  await shop.close();
  await cluster.stop();
  await rm(home, { recursive: true, force: true });
});

async function kubectl(
  args: string[],
  {
    kubeconfig = cluster.kubeconfig,
    onStdout = () => {},
  }: { kubeconfig?: string; onStdout?: (chunk: Buffer) => void } = {},
) {
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig };
  const { code, stdout, stderr } = await run('kubectl', args, { cwd: shop.dir, env, onStdout });
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
}

const IN_RUNNER = ['exec', 'deployment/kaniko-build-runner', '--'];
/** Runs a command in the runner as a user with the operator role. */
const build = (...args: string[]) => kubectl([...IN_RUNNER, ...args], { kubeconfig: operator });

async function apply() {
  const repository = `${shop.github.url.replace('http:', 'https:')}/acme/app`;
  const args = ['kaniko', 'init', '--repository', repository];
  expect(await runCli({ args, cwd: shop.dir })).toMatchObject({ exitCode: 0, stderr: '' });
  const file = join(shop.dir, 'k8s/kaniko/kustomization.yml');
  await writeFile(file, `${await readFile(file, 'utf8')}${stringify(OF_THE_LAB())}`);
  const { code, stderr } = await kubectl(['apply', '-k', 'k8s/kaniko/']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** Makes the runner use the lab's Kaniko image, and HTTP for git. */
const OF_THE_LAB = () => ({
  patches: [
    {
      target: { kind: 'Deployment' },
      patch: JSON.stringify([
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: debug },
        {
          op: 'add',
          path: '/spec/template/spec/containers/0/env/-',
          value: { name: 'GIT_PULL_METHOD', value: 'http' },
        },
      ]),
    },
  ],
});

test('`kaniko init` creates a runner that builds from git, returns exit codes, and can be stopped', async () => {
  const login = join(home, 'config.json');
  const token = join(home, 'token');
  await writeFile(login, JSON.stringify({ auths: {} }));
  await writeFile(token, TOKEN);
  const secret = ['create', 'secret', 'generic'];
  const type = '--type=kubernetes.io/dockerconfigjson';
  await kubectl([...secret, 'kaniko-registry', type, `--from-file=.dockerconfigjson=${login}`]);
  await kubectl([...secret, 'kaniko-git', `--from-file=token=${token}`]);
  await apply();
  operator = await cluster.addUser('operator', 'bound');
  const role = 'kaniko-build-runner-operator';
  await kubectl(['create', 'rolebinding', role, `--role=${role}`, '--user=operator']);
  const rollout = ['rollout', 'status', 'deployment/kaniko-build-runner', '--timeout=60s'];
  const ready = await kubectl(rollout, { kubeconfig: operator });
  expect({ ...ready, events: ready.code === 0 ? [] : cluster.events() }).toMatchObject({
    code: 0,
    events: [],
  });

  const commit = await shop.git('rev-parse', 'HEAD');
  const all = await build('/scripts/build-all.sh', commit);
  expect({ code: all.code, said: all.code === 0 ? '' : all.stdout + all.stderr }).toEqual({
    code: 0,
    said: '',
  });
  const tag = `main-${commit.slice(0, 7)}`;
  for (const key of ['api', 'web']) {
    const { digest } = (await viewRepository(`${shop.prefix}/${key}`).manifest(tag))!;
    expect(all.stdout).toContain(`--image ${key}=${shop.prefix}/${key}:${tag}@${digest}`);
  }
  expect(all.stdout).toContain(`--source ${commit}`);

  await shop.push({ 'api/Dockerfile': `FROM ${lab.baseBusybox}\nRUN exit 7\n` });
  const broken = await build('/scripts/build-all.sh');
  expect(broken.code).toBe(7);
  expect(broken.stdout).toMatch(/FAILED {2}api {2}\(exit code 7\)\n {2}ok {6}web/);
  expect(broken.stdout).not.toContain('image-release deploy');
  // Leftovers of the failed build don't affect the next one.
  expect(await build('/scripts/build-web.sh')).toMatchObject({ code: 0 });
  expect(await build('/scripts/build-web.sh', 'main')).toMatchObject({ code: 2 });

  // Ctrl-C would end only kubectl.
  await shop.push({ 'api/Dockerfile': `FROM ${lab.baseBusybox}\nRUN echo begun && sleep 600\n` });
  let killed: ReturnType<typeof build> | undefined;
  const stopped = await kubectl([...IN_RUNNER, '/scripts/build-all.sh'], {
    onStdout(chunk) {
      if (/^begun$/m.test(chunk.toString())) killed ??= build('killall', '-q', 'build-all.sh', 'executor');
    },
  });
  expect(stopped.code).not.toBe(0);
  expect(await killed).toMatchObject({ code: 0 });
});
