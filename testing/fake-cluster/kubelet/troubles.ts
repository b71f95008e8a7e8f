import { setTimeout as delay } from 'node:timers/promises';
import { resourceOf } from '../api/resources.js';
import type { Moment, PodFault } from '../faults.js';
import { timestamp } from '../objects.js';
import type { PodWorker } from './pod-worker.js';

const PODS = resourceOf('Pod');
/** Until a container that is thrown out is killed. */
const GRACE_MS = 500;
/** Between two updates of a kubelet. */
const UPDATE_MS = 150;

/** What befalls a pod that runs. */
type RunningFault = Extract<PodFault, { type: 'evicted' | 'node-shutdown' | 'preempted' | 'deleted' }>;

const ACTS: Record<RunningFault['type'], (worker: PodWorker) => Promise<void>> = {
  evicted: async (worker) => {
    const why =
      'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8Gi. ' +
      `Container ${worker.pod.spec.containers[0]?.name} was using 20Gi, request is 0, has larger consumption ` +
      'of ephemeral-storage. ';
    worker.events.warn('Evicted', why);
    // As measured: the container's end is reported first, with the phase Running; the reason comes two updates later.
    worker.view.phase = 'Running';
    await worker.end(Math.min(GRACE_MS, worker.world.maxGraceMs));
    await delay(UPDATE_MS, undefined, { ref: false });
    worker.view.ip = '';
    worker.report();
    await delay(UPDATE_MS, undefined, { ref: false });
    disrupt(worker, 'TerminationByKubelet', why);
    worker.view.ended = { phase: 'Failed', reason: 'Evicted', message: why };
    worker.report();
  },
  'node-shutdown': async (worker) => {
    const message = 'Pod was terminated in response to imminent node shutdown.';
    disrupt(worker, 'TerminationByKubelet', message);
    worker.view.ended = { phase: 'Failed', reason: 'Terminated', message };
    await worker.end(0);
    worker.report();
  },
  preempted: async (worker) => {
    const node = worker.pod.spec.nodeName;
    worker.events.normal('Preempted', `Preempted by pod 0d0c5b6e-1f6a-4d8c-9a55-0a1b2c3d4e5f on node ${node}`);
    disrupt(worker, 'PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod');
    worker.report();
    await worker.end(0);
    worker.world.store.remove(PODS, worker.pod.metadata);
  },
  deleted: async (worker) => {
    worker.world.store.remove(PODS, worker.pod.metadata);
    await worker.end(0);
  },
};

function disrupt({ view }: PodWorker, reason: string, message: string): void {
  view.conditions.push({
    type: 'DisruptionTarget',
    status: 'True',
    reason,
    message,
    lastProbeTime: null as unknown as string,
    lastTransitionTime: timestamp(),
  });
}

const isRunningFault = (fault: PodFault): fault is RunningFault => fault.type in ACTS;

/** Strikes a running pod at once. */
export async function strike(worker: PodWorker, fault: PodFault): Promise<void> {
  if (!isRunningFault(fault)) throw new Error(`${fault.type} befalls pods that don't run yet: queue it before`);
  await ACTS[fault.type](worker);
}

/** Lets the planned faults strike when their moment has come. */
export function planTroubles(worker: PodWorker): void {
  for (const fault of worker.faults.filter(isRunningFault)) {
    whenItComes(worker, fault.after, () => {
      strike(worker, fault).catch((error: unknown) => worker.world.log(`fault ${fault.type}: ${String(error)}`));
    });
  }
}

function whenItComes(worker: PodWorker, moment: Moment | undefined, act: () => void): void {
  if (!moment) return act();
  for (const container of worker.containers.values()) {
    const { log } = container;
    const ends = log.follow(() => look());
    const look = () => {
      if (!log.pieces.some(({ text }) => moment.logs.test(text.toString()))) return;
      ends();
      act();
    };
    // It may have been printed already.
    look();
  }
}
