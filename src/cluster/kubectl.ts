import type { Readable } from 'node:stream';
import { timeLimit } from '../lib/cancel.js';
import { kubectlCacheOptions } from '../lib/kubectl-options.js';
import { ProgramMissing, type ProcessResult, type run as runProcess } from '../lib/process.js';
import { ReleaseError } from '../lib/errors.js';
import { kubectlMissing } from './kubectl-problems.js';

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
}

const CALL_MS = 30_000;

/**
 * Real kubectl: it knows every way to log in to a cluster (kubeconfig, exec plugins, a pod's service account), and
 * users can run by hand what we run.
 */
export function connectKubectl({ env, run, namespace, context }: KubectlSetting): Kubectl {
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
  return {
    namespace,
    async call(args, { input, signal, timeoutMs = CALL_MS } = {}) {
      return kubectl(args, { input, signal: timeLimit(timeoutMs, signal), graceMs: 500 });
    },
    stream(args, options) {
      return kubectl(args, { ...options, output: 'streamed', graceMs: 500 });
    },
  };
}
