import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { timeLimit } from '../lib/cancel.js';
import { kubectlCacheOptions } from '../lib/kubectl-options.js';
import { ProgramMissing, type ProcessResult, type run as runProcess } from '../lib/process.js';
import { ReleaseError } from '../lib/errors.js';
import { isOutage, isRoleRefusal, kubectlMissing } from './kubectl-problems.js';

/** kubectl, with the namespace and context of one builder. Port: tests and other clusters may have their own. */
export interface Kubectl {
  /** Undefined: that of the context. */
  namespace?: string;
  /** One short question. A non-zero exit is a result. */
  call(args: readonly string[], options?: CallOptions): Promise<ProcessResult>;
  /** Something that lasts; nothing of its output is kept but the end of standard error. */
  stream(args: readonly string[], options: StreamOptions): Promise<ProcessResult>;
}

export interface CallOptions {
  /** Manifests go here, never on the command line, which everybody may read. */
  input?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface StreamOptions {
  input?: Readable;
  onInputSent?: () => void;
  onStdout?: (chunk: Buffer) => void;
  signal?: AbortSignal;
}

export interface KubectlSetting {
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  namespace?: string;
  context?: string;
  /** How long a refusal is doubted after an outage, and how soon it is asked again. */
  afterOutageMs?: number;
  againMs?: number;
}

const CALL_MS = 30_000;
/** An API server that was just started answers before it knows the Roles: 0.2 s where it was measured. */
const AFTER_OUTAGE_MS = 10_000;
const AGAIN_MS = 500;

/**
 * Real kubectl: it knows every way to log in to a cluster (kubeconfig, exec plugins, a pod's service account), and
 * users can run by hand what we run.
 */
export function connectKubectl(setting: KubectlSetting): Kubectl {
  const { env, run, namespace, context, afterOutageMs = AFTER_OUTAGE_MS, againMs = AGAIN_MS } = setting;
  const where = [
    ...kubectlCacheOptions(env),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ];
  // In a group of its own, so that a second Ctrl-C doesn't stop the tidying up.
  const kubectl = async (args: readonly string[], options: Partial<Parameters<typeof run>[2]>) => {
    try {
      return await run('kubectl', [...where, ...args], { env, group: 'own', ...options });
    } catch (error) {
      if (error instanceof ProgramMissing) throw new ReleaseError([kubectlMissing()], { cause: error });
      throw error;
    }
  };
  let awayAt = -Infinity;
  /** @param cut that it ends at all says that the server went away */
  const untilRolesAreKnown = async (
    ask: () => Promise<ProcessResult>,
    { signal, cut }: { signal?: AbortSignal; cut?: 'cut' },
  ) => {
    for (;;) {
      const result = await ask();
      const { code, stderr } = result;
      if (signal?.aborted) return result;
      if (code === 0 ? cut !== undefined : isOutage(stderr)) awayAt = Date.now();
      if (code === 0 || !isRoleRefusal(stderr) || Date.now() - awayAt > afterOutageMs) return result;
      await delay(againMs, undefined, { signal }).catch(() => {});
    }
  };
  return {
    namespace,
    async call(args, { input, signal, timeoutMs = CALL_MS } = {}) {
      const limit = timeLimit(timeoutMs, signal);
      const ask = () => kubectl(args, { input, signal: limit, graceMs: 500 });
      return untilRolesAreKnown(ask, { signal: limit });
    },
    async stream(args, options) {
      const ask = () => kubectl(args, { ...options, output: 'streamed', graceMs: 500 });
      // An input is there once.
      if (options.input !== undefined) return ask();
      const cut = args.includes('--watch') ? 'cut' : undefined;
      return untilRolesAreKnown(ask, { signal: options.signal, cut });
    },
  };
}
