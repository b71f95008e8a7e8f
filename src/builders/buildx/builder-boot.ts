import { setTimeout as wait } from 'node:timers/promises';
import type { BuilderMarks, BuilderPod } from '../../kubernetes/builder-pods.js';
import type { PodState } from '../../kubernetes/pod-state.js';
import { Cancelled, failure, ReleaseError, type Problem } from '../../lib/errors.js';
import type { NewBuilder } from './buildx-builder.js';
import type { BuilderOrder } from './own-builder.js';
import type { LossLimits } from './pod-loss.js';

/** A look into the cluster that the pods of a builder are in. Port: `cluster/` implements it. */
export interface BuilderPods {
  /** How they stand; a deployment whose pods may not be made has `failed`. */
  look(deployments: readonly string[], namespace: string | undefined): Promise<PodState[]>;
  /** The BuildKits of these deployments; undefined: the cluster gave no answer. */
  list(deployments: readonly string[], namespace: string | undefined): Promise<BuilderPod[] | undefined>;
  /** How soon one that is lost is given up; undefined: as usual. */
  loss?: LossLimits;
  /** Whose builder it is. */
  marks(name: string): Promise<BuilderMarks>;
  /** Removes builders of runs that were killed. @returns their deployments */
  removeOrphans(namespace: string | undefined): Promise<string[]>;
  /** What the words of an API server mean; undefined: they are none of its. */
  explain(said: string): Problem | undefined;
}

/**
 * Starts a builder, or reaches it where it runs already. buildx gives pods two minutes and does not say what they
 * wait for. Here that is told as it shows, and how long it may take depends on what it is.
 * @throws ReleaseError `build/*`, `cluster/*`
 */
export async function bootBuilder(
  order: BuilderOrder,
  name: string,
  nodes: readonly string[],
): Promise<void> {
  const { builder, docker, redact, pods } = order;
  const watch = watchPods(order, nodes);
  try {
    for (;;) {
      const late = builder.driver === 'remote' ? AbortSignal.timeout(ANSWER_MS) : undefined;
      const signal = AbortSignal.any(
        [watch.hopeless, order.signal, late].filter((each) => each !== undefined),
      );
      const { code, stderr } = await docker(['buildx', 'inspect', '--bootstrap', name], { signal });
      if (order.signal?.aborted) throw new Cancelled('starting a builder');
      if (code === 0) return;
      const [first, ...rest] = watch.problems();
      if (first !== undefined) throw new ReleaseError([first, ...rest]);
      if (watch.waiting()) continue;
      if (late?.aborted) throw notStarted(builder, { said: `within ${ANSWER_MS / 1000} s` });
      const said = redact(stderr.toString());
      const explained = builder.driver === 'kubernetes' ? pods?.explain(said) : undefined;
      throw explained === undefined ? notStarted(builder, { said }) : new ReleaseError([explained]);
    }
  } finally {
    watch.stop();
  }
}

/** buildx waits for twice as long, and does not say for what. */
const ANSWER_MS = 10_000;

interface PodWatch {
  /** Aborted when waiting longer makes no sense. */
  hopeless: AbortSignal;
  problems(): Problem[];
  /** They still wait for something that may come. */
  waiting(): boolean;
  stop(): void;
}

function watchPods({ builder, pods, say, redact }: BuilderOrder, nodes: readonly string[]): PodWatch {
  const hopeless = new AbortController();
  const stopped = new AbortController();
  const started = Date.now();
  const doubts = new Map<string, number>();
  const told = new Set<string>();
  let problems: Problem[] = [];
  let states: PodState[] = [];

  const look = async (kubernetes: BuilderPods) => {
    const now = Date.now();
    states = await kubernetes.look(nodes, namespaceOf(builder)).catch(() => []);
    problems = states.flatMap((state) => judge(state, doubts, now));
    for (const { message } of states.filter((state) => state.status === 'waiting')) {
      if (!told.has(message)) say?.(redact(message));
      told.add(message);
    }
    if (problems.length > 0) hopeless.abort();
  };
  const watching = async (kubernetes: BuilderPods) => {
    while (!stopped.signal.aborted && !hopeless.signal.aborted) {
      await wait(LOOK_MS, undefined, { signal: stopped.signal });
      await look(kubernetes);
    }
  };
  if (pods !== undefined && builder.driver === 'kubernetes') watching(pods).catch(() => {});
  return {
    hopeless: hopeless.signal,
    problems: () => problems,
    waiting: () => Date.now() - started < LONGEST_MS && states.some(({ status }) => status === 'waiting'),
    stop: () => stopped.abort(),
  };
}

const LOOK_MS = 1500;
const LONGEST_MS = 600_000;

/** @param doubts since when each is there, by code */
function judge(state: PodState, doubts: Map<string, number>, now: number): Problem[] {
  if (state.status === 'failed') return [state.problem];
  if (state.status !== 'waiting' || state.trouble === undefined) return [];
  const { problem, deadlineMs } = state.trouble;
  const since = doubts.get(problem.code) ?? now;
  doubts.set(problem.code, since);
  return now - since >= deadlineMs ? [problem] : [];
}

export function namespaceOf({ nodes }: NewBuilder): string | undefined {
  const given = nodes[0].options.find((option) => option.startsWith('namespace='));
  return given?.slice('namespace='.length);
}

export function notStarted(
  { driver, reason }: NewBuilder,
  { said, fix }: { said: string; fix?: string },
): ReleaseError {
  const words = (said.trim().split('\n').at(-1) ?? '').replace(/^ERROR: /, '').replace(/\.$/, '');
  const remote = driver === 'remote';
  return failure({
    code: remote ? 'build/buildkit-unreachable' : 'build/builder-not-started',
    message: remote
      ? `The BuildKit of the remote builder gives no answer${/^within /.test(words) ? ' ' : ': '}${words}.`
      : `A BuildKit builder could not be started: ${words}.`,
    fix: fix ?? FIXES[driver](reason),
  });
}

const FIXES: Record<NewBuilder['driver'], (reason: string) => string> = {
  'docker-container': (reason) =>
    `${reason}, so one is needed. Let the machine pull its image (from a mirror: \`builder: {type: buildx, image: …}\`), or switch Docker to the containerd image store: \`"features": {"containerd-snapshotter": true}\` in daemon.json.`,
  kubernetes: () =>
    'Look at its deployment and pods with `kubectl get deployments,pods` and `kubectl describe`, and at `builder` in the configuration; `image-release doctor` says what the cluster permits.',
  remote: () =>
    'Check that buildkitd runs and listens at the endpoint, and that it can be reached from here; one that wants TLS needs `tls` of `builder`, with the certificate of its authority.',
};
