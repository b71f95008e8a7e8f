/** Runs a task when a place is free; `onWait` is called if none is. */
export type Pool = <Result>(
  task: () => Promise<Result>,
  signal: AbortSignal,
  onWait: () => void,
) => Promise<Result>;

/** At most `places` tasks at once; the others wait in order, and an abort ends their wait. */
export function createPool(places: number): Pool {
  let free = places;
  const queue: (() => void)[] = [];
  const enter = (signal: AbortSignal, onWait: () => void) =>
    new Promise<void>((resolve, reject) => {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return resolve();
      }
      const leave = () => {
        queue.splice(queue.indexOf(next), 1);
        reject(signal.reason as Error);
      };
      const next = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(next);
      onWait();
    });
  return async (task, signal, onWait) => {
    await enter(signal, onWait);
    try {
      return await task();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
