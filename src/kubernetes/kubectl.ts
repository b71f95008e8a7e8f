import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { timeLimit } from '../lib/cancel.js';
import { failure } from '../lib/errors.js';
import { kubectlCacheOptions } from '../lib/kubectl-options.js';
import { ProgramMissing, type ProcessOptions, type ProcessResult, type run as runProcess } from '../lib/process.js';
import { isOutage, isRbacRefusal } from './kubectl-problems.js';

/** kubectl with the namespace of one builder. */
export interface Kubectl {
  /** Undefined: that of the context. */
  namespace?: string;
  /** One short request. A non-zero exit code is a result. */
  call(args: readonly string[], options?: CallOptions): Promise<ProcessResult>;
  /** A long request; of its output only the end of standard error is kept. */
  stream(args: readonly string[], options: StreamOptions): Promise<ProcessResult>;
}

export interface CallOptions {
  /** Manifests are passed here, never on the command line, which every user of the machine can read. */
  input?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

type StreamOptions = Pick<ProcessOptions, 'onInputSent' | 'onStdout' | 'signal'> & { input?: Readable };

const CALL_MS = 30_000;
/** An API server that was just started refuses RBAC users until it has read the Roles: 0.2 s as measured. */
const AFTER_OUTAGE_MS = 10_000;
const RETRY_MS = 500;

/**
 * The real kubectl: it supports every login to a cluster (kubeconfig, exec plugins, a pod's service account), and
 * users can run our commands by hand.
 */
export function connectKubectl(options: {
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  namespace?: string;
  /** For how long after an outage a refusal is retried, and how often. */
  afterOutageMs?: number;
  retryMs?: number;
}): Kubectl {
  const { env, run, namespace, afterOutageMs = AFTER_OUTAGE_MS, retryMs = RETRY_MS } = options;
  const common = [...kubectlCacheOptions(env), ...(namespace === undefined ? [] : [`--namespace=${namespace}`])];
  // In a separate process group, so that a second Ctrl-C doesn't stop the cleanup.
  const kubectl = async (args: readonly string[], more: Partial<Parameters<typeof run>[2]>) => {
    try {
      return await run('kubectl', [...common, ...args], { env, group: 'own', graceMs: 500, ...more });
    } catch (cause) {
      if (!(cause instanceof ProgramMissing)) throw cause;
      throw failure({ code: 'cluster/kubectl', message: 'The program kubectl is not on PATH.' }, { cause });
    }
  };
  let lastOutage = -Infinity;
  const notingOutage = async (request: () => Promise<ProcessResult>) => {
    const result = await request();
    if (result.code !== 0 && isOutage(result.stderr)) lastOutage = Date.now();
    return result;
  };
  const retryAfterOutage = async (request: () => Promise<ProcessResult>, signal?: AbortSignal) => {
    for (;;) {
      const result = await notingOutage(request);
      const isRefused = result.code !== 0 && isRbacRefusal(result.stderr);
      if (!isRefused || signal?.aborted || Date.now() - lastOutage > afterOutageMs) return result;
      await delay(retryMs, undefined, { signal }).catch(() => {});
    }
  };
  return {
    namespace,
    async call(args, { input, signal, timeoutMs = CALL_MS } = {}) {
      const limit = timeLimit(timeoutMs, signal);
      return retryAfterOutage(() => kubectl(args, { input, signal: limit }), limit);
    },
    stream(args, streamOptions) {
      const request = () => kubectl(args, { ...streamOptions, output: 'streamed' });
      // An input can be read only once.
      if (streamOptions.input !== undefined) return notingOutage(request);
      return retryAfterOutage(request, streamOptions.signal);
    },
  };
}
