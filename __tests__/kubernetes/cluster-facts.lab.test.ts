/** @programs kubectl */
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FakeCluster, startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import { inPod } from '../../testing/fake-cluster/in-pod.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { connectKubectl } from '../../src/kubernetes/kubectl.js';
import { createObject, deleteObjects } from '../../src/kubernetes/objects.js';
import { removeOrphans, removeRun } from '../../src/kubernetes/orphans.js';
import { withOwner } from '../../src/kubernetes/ownership.js';
import { readRunningImages } from '../../src/kubernetes/running-images.js';
import { clusterProblems } from '../../src/kubernetes/rights.js';
import { probeEndpoints } from '../../src/facts/buildkit-endpoints.js';
import { probeCluster } from '../../src/facts/cluster.js';
import type { Problem } from '../../src/lib/errors.js';
import { run } from '../../src/lib/process.js';
import { clusterUser, podOf, start, type ClusterUser } from './fixtures/cluster.js';

const lab = labFromEnvironment();
const signal = new AbortController().signal;
let cluster: FakeCluster;
let admin: ClusterUser;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cluster-'));
  const enforce = (level: string) => ({ 'pod-security.kubernetes.io/enforce': level });
  cluster = await startFakeCluster({
    ...{ dir, dockerHost: lab.dockerHost, network: 'host', namespace: 'builds' },
    namespaces: { builds: enforce('baseline'), strict: enforce('restricted') },
  });
  admin = await clusterUser(cluster);
});
afterAll(() => cluster?.stop());

const USES = ['kaniko', 'kaniko-secret'] as const;
const probe = (env: NodeJS.ProcessEnv, more: { namespace?: string } = {}) =>
  probeCluster({ env, run, uses: USES, ...more });
const codes = (problems: readonly Problem[]) => problems.map(({ code }) => code);

test('reports the facts of a ready cluster without any problem', async () => {
  const before = cluster.requests.length;
  const facts = await probe(admin.env);
  expect(facts).toMatchObject({
    ...{ status: 'ready', pod: false, server: 'v1.32.3', context: 'lab', namespace: 'builds' },
    ...{ namespaceFound: 'yes', podSecurity: 'baseline', user: undefined },
  });
  expect(clusterProblems(facts, USES)).toEqual([]);
  const asked = cluster.requests.slice(before).filter(({ resource }) => /accessreview/.test(resource ?? ''));
  expect(asked.length).toBe(facts.status === 'ready' ? facts.rights.length : -1);
});

test('kubectl leaves no file in the working folder if HOME is unset', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'no-home-'));
  const env = { PATH: process.env.PATH, KUBECONFIG: cluster.kubeconfig };
  const there: typeof run = (program, args, options) => run(program, args, { ...options, cwd });
  expect(await probeCluster({ env, run: there, uses: USES })).toMatchObject({ status: 'ready' });
  const pods = await connectKubectl({ env, run: there }).call(['get', 'pods']);
  expect(pods.code).toBe(0);
  expect(await readdir(cwd)).toEqual([]);
});

test('reads the images of all namespaces, and requires the right to list their pods', async () => {
  await createObject(admin.kubectl, podOf({ image: lab.baseBusybox, script: 'sleep 60', name: 'seen' }), signal);
  expect((await readRunningImages(admin.kubectl, false))?.split(' ')).toContain(lab.baseBusybox);
  expect(await deleteObjects(admin.kubectl, ['pod/seen'], { withinMs: 20_000, force: true })).toBeUndefined();
  const kubeconfig = await cluster.addUser('system:serviceaccount:builds:lister', 'bound');
  const { kubectl } = await clusterUser(cluster, kubeconfig);
  await expect(readRunningImages(kubectl, false)).rejects.toMatchObject({
    code: 'cluster/forbidden',
    problems: [{ fix: expect.stringContaining('list pods in all namespaces') }],
  });
});

test('names all missing rights and prints the Role that grants them', async () => {
  const kubeconfig = await cluster.addUser('system:serviceaccount:builds:ci', 'bound');
  const { env } = await clusterUser(cluster, kubeconfig);
  const problems = clusterProblems(await probe(env), USES);
  expect(codes(problems)).toEqual(['cluster/forbidden', 'cluster/forbidden']);
  expect(problems[0]?.message).toBe(
    'system:serviceaccount:builds:ci may not create pods, get pods, list pods, watch pods, delete pods, get pods/log, create pods/attach, create secrets and delete secrets in namespace builds.',
  );
  const applied = await run('kubectl', ['apply', '-f', '-'], { env: admin.env, input: problems[0]?.detail });
  expect(applied.stderr.toString()).toBe('');
  expect(clusterProblems(await probe(env), USES)).toEqual([]);
});

test('uses the service account in a pod for rights, namespace, and finding BuildKit Services', async () => {
  const account = await cluster.addServiceAccount('devpod', [
    { apiGroups: [''], resources: ['services'], verbs: ['list'] },
  ]);
  const env = { PATH: process.env.PATH, HOME: admin.env.HOME, ...account.env };
  const inside: typeof run = (program, args, options) => run(...inPod(account, program, args), options);
  const input = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'buildkitd' } },
    spec: { ports: [{ port: 1234 }] },
  });
  await run('kubectl', ['create', '--filename=-', '--validate=false'], { env: admin.env, input });
  const facts = await probeCluster({ env, run: inside, uses: USES });
  expect(facts).toMatchObject({
    ...{ status: 'ready', pod: true, context: undefined },
    user: { name: 'system:serviceaccount:builds:devpod' },
  });
  const pod = { serviceAccount: 'mounted' } as const;
  const found = await probeEndpoints({ env, run: inside, pod, configured: [] });
  expect(found.map(({ address }) => address)).toEqual(['tcp://buildkitd.builds.svc:1234']);
});

test('reports an expired token, a missing namespace, and a namespace with too strict a policy', async () => {
  const { env } = admin;
  const wrongToken = join(cluster.kubeconfig, '..', 'expired');
  const kubeconfig = await readFile(cluster.kubeconfig, 'utf8');
  await writeFile(wrongToken, kubeconfig.replace(/"token": "[0-9a-f]+"/, '"token": "old"'));
  const cases: [string, Parameters<typeof probe>, string][] = [
    ['token expired', [{ ...env, KUBECONFIG: wrongToken }], 'cluster/unauthorized'],
    ['no such namespace', [env, { namespace: 'nope' }], 'cluster/object-missing'],
    ['too strict a namespace', [env, { namespace: 'strict' }], 'cluster/policy'],
  ];
  const found = await Promise.all(
    cases.map(async ([title, question]) => [title, codes(clusterProblems(await probe(...question), ['kaniko']))]),
  );
  expect(found).toEqual(cases.map(([title, , code]) => [title, [code]]));
});

test('the cluster deletes the secrets of a deleted pod, and no command line contains them', async () => {
  const calls: string[] = [];
  const kubectl = connectKubectl({
    env: admin.env,
    run: (program, args, options) => {
      calls.push(args.join(' '));
      return run(program, args, options);
    },
  });
  const secret = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' } },
    stringData: { '.dockerconfigjson': '{"hunter2":1}' },
  };
  const volumes = [{ name: 'login', secret: { secretName: 'login' } }];
  const manifest = podOf({ name: 'owner', image: lab.baseBusybox, script: 'sleep 60', more: { volumes } });
  const warnings: Problem[] = [];
  // The cluster refuses our own deletion, so only the cluster itself can have removed the secret.
  cluster.faults.request({ match: { verb: 'delete', resource: 'secrets' }, fault: { type: 'forbidden' } });
  let during: string[] = [];
  const { end } = start({ ...admin, kubectl }, manifest, {
    secrets: [secret],
    onProgress(progress) {
      if (progress.type === 'warning') warnings.push(progress.problem);
      if (progress.type !== 'running') return;
      during = secrets();
      void cluster.strike('owner', { type: 'deleted' });
    },
  });
  await expect(end).rejects.toMatchObject({ code: 'cluster/pod-deleted' });
  expect({ during, after: secrets() }).toEqual({ during: ['login'], after: [] });
  expect(warnings).toMatchObject([
    { code: 'cluster/leftover', fix: 'Delete it with `kubectl delete pod/owner secret/login`.' },
  ]);
  expect(calls.join('\n')).not.toContain('hunter2');
});

const secrets = () => cluster.list('Secret', 'builds').map(({ metadata }) => metadata.name);

test('removes pods and secrets of killed runs, and keeps those of live runs', async () => {
  const { kubectl, owner } = admin;
  const dead = { ...owner, run: 'dead', started: '1' };
  const living = { ...owner, run: 'living' };
  const elsewhere = { ...owner, run: 'elsewhere', host: 'h' };
  const pod = (name: string) => podOf({ name, image: lab.baseBusybox, script: 'sleep 60' });
  for (const [claim, name] of [
    [dead, 'dead'],
    [living, 'living'],
    [elsewhere, 'elsewhere'],
  ] as const) {
    const marks = { owner: claim, lifetime: 3600 };
    const uid = await createObject(kubectl, withOwner(pod(name), marks), signal);
    const metadata = {
      name: `s-${name}`,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    };
    await createObject(kubectl, { apiVersion: 'v1', kind: 'Secret', metadata }, signal);
  }
  await createObject(kubectl, pod('of-somebody-else'), signal);
  const left = () =>
    cluster
      .pods('builds')
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  const remains = async (names: string[]) => {
    while (secrets().length > names.length) await delay(20);
    return secrets();
  };

  expect(await removeOrphans({ kubectl, self: owner, signal })).toEqual(['pod/dead']);
  expect(left()).toEqual(['elsewhere', 'living', 'of-somebody-else']);
  expect(await remains(['s-elsewhere', 's-living'])).toEqual(['s-elsewhere', 's-living']);
  expect(await removeRun(kubectl, 'living')).toEqual(['pod/living']);
  expect(await removeOrphans({ kubectl, self: owner, signal })).toEqual([]);
  expect(left()).toEqual(['elsewhere', 'of-somebody-else']);
  expect(await remains(['s-elsewhere'])).toEqual(['s-elsewhere']);
});
