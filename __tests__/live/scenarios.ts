import type { KubeObject } from '../../testing/fake-cluster/objects.js';
import type { LiveOutcome } from '../../src/live/outcome.js';

export const IMAGE = 'ghcr.io/acme/api';
export const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
export const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const BEFORE = '0f9e8d7c6b5a49382716051423324150f9e8d7c6';

export const EXPECTED = {
  ...{ key: 'api', channel: 'main', branch: 'main', image: IMAGE, tag: 'main-1a2b3c4', digest: DIGEST, commit: COMMIT },
  ...{ folders: ['k8s'], namespaces: [] as string[] },
};

const named = (name: string, more: object = {}) => ({ name, namespace: 'acme', ...more });
const containers = [{ name: 'api', image: `${IMAGE}:main-1a2b3c4` }];

/** A Deployment, by default with a complete rollout. */
export function deployment({ metadata = {}, spec = {}, status = {}, image = containers[0]!.image } = {}): KubeObject {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: named('api', { generation: 2, ...metadata }) },
    spec: {
      ...{ replicas: 2, selector: { matchLabels: { app: 'api' } } },
      template: { metadata: { labels: { app: 'api' } }, spec: { containers: [{ name: 'api', image }] } },
      ...spec,
    },
    status: {
      ...{ observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
      conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }],
      ...status,
    },
  };
}

const ready = { ready: true, restartCount: 0, state: { running: { startedAt: '2026-03-04T05:06:07Z' } } };

/** A pod of the Deployment, by default ready. */
export function pod(name: string, container: object = {}, more: object = {}): KubeObject {
  const image = containers[0]!.image;
  const own = { name: 'api', image, imageID: `${IMAGE}@${DIGEST}`, ...ready, ...container };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: named(name, { labels: { app: 'api' } }) },
    spec: { containers, nodeName: 'node-1' },
    status: { phase: 'Running', containerStatuses: [own], ...more },
  };
}

export function application({ spec = {}, status = {} } = {}): KubeObject {
  return {
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'acme', namespace: 'argocd' } },
    spec: {
      source: { repoURL: 'https://github.com/acme/app.git', path: 'k8s', targetRevision: 'main' },
      destination: { namespace: 'acme', server: 'https://kubernetes.default.svc' },
      syncPolicy: { automated: {} },
      ...spec,
    },
    status: { sync: { status: 'Synced', revision: COMMIT }, health: { status: 'Healthy' }, ...status },
  };
}

export function fluxKustomization({ spec = {}, status = {} } = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    ...{ kind: 'Kustomization', metadata: { name: 'acme', namespace: 'flux-system' } },
    spec: { path: './k8s', interval: '10m', prune: true, ...spec },
    status: {
      lastAppliedRevision: `main@sha1:${COMMIT}`,
      lastAttemptedRevision: `main@sha1:${COMMIT}`,
      conditions: [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded' }],
      ...status,
    },
  };
}

const notReady = { ready: false, restartCount: 0, imageID: '' };
const PULL =
  'Back-off pulling image "ghcr.io/acme/api:main-1a2b3c4": ErrImagePull: failed to resolve reference "ghcr.io/acme/api:main-1a2b3c4": ghcr.io/acme/api:main-1a2b3c4: not found';
export const LOG = ['listening on 3000', 'Error: DATABASE_URL is not set', '    at start (server.js:4:9)'];
const rolling = { status: { updatedReplicas: 1, availableReplicas: 1 } };
const stale = deployment({ image: `${IMAGE}:main-0f9e8d7` });

export interface Scenario {
  title: string;
  objects: KubeObject[];
  outcome: Partial<LiveOutcome> & { status: LiveOutcome['status'] };
  /** How a wait ends. */
  end: 'running' | 'live/failed' | 'live/unknown' | 'live/timeout';
  /** Log of the container of the first pod. */
  log?: string[];
}

const waiting = (reason: string, message = '') => ({ ...notReady, state: { waiting: { reason, message } } });

export const SCENARIOS: Scenario[] = [
  {
    title: 'healthy',
    objects: [deployment(), pod('api-1'), pod('api-2')],
    outcome: { status: 'running' },
    end: 'running',
  },
  {
    title: 'an image that no node can pull',
    objects: [deployment(rolling), pod('api-1', waiting('ImagePullBackOff', PULL)), pod('api-2')],
    outcome: {
      status: 'failed',
      reason:
        "Deployment acme/api: the node can't pull the image ghcr.io/acme/api:main-1a2b3c4: ghcr.io/acme/api:main-1a2b3c4: not found (ImagePullBackOff)",
    },
    end: 'live/failed',
  },
  {
    title: 'a container that crashes repeatedly',
    objects: [
      deployment(rolling),
      pod('api-1', {
        ...waiting('CrashLoopBackOff', 'back-off 40s restarting failed container=api'),
        ...{ restartCount: 3, imageID: `${IMAGE}@${DIGEST}` },
        lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      }),
    ],
    outcome: {
      status: 'failed',
      reason:
        'Deployment acme/api: the container api of the pod acme/api-1 ended with exit code 1 and was restarted 3 times (CrashLoopBackOff)',
    },
    log: LOG,
    end: 'live/failed',
  },
  {
    title: 'a rollout past its progress deadline',
    objects: [
      deployment({
        status: {
          ...{ updatedReplicas: 1, availableReplicas: 1 },
          conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
        },
      }),
    ],
    outcome: {
      status: 'failed',
      reason: 'Deployment acme/api did not become ready within 600 s (ProgressDeadlineExceeded)',
    },
    end: 'live/failed',
  },
  {
    title: 'a rollout in progress',
    objects: [deployment(rolling), pod('api-1')],
    outcome: { status: 'progressing', reason: 'Deployment acme/api has updated 1 of 2 pods' },
    end: 'live/timeout',
  },
  {
    title: 'a pod that runs the wrong digest',
    objects: [deployment(), pod('api-1'), pod('api-2', { imageID: `${IMAGE}@${OTHER}` })],
    outcome: {
      status: 'failed',
      reason: `Deployment acme/api runs the wrong digest: the pod acme/api-2 runs ${OTHER}, but ${DIGEST} was deployed as main-1a2b3c4`,
    },
    end: 'live/failed',
  },
  {
    title: 'no workload with the image',
    objects: [],
    outcome: { status: 'unknown', reason: 'no workload uses the image ghcr.io/acme/api', open: true },
    end: 'live/timeout',
  },
  {
    title: 'an Argo CD Application that is out of sync',
    objects: [stale, application({ status: { sync: { status: 'OutOfSync', revision: COMMIT } } })],
    outcome: { status: 'unknown', reason: 'the Argo CD Application argocd/acme is OutOfSync', open: true },
    end: 'live/timeout',
  },
  {
    title: 'an Argo CD Application that is out of sync and syncs only by hand',
    objects: [
      stale,
      application({ spec: { syncPolicy: {} }, status: { sync: { status: 'OutOfSync', revision: COMMIT } } }),
    ],
    outcome: {
      status: 'unknown',
      reason: 'the Argo CD Application argocd/acme is OutOfSync, and it syncs only by hand',
    },
    end: 'live/unknown',
  },
  {
    title: 'an Argo CD Application whose sync failed',
    objects: [
      stale,
      application({
        status: {
          sync: { status: 'OutOfSync', revision: COMMIT },
          operationState: {
            ...{ phase: 'Failed', message: 'one or more objects failed to apply' },
            syncResult: { revision: COMMIT },
          },
        },
      }),
    ],
    outcome: {
      status: 'failed',
      reason: 'the Argo CD Application argocd/acme failed to sync: one or more objects failed to apply',
    },
    end: 'live/failed',
  },
  {
    title: 'a suspended Flux Kustomization',
    objects: [
      stale,
      fluxKustomization({ spec: { suspend: true }, status: { lastAppliedRevision: `main@sha1:${BEFORE}` } }),
    ],
    outcome: { status: 'unknown', reason: 'the Flux Kustomization flux-system/acme is suspended' },
    end: 'live/unknown',
  },
  {
    title: 'a Flux Kustomization that is behind the deploy commit',
    objects: [stale, fluxKustomization({ status: { lastAppliedRevision: `main@sha1:${BEFORE}` } })],
    outcome: {
      status: 'unknown',
      reason: 'the Flux Kustomization flux-system/acme is at 0f9e8d7c6b5a, not at 1a2b3c4d5e6f',
      open: true,
    },
    end: 'live/timeout',
  },
  {
    title: 'a Flux Kustomization that is not ready',
    objects: [
      stale,
      fluxKustomization({
        status: {
          lastAppliedRevision: `main@sha1:${BEFORE}`,
          conditions: [{ type: 'Ready', status: 'False', reason: 'BuildFailed', message: 'kustomize build failed' }],
        },
      }),
    ],
    outcome: {
      status: 'failed',
      reason: 'the Flux Kustomization flux-system/acme is not ready (BuildFailed): kustomize build failed',
    },
    end: 'live/failed',
  },
];
