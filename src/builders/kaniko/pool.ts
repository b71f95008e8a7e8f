/** Runs a task when a place is free; `onWait` is called if none is. */
export type Pool = <Result>(task: () => Promise<Result>, signal: AbortSignal, onWait: () => void) => Promise<Result>;

/** At most `places` tasks at once; the others wait in order, and an abort ends their wait. */
export function createPool(places: number): Pool {
  const running = new Set<Promise<unknown>>();
  return async (task, signal, onWait) => {
    if (running.size >= places) {
      onWait();
      const waited = new AbortController();
      const aborted = new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true, signal: waited.signal });
      });
      while (running.size >= places && !signal.aborted) await Promise.race([...running, aborted]);
      waited.abort();
    }
    signal.throwIfAborted();
    const work = task();
    const ended: Promise<unknown> = work.then(
      () => running.delete(ended),
      () => running.delete(ended),
    );
    running.add(ended);
    return work;
  };
}
