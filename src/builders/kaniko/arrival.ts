import { ReleaseError } from '../../lib/errors.js';
import type { ProgressListener } from '../progress-events.js';

/** Which pod it is, and the number of the step in which it is sent its context. */
export interface ArrivalOrder {
  key: string;
  /** `build`, or what is built beside the image. */
  task: string;
  pod: string;
  number: number;
}

/** What happens before the executor works: its pod starts, and is sent the context. */
export class Arrival {
  /** Why the context could not be sent, where that is for a reason of its own. */
  error: ReleaseError | undefined;
  #phase: 'start the pod' | 'load' | 'run the executor' = 'start the pod';
  #begun = 0;

  constructor(
    private readonly order: ArrivalOrder,
    private readonly listener: ProgressListener,
  ) {}

  /** @param why a sentence */
  wait(why: string): void {
    if (this.#phase !== 'start the pod') return;
    const { key, task, pod } = this.order;
    const words = why.replace(` ${pod}`, '').replace(/\.$/, '');
    this.listener({ type: 'waiting', key, message: task === 'build' ? words : `${task}: ${words}` });
  }

  begin(): void {
    if (this.#phase !== 'start the pod') return;
    this.#phase = 'load';
    this.#begun = Date.now();
    this.listener({ type: 'started', step: this.#step() });
  }

  end(): void {
    if (this.#phase !== 'load') return;
    const { key, task } = this.order;
    const seconds = (Date.now() - this.#begun) / 1000;
    this.listener({ type: 'completed', step: this.#step(), seconds });
    this.#phase = 'run the executor';
    if (task === 'build') this.listener({ type: 'waiting', key, message: 'The executor begins' });
  }

  /** The image failed, and no step of its Dockerfile did. */
  fail(error: string): void {
    this.listener({ type: 'failed', step: this.#step(), error, output: [] });
  }

  watch(delivery: Promise<unknown>): void {
    delivery.catch((error: unknown) => {
      if (error instanceof ReleaseError) this.error = error;
    });
  }

  #step() {
    const { key, task, number } = this.order;
    const loads = `load ${task === 'build' ? 'build context' : task}`;
    return { key, number, name: `[internal] ${this.#phase === 'load' ? loads : this.#phase}` };
  }
}
