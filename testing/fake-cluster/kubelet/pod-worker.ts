import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from 'kubernetes-types/core/v1.js';
import { resourceOf } from '../api/resources.js';
import type { PodFault } from '../faults.js';
import { type StoredPod, timestamp } from '../objects.js';
import { type RunningContainer, startContainer } from './container.js';
import { ConfigFailure, containerBody } from './container-spec.js';
import { ensureImage, PullFailure } from './images.js';
import { freshTerminationLog, terminatedState } from './last-words.js';
import { type ContainerView, freshView, podStatus, type PodView, waiting } from './pod-status.js';
import { watchReadiness } from './readiness.js';
import { layVolumes, MountFailure } from './volumes.js';
import { type KubeletWorld, podEvents } from './world.js';

const PODS = resourceOf('Pod');

/** The pod was told to stop while it waited for something. */
class Stopped extends Error {}

/** Brings one pod up on its node, and reports on it until it has ended. */
export class PodWorker {
  readonly view: PodView;
  readonly containers = new Map<string, RunningContainer>();
  readonly finished: Promise<void>;
  #stop = new AbortController();
  #volumes = new Map<string, string>();

  constructor(
    readonly world: KubeletWorld,
    readonly pod: StoredPod,
    readonly faults: readonly PodFault[],
    /** Called when the main containers run. */
    readonly onRunning: (worker: PodWorker) => void,
  ) {
    this.view = freshView(pod, '');
    this.finished = this.#work().catch((error: unknown) => {
      if (!(error instanceof Stopped)) world.log(`pod ${pod.metadata.name}: ${String(error)}`);
    });
  }

  get events() {
    return podEvents(this.world, this.pod);
  }

  /** Writes the status as it is now. */
  report(): void {
    this.world.store.change(PODS, this.pod.metadata, (object) => {
      object.status = podStatus(object as StoredPod, this.view);
    });
  }

  /** Ends its containers, with a signal first where there is time. */
  async end(graceMs: number): Promise<void> {
    this.#stop.abort();
    const running = [...this.containers.values()];
    if (graceMs > 0) {
      await Promise.all(running.map((container) => container.kill('SIGTERM')));
      const all = Promise.allSettled(running.map((container) => container.ended));
      await Promise.race([all, delay(graceMs, undefined, { ref: false })]);
    }
    await Promise.all(running.map((container) => container.kill('SIGKILL')));
    await Promise.allSettled(running.map((container) => container.ended));
    await this.finished;
  }

  fault<T extends PodFault['type']>(type: T): Extract<PodFault, { type: T }> | undefined {
    return this.faults.find((fault): fault is Extract<PodFault, { type: T }> => fault.type === type);
  }

  async #work(): Promise<void> {
    const { pod, view } = this;
    this.report();
    await this.#prepare();
    const deadline = this.#watchDeadline();
    try {
      for (const [index, container] of (pod.spec.initContainers ?? []).entries()) {
        const failed = !(await this.#runToEnd(container, at(view.init, index), 'init'));
        if (failed) return;
      }
      for (const container of view.main) container.state = waiting('ContainerCreating');
      const runs = pod.spec.containers.map((container, index) =>
        this.#runToEnd(container, at(view.main, index), 'main'),
      );
      await Promise.all(runs);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Sandbox and volumes: what is not there yet is waited for, and only events tell of it. */
  async #prepare(): Promise<void> {
    const { world, events } = this;
    while (this.fault('failed-sandbox')) {
      const why = 'rpc error: code = Unknown desc = failed to setup network for sandbox';
      events.warn('FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`);
      await this.#wait();
    }
    for (;;) {
      try {
        this.#volumes = await layVolumes(this.pod, world.store, world.dir);
        break;
      } catch (error) {
        if (!(error instanceof MountFailure)) throw error;
        events.warn('FailedMount', error.message);
        await this.#wait();
      }
    }
    this.view.ip = world.network === 'host' ? '127.0.0.1' : '10.1.0.2';
  }

  #watchDeadline(): NodeJS.Timeout | undefined {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return undefined;
    return setTimeout(() => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.view.ended = { phase: 'Failed', reason: 'DeadlineExceeded', message };
      this.events.normal('DeadlineExceeded', message);
      this.report();
      void this.end(0);
    }, seconds * 1000).unref();
  }

  /** @returns whether it ended well. Restarts it as the pod's policy says. */
  async #runToEnd(container: Container, view: ContainerView, role: 'init' | 'main'): Promise<boolean> {
    for (;;) {
      const running = await this.#start(container, view);
      const ended = await running.ended;
      const place = { dir: this.world.dir, pod: this.pod };
      view.state = { terminated: await terminatedState(container, running, ended, place) };
      view.ready = role === 'init' && ended.exitCode === 0;
      this.report();
      await running.remove();
      const policy = this.pod.spec.restartPolicy ?? 'Always';
      const again =
        policy === 'Always' ? role === 'main' || ended.exitCode !== 0 : policy === 'OnFailure' && ended.exitCode !== 0;
      if (!again || this.#stop.signal.aborted) return ended.exitCode === 0;
      view.last = view.state;
      view.restarts += 1;
      const { name, namespace, uid } = this.pod.metadata;
      const who = `container=${container.name} pod=${name}_${namespace}(${uid})`;
      view.state = waiting('CrashLoopBackOff', `back-off 10s restarting failed ${who}`);
      this.report();
      this.events.warn('BackOff', `Back-off restarting failed ${who.replace('=', ' ').replace('pod=', 'in pod ')}`);
      await this.#wait(Math.min(2 ** view.restarts, 30));
    }
  }

  async #start(container: Container, view: ContainerView): Promise<RunningContainer> {
    const { pod, world, events } = this;
    await this.#pull(container, view);
    const terminationLog = await freshTerminationLog(container, { dir: world.dir, pod });
    for (;;) {
      try {
        const place = {
          pod,
          store: world.store,
          volumes: this.#volumes,
          terminationLog,
          network: world.network,
        };
        const name = `k8s_${container.name}_${pod.metadata.name}_${pod.metadata.uid}_${view.restarts}`;
        const body = containerBody(container, place);
        this.#stop.signal.throwIfAborted();
        const running = await startContainer(world.docker, name, body, container.stdinOnce ?? false);
        if (this.#stop.signal.aborted) await running.kill('SIGKILL');
        this.containers.set(container.name, running);
        view.id = running.id;
        view.state = { running: { startedAt: timestamp(running.startedAt) } };
        events.normal('Created', `Created container: ${container.name}`);
        events.normal('Started', `Started container ${container.name}`);
        this.#onStarted(container, view, running);
        return running;
      } catch (error) {
        if (this.#stop.signal.aborted) throw new Stopped();
        const message = (error as Error).message;
        if (error instanceof ConfigFailure) {
          view.state = waiting('CreateContainerConfigError', message);
          events.warn('Failed', `Error: ${message}`);
          this.report();
          await this.#wait();
          continue;
        }
        // As a runtime that finds no such program: the container never ran.
        return this.#neverRan(view, message);
      }
    }
  }

  #neverRan(view: ContainerView, message: string): never {
    const reason = 'StartError';
    const why = message.replace(/^failed to create task for container: failed to create shim task: /, '');
    const said = `failed to create containerd task: failed to create shim task: ${why}`;
    const startedAt = '1970-01-01T00:00:00Z';
    view.state = {
      terminated: { exitCode: 128, reason, message: said, startedAt, finishedAt: timestamp() },
    };
    this.events.warn('Failed', `Error: ${said}`);
    this.report();
    throw new Stopped();
  }

  #onStarted(container: Container, view: ContainerView, running: RunningContainer): void {
    const isMain = this.view.main.includes(view);
    if (isMain) {
      watchReadiness(this.world.docker, container, running, (ready) => {
        if (view.ready === ready || !view.state.running) return;
        view.ready = ready;
        this.report();
      });
    }
    this.report();
    if (isMain && this.view.main.every(({ state }) => state.running)) this.onRunning(this);
  }

  async #pull(container: Container, view: ContainerView): Promise<void> {
    const { world, events } = this;
    const image = container.image ?? '';
    const planned = this.fault('image-pull');
    for (;;) {
      try {
        events.normal('Pulling', `Pulling image "${image}"`);
        if (planned) throw new PullFailure(planned.message ?? missingImage(image));
        const pulled = await ensureImage(world.docker, image, container.imagePullPolicy);
        const already = `Container image "${image}" already present on machine`;
        events.normal('Pulled', pulled ? `Successfully pulled image "${image}"` : already);
        return;
      } catch (error) {
        const { message } = error as Error;
        view.state = waiting('ErrImagePull', message);
        events.warn('Failed', `Failed to pull image "${image}": ${message}`);
        events.warn('Failed', 'Error: ErrImagePull');
        this.report();
        await this.#wait();
        view.state = waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`);
        events.normal('BackOff', `Back-off pulling image "${image}"`);
        events.warn('Failed', 'Error: ImagePullBackOff');
        this.report();
        await this.#wait();
      }
    }
  }

  /** @throws Stopped */
  async #wait(times = 1): Promise<void> {
    const options = { signal: this.#stop.signal, ref: false };
    await delay(this.world.backoffMs * times, undefined, options).catch(() => {
      throw new Stopped();
    });
  }
}

const missingImage = (image: string): string =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference ` +
  `"${image}": ${image}: not found`;

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
}
