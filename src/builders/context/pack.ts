import type { Readable } from 'node:stream';
import { createGzip, type Gzip } from 'node:zlib';
import { Cancelled, messageOf } from '../../lib/errors.js';
import { noCount, type ContextCount, type ContextOrder } from './context.js';
import { changedContext, surveyContext } from './survey.js';
import { BrokenRead, tarBlocks } from './tar-blocks.js';

export interface ContextStream {
  /** A gzipped tar (see tarBlocks), one gzip member. Destroyed: nothing is read any more, no file is left open. */
  stream: Readable;
  /** Rejects with what the stream is destroyed with; who looks at the stream alone hears it there. */
  done: Promise<ContextCount>;
}

/**
 * Streams a context, as fast as it is taken. May be done again for another try.
 * @throws (stream, done) ReleaseError `build/context-unreadable`, `build/context-changed`; Cancelled
 */
export function packContext(order: ContextOrder): ContextStream {
  const gzip = createGzip({ level: 6, chunkSize: 256 * 1024 });
  const cancel = () => gzip.destroy(new Cancelled('sending the build context'));
  order.signal?.addEventListener('abort', cancel);
  if (order.signal?.aborted) cancel();
  const done = feed(order, gzip)
    .catch((error: unknown) => {
      gzip.destroy(error instanceof Error ? error : new Error(messageOf(error)));
      throw error;
    })
    .finally(() => order.signal?.removeEventListener('abort', cancel));
  done.catch(() => {});
  return { stream: gzip, done };
}

async function feed(order: ContextOrder, gzip: Gzip): Promise<ContextCount> {
  const count = noCount();
  const sink = new Sink(gzip);
  const blocks = tarBlocks(order, count);
  try {
    // The next block is read while this one is compressed.
    for (let next = blocks.next(); ; next = blocks.next()) {
      await sink.ready();
      if (next.done) break;
      sink.write(next.value);
    }
    await sink.end();
    return count;
  } catch (error) {
    throw error instanceof BrokenRead ? await explain(order, error) : error;
  } finally {
    blocks.return();
  }
}

/** A path that can be read after all has changed under our hands. */
async function explain(order: ContextOrder, { path }: BrokenRead): Promise<unknown> {
  try {
    await surveyContext(order);
    return changedContext(order, path);
  } catch (error) {
    return error;
  }
}

/** Writes block by block. A stream that is destroyed may never answer a write, so its end is listened to. */
class Sink {
  #settle: (() => void) | undefined;
  #written = Promise.resolve();

  constructor(readonly gzip: Gzip) {
    gzip.once('close', () => this.#settle?.());
  }

  write(block: Buffer): void {
    this.#written = this.#wait((then) => this.gzip.write(block, then));
  }

  /** The last block was taken. @throws what the stream was destroyed with */
  async ready(): Promise<void> {
    await this.#written;
    this.#check();
  }

  async end(): Promise<void> {
    await this.#wait((then) => this.gzip.end(then));
    this.#check();
  }

  #wait(act: (then: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      act(resolve);
    });
  }

  #check(): void {
    const { gzip } = this;
    if (gzip.errored) throw gzip.errored;
    if (gzip.destroyed && !gzip.writableFinished) throw new Cancelled('sending the build context');
  }
}
