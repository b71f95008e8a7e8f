import type * as core from 'kubernetes-types/core/v1.js';
import type { ObjectMeta as OptionalMeta } from 'kubernetes-types/meta/v1.js';

export type ObjectMeta = OptionalMeta & { name: string };

/** An object that is created; the API server checks the rest. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

type PodSpec = Pick<core.PodSpec, 'nodeName' | 'activeDeadlineSeconds' | 'containers'>;

export interface PodManifest extends Manifest {
  kind: 'Pod';
  spec: PodSpec;
}

/** What is read of a pod. */
export interface Pod {
  metadata: ObjectMeta;
  spec?: PodSpec;
  status?: PodStatus;
}

export interface PodStatus extends Pick<core.PodStatus, 'reason' | 'message'> {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  conditions?: PodCondition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

export type PodCondition = Pick<core.PodCondition, 'type' | 'status' | 'reason' | 'message'>;
export type ContainerState = core.ContainerState;
type ContainerStatus = Pick<core.ContainerStatus, 'name' | 'state' | 'lastState'> &
  Partial<Pick<core.ContainerStatus, 'restartCount' | 'ready' | 'imageID'>>;

export type PodEvent = Partial<core.Event>;
