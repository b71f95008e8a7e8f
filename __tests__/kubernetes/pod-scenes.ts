import type { Pod, PodEvent, PodStatus } from '../../src/kubernetes/pod.js';

/** Pods as a kubelet and the controllers leave them: fields and messages of real clusters. */
export const IMAGE = 'ghcr.io/acme/executor:v1';

export function pod(status: PodStatus, more: { node?: string; deleted?: boolean; limit?: string } = {}): Pod {
  return {
    metadata: {
      name: 'build-web',
      namespace: 'builds',
      uid: 'u1',
      creationTimestamp: '2026-03-01T10:00:00Z',
      ...(more.deleted && { deletionTimestamp: '2026-03-01T10:05:00Z' }),
    },
    spec: {
      ...(more.node !== '' && { nodeName: more.node ?? 'node-1' }),
      activeDeadlineSeconds: 3600,
      containers: [
        {
          name: 'kaniko',
          image: IMAGE,
          ...(more.limit && { resources: { limits: { memory: more.limit } } }),
        },
      ],
    },
    status,
  };
}

export const waiting = (reason: string, message?: string): PodStatus => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'True' }],
  containerStatuses: [{ name: 'kaniko', image: IMAGE, state: { waiting: { reason, message } } }],
});

export const ended = (exitCode: number, reason?: string, message?: string): PodStatus => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  containerStatuses: [{ name: 'kaniko', state: { terminated: { exitCode, reason, message } } }],
});

export const running: PodStatus = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'kaniko', state: { running: { startedAt: '2026-03-01T10:00:05Z' } } }],
};

export const unscheduled = (message: string): PodStatus => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});

export const disrupted = (reason: string, message: string): PodStatus => ({
  ...running,
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message }],
});

let clock = 0;
export const event = (reason: string, message: string): PodEvent => ({
  type: 'Warning',
  reason,
  message,
  lastTimestamp: new Date(Date.UTC(2026, 2, 1, 10, 0, clock++)).toISOString(),
  involvedObject: { kind: 'Pod', name: 'build-web', uid: 'u1' },
});
