import { judgeImage } from '../../src/live/workloads.js';
import type { ClusterReading } from '../../src/live/objects.js';
import type { ExpectedImage, LiveOutcome } from '../../src/live/outcome.js';
import type { KubeObject } from '../../testing/fake-cluster/objects.js';
import { application, deployment, DIGEST, EXPECTED, fluxKustomization, IMAGE, pod, SCENARIOS } from './scenarios.js';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

function judge(
  objects: readonly KubeObject[],
  expected: Partial<ExpectedImage> = {},
  unreadable: ClusterReading['unreadable'] = [],
  manifests: string[] = [],
) {
  const of = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind)) as never[];
  const [applications, kustomizations] = [of('Application'), of('Kustomization')];
  const reading = { workloads: of(...WORKLOADS), pods: of('Pod'), applications, kustomizations, unreadable };
  return judgeImage({ ...EXPECTED, ...expected }, reading, manifests);
}

test.each(SCENARIOS)('$title: the outcome is $outcome.status', ({ objects, outcome }) => {
  expect(judge(objects).outcome).toEqual(outcome);
});

const inNamespace = (object: KubeObject, namespace: string, more: object = {}): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace, ...more },
});
const asKind = (kind: string, status: object, spec: object = {}) => ({ ...deployment({ spec }), kind, status });
const old = deployment({ image: `${IMAGE}:main-0f9e8d7` });
const both = [pod('api-1'), pod('api-2')];

const CASES: [string, LiveOutcome, KubeObject[], Partial<ExpectedImage>?][] = [
  [
    'a StatefulSet is progressing until all its pods are ready',
    { status: 'progressing', reason: 'StatefulSet acme/api has 1 of 2 pods ready' },
    [
      asKind('StatefulSet', { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }),
      pod('api-0'),
    ],
  ],
  [
    'a DaemonSet is running if its pods are available on all nodes',
    { status: 'running' },
    [
      asKind('DaemonSet', {
        ...{ observedGeneration: 2, desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 },
      }),
      pod('api-0'),
    ],
  ],
  [
    'a Deployment is progressing until its controller has seen the change',
    { status: 'progressing', reason: 'Deployment acme/api has not been seen by its controller yet' },
    [deployment({ status: { observedGeneration: 1 } }), ...both],
  ],
  [
    'a Deployment is progressing while old pods still run',
    { status: 'progressing', reason: 'Deployment acme/api waits for old pods to end' },
    [deployment({ status: { replicas: 3 } }), ...both],
  ],
  [
    'the status of a Deployment that is scaled to 0 is unknown',
    { status: 'unknown', reason: 'Deployment acme/api wants no pods' },
    [deployment({ spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0 } })],
  ],
  [
    'a Deployment is failed if a quota forbids its pods',
    { status: 'failed', reason: "Deployment acme/api can't create pods (FailedCreate): exceeded quota: small" },
    [
      deployment({
        status: {
          conditions: [
            { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: small' },
          ],
        },
      }),
    ],
  ],
  [
    'a Deployment is progressing while a pod waits for a node, because an autoscaler may add one',
    {
      status: 'progressing',
      reason:
        'Deployment acme/api has updated 1 of 2 pods: no node takes the pod api-1: 0/3 nodes are available: 3 Insufficient memory',
    },
    [
      deployment({ status: { updatedReplicas: 1 } }),
      {
        ...pod('api-1'),
        spec: { containers: [{ name: 'api', image: `${IMAGE}:main-1a2b3c4` }] },
        status: {
          phase: 'Pending',
          conditions: [
            {
              ...{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' },
              message: '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available.',
            },
          ],
        },
      },
    ],
  ],
  [
    'the status is unknown if a node reports no digest, for example of an image loaded by hand',
    { status: 'unknown', reason: 'the node of the pod acme/api-1 reports no digest of the image' },
    [deployment(), pod('api-1', { imageID: `sha256:${'c'.repeat(64)}` })],
  ],
  [
    'an image that the Kustomization pins by digest is running',
    { status: 'running' },
    [
      deployment({ image: `${IMAGE}@${DIGEST}` }),
      { ...pod('api-1'), spec: { containers: [{ name: 'api', image: `${IMAGE}@${DIGEST}` }] } },
    ],
  ],
  [
    'ignores workloads outside the namespace of the Kustomization',
    { status: 'running' },
    [deployment(), ...both, inNamespace(old, 'production')],
    { namespaces: ['acme'] },
  ],
  [
    'ignores workloads of another Argo CD Application if the Kustomization has no namespace',
    { status: 'running' },
    [
      inNamespace(deployment(), 'acme', {
        annotations: { 'argocd.argoproj.io/tracking-id': 'acme:apps/Deployment:acme/api' },
      }),
      ...both,
      inNamespace(old, 'production', {
        annotations: { 'argocd.argoproj.io/tracking-id': 'live:apps/Deployment:production/api' },
      }),
      application(),
      inNamespace(
        application({ spec: { source: { repoURL: 'https://github.com/acme/app', path: 'k8s/production' } } }),
        'argocd',
        { name: 'live' },
      ),
    ],
  ],
  [
    'ignores an Argo CD Application of another repository with the same folder',
    { status: 'unknown', reason: 'Deployment acme/api still names main-0f9e8d7', open: true },
    [old, application({ spec: { source: { repoURL: 'https://github.com/other/app', path: 'k8s' }, syncPolicy: {} } })],
    { repository: 'acme/app' },
  ],
  [
    'uses the Flux Kustomization that owns the workload, even if its path is another folder',
    { status: 'unknown', reason: 'the Flux Kustomization flux-system/acme is suspended' },
    [
      inNamespace(old, 'acme', {
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'acme', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
      }),
      fluxKustomization({ spec: { path: './clusters/one', suspend: true } }),
    ],
  ],
];

test.each(CASES)('%s', (_, outcome, objects, ...[expected]) => {
  expect(judge(objects, expected).outcome).toEqual(outcome);
});

test('a pod may run a manifest of the deployed index, but no other digest', () => {
  const manifest = `sha256:${'d'.repeat(64)}`;
  const pods = [pod('api-1', { imageID: `docker-pullable://${IMAGE}@${manifest}` })];
  expect(judge([deployment(), ...pods], {}, [], [manifest]).outcome.status).toBe('running');
  expect(judge([deployment(), ...pods]).outcome.status).toBe('failed');
});

test("reports the missing right if workloads can't be listed and none is found", () => {
  const missing = [
    { resource: 'deployments.apps', reason: 'the right to list deployments.apps in all namespaces is missing' },
  ];
  expect(judge([], {}, missing).outcome).toEqual({
    status: 'unknown',
    reason: 'the right to list deployments.apps in all namespaces is missing',
  });
});
