import { setTimeout as wait } from 'node:timers/promises';
import type { connectBuilderPods } from '../../kubernetes/builder-pods.js';
import type { PodState } from '../../kubernetes/pod-state.js';
import { Cancelled, failure, ReleaseError, throwProblems, type Problem } from '../../lib/errors.js';
import type { ProcessOptions, ProcessResult } from '../../lib/process.js';
import type { BuildRequest } from '../built.js';
import type { PodLimits } from './build-watch.js';
import type { NewBuilder } from './buildx-builder.js';

/** The pods of a builder. `loss`: when a lost one is given up. */
export type BuilderPods = ReturnType<typeof connectBuilderPods> & { loss?: PodLimits };

export interface BuilderRequest extends Pick<BuildRequest, 'root' | 'env' | 'signal' | 'say' | 'redact'> {
  builder: NewBuilder;
  /** Gets what `removeBuilder` needs before the builder is started, so that a later process can remove it after a kill. */
  onBuilder?: (id: string) => void;
  /** Undefined: why pods don't start is not explained. */
  pods?: BuilderPods;
  docker(args: string[], options?: Partial<ProcessOptions>): Promise<ProcessResult>;
}

/**
 * Starts a builder, or connects to it if it runs already. buildx gives pods two minutes and doesn't report what they
 * wait for. Here the limit depends on that, and it is reported.
 * @throws ReleaseError `build/*`, `cluster/*`
 */
export async function bootBuilder(request: BuilderRequest, name: string, nodes: readonly string[]): Promise<void> {
  const { builder, docker, redact, pods } = request;
  const watch = watchStart(request, nodes);
  try {
    for (;;) {
      const late = builder.driver === 'remote' ? AbortSignal.timeout(ANSWER_MS) : undefined;
      const signal = AbortSignal.any([watch.hopeless, request.signal, ...(late ? [late] : [])]);
      const { code, stderr } = await docker(['buildx', 'inspect', '--bootstrap', name], { signal });
      if (request.signal.aborted) throw new Cancelled('starting a builder');
      if (code === 0) return;
      throwProblems(watch.problems());
      if (watch.waiting()) continue;
      const message = late?.aborted ? `no answer within ${ANSWER_MS / 1000} s` : redact(stderr.toString());
      const explained = builder.driver === 'kubernetes' ? pods?.explain(message) : undefined;
      throw explained === undefined ? notStarted(builder, message) : new ReleaseError([explained]);
    }
  } finally {
    watch.stop();
  }
}

/** buildx waits twice as long. */
const ANSWER_MS = 10_000;

function watchStart({ builder, pods, say, redact }: BuilderRequest, nodes: readonly string[]) {
  const hopeless = new AbortController();
  const stopped = new AbortController();
  const started = Date.now();
  const doubtfulSince = new Map<string, number>();
  const said = new Set<string>();
  let problems: Problem[] = [];
  let states: PodState[] = [];

  const watch = async (kubernetes: BuilderPods) => {
    while (!stopped.signal.aborted && !hopeless.signal.aborted) {
      await wait(LOOK_MS, undefined, { signal: stopped.signal });
      states = await kubernetes.look(nodes, namespaceOf(builder)).catch(() => []);
      problems = states.flatMap((state) => problemOf(state, doubtfulSince, Date.now()));
      for (const { message } of states.filter((state) => state.status === 'waiting')) {
        if (!said.has(message)) say(redact(message));
        said.add(message);
      }
      if (problems.length > 0) hopeless.abort();
    }
  };
  if (pods !== undefined && builder.driver === 'kubernetes') watch(pods).catch(() => {});
  return {
    /** Aborted when waiting longer makes no sense. */
    hopeless: hopeless.signal,
    problems: () => problems,
    /** They still wait for something that may come. */
    waiting: () => Date.now() - started < LONGEST_MS && states.some(({ status }) => status === 'waiting'),
    stop: () => stopped.abort(),
  };
}

const LOOK_MS = 1500;
const LONGEST_MS = 600_000;

/** @param doubtfulSince when each doubt was first seen, by code */
function problemOf(state: PodState, doubtfulSince: Map<string, number>, now: number): Problem[] {
  if (state.status === 'failed') return [state.problem];
  if (state.status !== 'waiting' || state.trouble === undefined) return [];
  const { problem, deadlineMs } = state.trouble;
  const since = doubtfulSince.get(problem.code) ?? now;
  doubtfulSince.set(problem.code, since);
  return now - since >= deadlineMs ? [problem] : [];
}

export function namespaceOf({ nodes }: NewBuilder): string | undefined {
  const given = nodes[0].options.find((option) => option.startsWith('namespace='));
  return given?.slice('namespace='.length);
}

/** @param message of buildx */
export function notStarted({ driver, reason }: NewBuilder, message: string, fix?: string): ReleaseError {
  const words = (message.trim().split('\n').at(-1) ?? '').replace(/^ERROR: /, '').replace(/\.$/, '');
  return failure({
    code: 'build/builder-unusable',
    message:
      driver === 'remote'
        ? `Can't connect to the BuildKit of the remote builder: ${words}.`
        : `Can't start a BuildKit builder: ${words}.`,
    fix: fix ?? FIXES[driver](reason),
  });
}

const FIXES: Record<NewBuilder['driver'], (reason: string) => string> = {
  'docker-container': (reason) =>
    `${reason}, so a builder is required. Let the machine pull its image (from a mirror: \`builder: {type: buildx, image: …}\`), or switch Docker to the containerd image store: \`"features": {"containerd-snapshotter": true}\` in daemon.json.`,
  kubernetes: () =>
    'Look at its deployment and pods with `kubectl get deployments,pods` and `kubectl describe`, and check `builder` in the configuration; `image-release doctor` shows what the cluster permits.',
  remote: () =>
    'Check that buildkitd runs and listens at the endpoint, and that it can be reached from here; if it requires TLS, set `tls` of `builder`, with the certificate of its authority.',
};
