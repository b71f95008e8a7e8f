import { setTimeout as delay } from 'node:timers/promises';
import { resourceOf } from '../api/resources.js';
import { apiError } from '../api/status.js';
import type { PodFault } from '../faults.js';
import { type StoredPod, timestamp } from '../objects.js';
import type { StoreEvent } from '../store.js';
import type { RunningContainer } from './container.js';
import { PodWorker } from './pod-worker.js';
import { chooseNode, type FakeNode } from './scheduler.js';
import { planTroubles, strike } from './troubles.js';
import { type KubeletWorld, podEvents } from './world.js';

const PODS = resourceOf('Pod');

/** Scheduler and nodes: what becomes of pods in the store. */
export class Kubelet {
  #workers = new Map<string, PodWorker>();
  #endings = new Set<Promise<void>>();
  #stopped = false;
  #unlisten: () => void;

  constructor(
    readonly world: KubeletWorld,
    readonly nodes: readonly FakeNode[],
  ) {
    this.#unlisten = world.store.listen((event) => {
      if (event.plural === 'pods') this.#onPod(event);
    });
  }

  /** Ends every container. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unlisten();
    await Promise.allSettled([...this.#workers.values()].map((worker) => worker.end(0)));
    await Promise.allSettled(this.#endings);
  }

  worker(pod: StoredPod): PodWorker | undefined {
    return this.#workers.get(pod.metadata.uid ?? '');
  }

  /** @throws ApiError in the words of a kubelet that has no such container */
  container(pod: StoredPod, name: string): RunningContainer {
    const running = this.worker(pod)?.containers.get(name);
    const { namespace } = pod.metadata;
    if (!running) throw apiError(404, `container ${name} not found in pod ${pod.metadata.name}_${namespace}`);
    return running;
  }

  async strike(pod: StoredPod, fault: PodFault): Promise<void> {
    const worker = this.worker(pod);
    if (!worker) throw new Error(`pod ${pod.metadata.name} is on no node`);
    await strike(worker, fault);
  }

  #onPod({ type, object, before }: StoreEvent): void {
    const pod = object as StoredPod;
    if (type === 'ADDED') this.#track(this.#takeUp(structuredClone(pod)));
    else if (type === 'DELETED') this.#track(this.#forget(pod));
    else if (pod.metadata.deletionTimestamp && !before?.metadata.deletionTimestamp) {
      this.#track(this.#end(pod));
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error: unknown) => this.world.log(`kubelet: ${String(error)}`));
    this.#endings.add(tracked);
    void tracked.finally(() => this.#endings.delete(tracked));
  }

  /** Binds it to a node, sooner or later. */
  async #takeUp(pod: StoredPod): Promise<void> {
    // The answer to its creation goes out first.
    await delay(5);
    const { world } = this;
    const faults = world.faults.takeForPod(pod.metadata.name);
    const planned = faults.find((fault) => fault.type === 'unschedulable');
    for (;;) {
      const current = world.store.get(PODS, pod.metadata) as StoredPod | undefined;
      if (this.#stopped || !current || current.metadata.uid !== pod.metadata.uid) return;
      const choice = planned
        ? {
            message:
              '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
          }
        : chooseNode(current, this.nodes);
      if ('node' in choice) return this.#bind(current, choice.node, faults);
      this.#refuse(current, choice.message);
      await delay(world.backoffMs, undefined, { ref: false });
    }
  }

  #bind(pod: StoredPod, node: string, faults: readonly PodFault[]): void {
    const bound = this.world.store.change(PODS, pod.metadata, (object) => {
      const { spec, status } = object as StoredPod;
      spec.nodeName = node;
      status.conditions = [scheduled('True')];
    });
    const { namespace, name } = pod.metadata;
    podEvents(this.world, pod).scheduled('Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
    const worker = new PodWorker(this.world, bound as StoredPod, faults, planTroubles);
    this.#workers.set(pod.metadata.uid ?? '', worker);
  }

  #refuse(pod: StoredPod, message: string): void {
    podEvents(this.world, pod).unschedulable('FailedScheduling', message);
    const known = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.message === message) return;
    this.world.store.change(PODS, pod.metadata, (object) => {
      (object as StoredPod).status.conditions = [{ ...scheduled('False'), reason: 'Unschedulable', message }];
    });
  }

  /** It was asked to go: its containers end, and then it is gone. */
  async #end(pod: StoredPod): Promise<void> {
    const worker = this.worker(pod);
    const seconds = pod.metadata.deletionGracePeriodSeconds ?? 30;
    if (worker) {
      worker.events.normal('Killing', `Stopping container ${pod.spec.containers[0]?.name}`);
      await worker.end(Math.min(seconds * 1000, this.world.maxGraceMs));
    }
    const current = this.world.store.get(PODS, pod.metadata);
    if (current?.metadata.uid === pod.metadata.uid) this.world.store.remove(PODS, pod.metadata);
  }

  async #forget(pod: StoredPod): Promise<void> {
    const worker = this.worker(pod);
    this.#workers.delete(pod.metadata.uid ?? '');
    await worker?.end(0);
  }
}

const scheduled = (status: 'True' | 'False') => ({
  type: 'PodScheduled',
  status,
  lastProbeTime: null as unknown as string,
  lastTransitionTime: timestamp(),
});
