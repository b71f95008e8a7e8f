import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Kubelet } from '../kubelet/kubelet.js';
import type { User } from './access.js';
import type { Creation } from './creation.js';
import type { Target } from './target.js';

/** A request to an object or a list, by somebody who may. */
export interface Ask {
  method: string;
  target: Target;
  verb: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  user: User;
}

/** What requests are answered from. */
export interface ServerWorld extends Creation {
  kubelet: Kubelet;
  /** Logs of pods that a test has placed, by `namespace/pod/container`. */
  placedLogs: Map<string, string>;
}

/** An object, or a `Status` or `Scale`. */
export interface Answer {
  code: number;
  body: unknown;
}

/** Answers that go on: of a watch, of a log that is followed. */
export interface Streamed {
  response: ServerResponse;
  /** Resolves when the connection is gone. */
  closed: Promise<void>;
}

/** Where the object of a request lies. */
export function placeOf({ namespace, name }: Target): { namespace: string; name: string } {
  return { namespace, name };
}
