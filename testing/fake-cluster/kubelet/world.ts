import { recordEvent } from '../events.js';
import type { FaultQueue } from '../faults.js';
import type { StoredPod } from '../objects.js';
import type { Store } from '../store.js';
import type { DockerApi } from './docker-api.js';

/** What the parts of a node share. */
export interface KubeletWorld {
  store: Store;
  docker: DockerApi;
  faults: FaultQueue;
  /** Volumes and last words lie below it. */
  dir: string;
  /** `host`: the containers share this machine's network. */
  network: 'bridge' | 'host';
  /** How long it waits before it tries again; real ones begin with 10 s. */
  backoffMs: number;
  /** Real ones wait as long as the pod says, 30 s unless it says anything. */
  maxGraceMs: number;
  log: (line: string) => void;
}

/** Tells the events of a pod as the kubelet would. */
export function podEvents({ store }: KubeletWorld, pod: StoredPod) {
  const tell = (type: 'Normal' | 'Warning', component: string) => (reason: string, message: string) =>
    recordEvent(store, pod, { type, reason, message, component });
  return {
    normal: tell('Normal', 'kubelet'),
    warn: tell('Warning', 'kubelet'),
    scheduled: tell('Normal', 'default-scheduler'),
    unschedulable: tell('Warning', 'default-scheduler'),
    byNodeController: tell('Warning', 'node-controller'),
  };
}
