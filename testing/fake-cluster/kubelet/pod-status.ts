import type { ContainerState, ContainerStatus, PodCondition, PodStatus } from 'kubernetes-types/core/v1.js';
import { type StoredPod, timestamp } from '../objects.js';

/** What the kubelet knows of a container; times are made when it happens. */
export interface ContainerView {
  name: string;
  image: string;
  state: ContainerState;
  last?: ContainerState;
  restarts: number;
  ready: boolean;
  id?: string;
}

export interface PodView {
  init: ContainerView[];
  main: ContainerView[];
  startTime: string;
  ip: string;
  /** Set when the pod's end is not its containers' own: `Evicted`, `DeadlineExceeded`. */
  ended?: { phase: 'Failed'; reason: string; message: string };
  /** Told in place of what the containers' states make of it. */
  phase?: 'Running';
  /** Further conditions, by type. */
  conditions: PodCondition[];
}

export const waiting = (reason: string, message?: string): ContainerState => ({
  waiting: { reason, ...(message !== undefined && { message }) },
});

/** As before anything has been done for the pod. */
export function freshView(pod: StoredPod, ip: string): PodView {
  const { initContainers = [], containers } = pod.spec;
  const reason = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const fresh =
    (why: string) =>
    ({ name, image = '' }: { name: string; image?: string }): ContainerView => {
      return { name, image, state: waiting(why), restarts: 0, ready: false };
    };
  return {
    init: initContainers.map(fresh('PodInitializing')),
    main: containers.map(fresh(reason)),
    startTime: timestamp(),
    ip,
    conditions: [],
  };
}

/** The status that a kubelet reports. */
export function podStatus(pod: StoredPod, view: PodView): PodStatus {
  const phase = view.ended?.phase ?? view.phase ?? phaseOf(pod, view);
  const initialized = view.init.every((container) => container.state.terminated?.exitCode === 0);
  const ready = phase === 'Running' && view.main.every((container) => container.ready);
  const done = phase === 'Succeeded' ? 'PodCompleted' : undefined;
  const unready = view.main.filter((container) => !container.ready).map(({ name }) => name);
  const why = done ?? (phase === 'Failed' ? 'PodFailed' : 'ContainersNotReady');
  const message = `containers with unready status: [${unready.join(' ')}]`;
  const condition = (type: string, holds: boolean, reason?: string): PodCondition => ({
    type,
    status: holds ? 'True' : 'False',
    lastProbeTime: null as unknown as string,
    lastTransitionTime: transition(pod, type, holds),
    ...(!holds && reason && { reason }),
    ...(!holds && reason === 'ContainersNotReady' && { message }),
  });
  const replaced = new Set(view.conditions.map(({ type }) => type));
  const conditions = [
    condition('PodReadyToStartContainers', view.ip !== '' && phase !== 'Failed' && phase !== 'Succeeded'),
    condition('Initialized', initialized, 'ContainersNotInitialized'),
    condition('Ready', ready, why),
    condition('ContainersReady', ready, why),
    condition('PodScheduled', true),
  ].filter(({ type }) => !replaced.has(type));
  return {
    phase,
    conditions: [...view.conditions, ...conditions],
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    ...(view.ip && { podIP: view.ip, podIPs: [{ ip: view.ip }] }),
    startTime: view.startTime,
    ...(view.ended && { reason: view.ended.reason, message: view.ended.message }),
    ...(view.init.length > 0 && { initContainerStatuses: view.init.map(containerStatus) }),
    containerStatuses: view.main.map(containerStatus),
  };
}

function transition(pod: StoredPod, type: string, holds: boolean): string {
  const before = pod.status.conditions?.find((condition) => condition.type === type);
  const same = before?.status === (holds ? 'True' : 'False');
  return (same && before?.lastTransitionTime) || timestamp();
}

function phaseOf(pod: StoredPod, { init, main }: PodView): string {
  const never = pod.spec.restartPolicy === 'Never';
  const failedInit = init.some((container) => (container.state.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && never) return 'Failed';
  if (main.every(({ state }) => state.terminated) && pod.spec.restartPolicy !== 'Always') {
    if (main.every(({ state }) => state.terminated?.exitCode === 0)) return 'Succeeded';
    if (never) return 'Failed';
  }
  const started = main.some(({ state, last }) => state.running ?? state.terminated ?? last);
  return started ? 'Running' : 'Pending';
}

function containerStatus(view: ContainerView): ContainerStatus {
  return {
    name: view.name,
    state: view.state,
    lastState: view.last ?? {},
    ready: view.ready,
    restartCount: view.restarts,
    image: view.image,
    imageID: view.id ? view.image : '',
    ...(view.id && { containerID: `containerd://${view.id}` }),
    started: view.state.running !== undefined,
  };
}
