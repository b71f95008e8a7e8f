/** @programs kubectl */
import { jest } from '@jest/globals';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { podSecurityViolations } from '../../testing/fake-cluster/admission/pod-security.js';
import { manifestProblems } from '../../testing/fake-cluster/admission/schema.js';
import { type FakeCluster, startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

jest.setTimeout(60_000);

const lab = labFromEnvironment();
let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster({
    dir: join(await mkdtemp(join(tmpdir(), 'cluster-')), 'c'),
    dockerHost: lab.dockerHost,
    namespace: 'team',
    namespaces: { team: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    denied: ['create pods/attach', 'delete limitranges'],
    backoffMs: 100,
  });
});
afterEach(() => {
  expect(cluster.faults.pending()).toEqual([]);
});
afterAll(async () => {
  await cluster.stop();
});

async function kubectl(args: string[], input: unknown = '', kubeconfig = cluster.kubeconfig) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, KUBECONFIG: kubeconfig };
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const result = await run('kubectl', args, { env, input: text });
  return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
}

const podOf = (container: object, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', ...metadata },
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: lab.baseBusybox, command: ['true'], ...container }],
    ...spec,
  },
});

const refuse = (pod: unknown) => kubectl(['create', '-f', '-'], pod).then(({ err }) => err.trim());

test('a folder of manifests is applied, changed, and deleted by the real kubectl', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'overlay-')), 'k8s');
  await mkdir(folder);
  const write = (word: string) => writeFile(join(folder, 'all.yml'), manifests(word));
  await writeFile(join(folder, 'kustomization.yml'), 'resources: [all.yml]\n');
  await write('one');
  expect(await kubectl(['apply', '-k', folder])).toMatchObject({
    code: 0,
    out: 'configmap/scripts created\nsecret/login created\npersistentvolumeclaim/cache created\ndeployment.apps/runner created\n',
  });
  const rollout = () => kubectl(['rollout', 'status', 'deployment/runner', '--timeout=50s']);
  expect(await rollout()).toMatchObject({ code: 0 });
  const script = await kubectl(['exec', 'deployment/runner', '--', '/scripts/run.sh']);
  expect(script).toMatchObject({ code: 4, out: 'one hunter2\n' });

  await write('two');
  const changed = await kubectl(['apply', '-k', folder]);
  expect(changed.out).toContain('deployment.apps/runner configured');
  expect(changed.out).toContain('persistentvolumeclaim/cache unchanged');
  expect(await rollout()).toMatchObject({ code: 0 });
  // What was written to the claim outlived the pod.
  const kept = await kubectl(['exec', 'deployment/runner', '--', 'cat', '/cache/words']);
  expect(kept.out).toBe('one\ntwo\n');

  expect(await kubectl(['delete', '-k', folder])).toMatchObject({ code: 0 });
  expect((await kubectl(['wait', '--for=delete', 'pod', '-l', 'app=runner', '--timeout=20s'])).code).toBe(0);
});

const manifests = (word: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: runner }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: runner } }
  template:
    metadata: { labels: { app: runner } }
    spec:
      containers:
        - name: main
          image: ${lab.baseBusybox}
          command: [sh, -c, 'echo ${word} >> /cache/words; trap "exit 0" TERM; while :; do sleep 1 & wait; done']
          env:
            - { name: WORD, value: ${word} }
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: login, key: password } } }
          readinessProbe: { exec: { command: [test, -x, /scripts/run.sh] } }
          volumeMounts:
            - { name: scripts, mountPath: /scripts }
            - { name: cache, mountPath: /cache }
      volumes:
        - { name: scripts, configMap: { name: scripts, defaultMode: 0755 } }
        - { name: cache, persistentVolumeClaim: { claimName: cache } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: scripts }
data:
  run.sh: |
    #!/bin/sh
    echo $WORD $PASSWORD
    exit 4
---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: hunter2 }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: cache }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

test('what is no valid manifest is refused in the words of the API', async () => {
  const start =
    'Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod:';
  expect(await refuse(podOf({ volumeMount: [] }))).toBe(
    `${start} strict decoding error: unknown field "spec.containers[0].volumeMount"`,
  );
  expect(await refuse(podOf({ stdin: 'yes' }))).toMatch(`${start} json: spec.containers[0].stdin`);
  expect(await refuse(podOf({ image: '' }))).toBe('The Pod "x" is invalid: spec.containers[0].image: Required value');
  expect(await refuse(podOf({ volumeMounts: [{ name: 'login', mountPath: '/l' }] }))).toBe(
    'The Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "login"',
  );
  const label = 'l'.repeat(64);
  expect(await refuse(podOf({}, {}, { labels: { image: label } }))).toBe(
    `The Pod "x" is invalid: metadata.labels: Invalid value: "${label}": must be no more than 63 characters`,
  );
  expect(await refuse(podOf({ resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }))).toContain(
    'must be less than or equal to memory limit of 1Gi',
  );
});

test('a manifest is held against the schema without a cluster', () => {
  expect(manifestProblems(podOf({}))).toEqual([]);
  expect(
    manifestProblems(podOf({ ports: [{ hostIP: '::' }], resources: { limits: { cpu: 'much' } } }, { nodeName: 1 })),
  ).toEqual([
    'spec.containers[0].ports[0].containerPort: Required value',
    expect.stringContaining('spec.containers[0].resources.limits.cpu: quantities must match'),
    'spec.nodeName: expected string, got number',
  ]);
  expect(manifestProblems({ apiVersion: 'apps/v1', kind: 'Job' })).toEqual([
    'no matches for kind "Job" in version "apps/v1"',
  ]);
});

test.each<[string, object, object]>([
  ['privileged (container "main" must not set securityContext.privileged=true)', { privileged: true }, {}],
  [
    'non-default capabilities (container "main" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)',
    { capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_ADMIN'] } },
    {},
  ],
  [
    'seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
    { seccompProfile: { type: 'Unconfined' } },
    {},
  ],
  ['host namespaces (hostNetwork=true)', {}, { hostNetwork: true }],
  ['hostPath volumes (volume "v")', {}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
])('the baseline standard refuses: %s', async (violation, securityContext, spec) => {
  const pod = podOf({ securityContext }, spec);
  expect(podSecurityViolations(pod as typeof pod & { spec: PodSpec }, 'baseline')).toEqual([violation]);
  expect(await refuse(pod)).toBe(
    'Error from server (Forbidden): error when creating "STDIN": pods "x" is forbidden: violates PodSecurity ' +
      `"baseline:latest": ${violation}`,
  );
});

test('what a user may not do is refused, and `auth can-i` knows it', async () => {
  expect((await kubectl(['auth', 'can-i', 'create', 'pods', '--subresource=attach'])).out).toBe('no\n');
  expect((await kubectl(['auth', 'can-i', 'create', 'pods'])).out).toBe('yes\n');
  expect((await kubectl(['delete', 'limits', 'any'])).err).toBe(
    'Error from server (Forbidden): limitranges "any" is forbidden: User "lab-user" cannot delete resource ' +
      '"limitranges" in API group "" in the namespace "team"\n',
  );
});

test('a role that is bound to a user gives it the rights that it names, and no others', async () => {
  const theirs = await cluster.addUser('system:serviceaccount:team:builder', 'bound');
  const asked = (args: string[]) => kubectl(args, '', theirs);
  expect((await asked(['get', 'pods'])).err).toBe(
    'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:team:builder" cannot list resource ' +
      '"pods" in API group "" in the namespace "team"\n',
  );
  const rules = ['--verb=get,list', '--resource=pods,pods/log'];
  expect(await kubectl(['create', 'role', 'reader', ...rules])).toMatchObject({ code: 0 });
  const binding = ['create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=team:builder'];
  expect(await kubectl(binding)).toMatchObject({ code: 0 });
  expect(await asked(['get', 'pods'])).toMatchObject({ code: 0 });
  expect((await asked(['auth', 'can-i', 'get', 'pods', '--subresource=log'])).out).toBe('yes\n');
  expect((await asked(['auth', 'can-i', 'delete', 'pods'])).out).toBe('no\n');
  expect((await asked(['auth', 'whoami'])).out).toContain('system:serviceaccount:team:builder');
});

test.each([
  [
    'a quota that is used up',
    { type: 'quota' } as const,
    'Error from server (Forbidden): error when creating "STDIN": pods "x" is forbidden: exceeded quota: compute, ' +
      'requested: limits.memory=4Gi, used: limits.memory=6Gi, limited: limits.memory=8Gi',
  ],
  [
    'a range of limits',
    { type: 'limit-range' } as const,
    'Error from server (Forbidden): error when creating "STDIN": pods "x" is forbidden: maximum memory usage per ' +
      'Container is 1Gi, but limit is 4Gi',
  ],
  [
    'a token that has expired',
    { type: 'unauthorized' } as const,
    'error: You must be logged in to the server (error when creating "STDIN": Unauthorized)',
  ],
  [
    'a lost right',
    { type: 'forbidden' } as const,
    'Error from server (Forbidden): error when creating "STDIN": pods is forbidden: User "lab-user" cannot create ' +
      'resource "pods" in API group "" in the namespace "team"',
  ],
])('a request fails by plan as by %s', async (_name, fault, said) => {
  cluster.faults.request({ match: { verb: 'create', resource: 'pods' }, fault });
  expect(await refuse(podOf({}))).toContain(said);
});

test('a request may be done and its answer lost', async () => {
  cluster.faults.request({ match: { verb: 'create', resource: 'configmaps' }, fault: { type: 'lost' } });
  const lost = await kubectl(['create', 'configmap', 'made', '--from-literal=a=b']);
  expect(lost.code).toBe(1);
  expect((await kubectl(['get', 'configmap', 'made', '-o', 'name'])).out).toBe('configmap/made\n');
});

test('what is not there is not found: a namespace, a pod', async () => {
  expect(await refuse(podOf({}, {}, { namespace: 'nowhere' }))).toContain('namespaces "nowhere" not found');
  expect((await kubectl(['get', 'pod', 'none'])).err).toBe('Error from server (NotFound): pods "none" not found\n');
});

test('an object that a test places is served as it is, and nothing acts on it; a wrong one is refused', async () => {
  const pod = podOf({}, {}, { name: 'placed', namespace: 'team' });
  const status = { phase: 'Running', containerStatuses: [] };
  cluster.place({ ...pod, status }, { main: 'one\ntwo\n' });
  cluster.place({ ...pod, status: { ...status, message: 'placed again' } });
  const read = await kubectl([
    'get',
    'pod',
    'placed',
    '--output=jsonpath={.status.phase} {.status.message} {.spec.nodeName}',
  ]);
  expect(read.out).toBe('Running placed again ');
  expect((await kubectl(['logs', 'placed', '--tail=1'])).out).toBe('two\n');
  const application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: 'team' },
  };
  cluster.place({ ...application, status: { sync: { status: 'Synced' } } });
  expect((await kubectl(['get', 'applications.argoproj.io', '-o', 'name'])).out).toBe('application.argoproj.io/a\n');
  expect(() => cluster.place({ ...pod, spec: { contianers: [] } })).toThrow('unknown field "spec.contianers"');
});
