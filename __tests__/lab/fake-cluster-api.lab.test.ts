/** @programs kubectl */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { podSecurityViolations } from '../../testing/fake-cluster/admission/pod-security.js';
import { manifestProblems } from '../../testing/fake-cluster/admission/schema.js';
import { type FakeCluster, startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

const lab = labFromEnvironment();
let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster({
    dir: join(await mkdtemp(join(tmpdir(), 'cluster-')), 'c'),
    dockerHost: lab.dockerHost,
    namespace: 'team',
    namespaces: { team: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
  });
});
afterAll(() => cluster?.stop());

async function kubectl(args: string[], input: object = {}) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, KUBECONFIG: cluster.kubeconfig };
  const result = await run('kubectl', args, { env, input: JSON.stringify(input) });
  return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
}

const podOf = (container: object, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x' },
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: lab.baseBusybox, command: ['true'], ...container }],
    ...spec,
  },
});

const refuse = (pod: object) => kubectl(['create', '-f', '-'], pod).then(({ err }) => err.trim());

test('serves the real kubectl for applying and deleting a folder of manifests', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'overlay-')), 'k8s');
  await mkdir(folder);
  await writeFile(join(folder, 'all.yml'), MANIFESTS);
  await writeFile(join(folder, 'kustomization.yml'), 'resources: [all.yml]\n');
  expect(await kubectl(['apply', '-k', folder])).toMatchObject({
    code: 0,
    out: 'configmap/scripts created\nsecret/login created\ndeployment.apps/runner created\n',
  });
  expect(await kubectl(['rollout', 'status', 'deployment/runner', '--timeout=50s'])).toMatchObject({ code: 0 });
  const script = await kubectl(['exec', 'deployment/runner', '--', '/scripts/run.sh']);
  expect(script).toMatchObject({ code: 4, out: 'one hunter2\n' });

  expect(await kubectl(['delete', '-k', folder])).toMatchObject({ code: 0 });
  expect((await kubectl(['wait', '--for=delete', 'pod', '-l', 'app=runner', '--timeout=20s'])).code).toBe(0);
});

const MANIFESTS = `apiVersion: apps/v1
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
          command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 1 & wait; done']
          env:
            - { name: WORD, value: one }
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: login, key: password } } }
          readinessProbe: { exec: { command: [test, -x, /scripts/run.sh] } }
          volumeMounts:
            - { name: scripts, mountPath: /scripts }
      volumes:
        - { name: scripts, configMap: { name: scripts, defaultMode: 0755 } }
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
`;

test('refuses invalid manifests with the messages of the real API', async () => {
  const start =
    'Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod:';
  expect(await refuse(podOf({ volumeMount: [] }))).toBe(
    `${start} strict decoding error: unknown field "spec.containers[0].volumeMount"`,
  );
  expect(await refuse(podOf({ stdin: 'yes' }))).toMatch(`${start} json: spec.containers[0].stdin`);
  expect(await refuse(podOf({ image: '' }))).toBe('The Pod "x" is invalid: spec.containers[0].image: Required value');
  expect(await refuse(podOf({}, { hostNetwork: true }))).toBe(
    'Error from server (Forbidden): error when creating "STDIN": pods "x" is forbidden: violates PodSecurity ' +
      '"baseline:latest": host namespaces (hostNetwork=true)',
  );
  expect(await refuse(podOf({ volumeMounts: [{ name: 'login', mountPath: '/l' }] }))).toBe(
    'The Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "login"',
  );
});

test('manifestProblems checks a manifest against the schema without a cluster', () => {
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
])('the policy baseline forbids: %s', (violation, securityContext, spec) => {
  const pod = podOf({ securityContext }, spec);
  expect(podSecurityViolations(pod as typeof pod & { spec: PodSpec }, 'baseline')).toEqual([violation]);
});

test('serves a placed object unchanged, and refuses to place an invalid one', async () => {
  const pod = { ...podOf({}), metadata: { name: 'placed', namespace: 'team' } };
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
