import { setImmediate } from 'node:timers';
import type { Clockwork } from '../../src/deploy/backoff.js';
import { Cancelled } from '../../src/lib/errors.js';
import { createRandom } from '../random.js';

/** Time that passes only when nobody has anything left to do at this instant. */
export interface VirtualClock extends Clockwork {
  /** Virtual milliseconds since the start. */
  now(): number;
  /** Settles after a while; of several things due at the same instant a random one comes first. */
  wait(ms: number): Promise<void>;
  /**
   * Lets time pass until the work is done.
   * @throws what `work` throws, or when nothing is left that could finish it
   */
  run<T>(work: Promise<T>): Promise<T>;
}

/** Everything that happens under it is the same for the same seed. */
export function createVirtualClock(seed: number): VirtualClock {
  const random = createRandom(seed);
  let now = 0;
  let due: { at: number; rank: number; wake: () => void }[] = [];
  const wait = (ms: number) => new Promise<void>((wake) => due.push({ at: now + ms, rank: random(), wake }));

  return {
    random,
    now: () => now,
    wait,
    async sleep(ms, signal) {
      if (signal?.aborted) throw new Cancelled('waiting');
      await wait(ms);
    },
    async run(work) {
      let open = true;
      const close = () => (open = false);
      work.then(close, close);
      for (;;) {
        // All promises that can settle at this instant have done so when an immediate runs.
        await new Promise<void>((resume) => setImmediate(resume));
        if (!open) return work;
        if (due.length === 0) throw new Error('everybody waits for somebody else');
        const next = due.reduce((a, b) => (b.at < a.at || (b.at === a.at && b.rank < a.rank) ? b : a));
        due = due.filter((item) => item !== next);
        now = next.at;
        next.wake();
      }
    },
  };
}
