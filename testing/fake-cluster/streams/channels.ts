import type { Readable } from 'node:stream';
import type { Status } from '../api/status.js';

/** The streams between a client and a container, whichever protocol carries them. */
export interface Channels {
  /** What the client sends; it ends when the client closes it, or is gone. */
  stdin: Readable;
  write(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Tells how it ended and closes the connection. */
  finish(status: Status): void;
  /** The connection is gone. */
  closed: Promise<void>;
  /** Cuts the connection. */
  destroy(): void;
}

/** What a client asks to be connected with, from the query of the request. */
export interface StreamOrder {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
  command: string[];
}

export function streamOrder(query: URLSearchParams): StreamOrder {
  const asked = (name: string) => ['true', '1'].includes(query.get(name) ?? '');
  return {
    stdin: asked('stdin'),
    stdout: asked('stdout'),
    stderr: asked('stderr'),
    tty: asked('tty'),
    command: query.getAll('command'),
  };
}
