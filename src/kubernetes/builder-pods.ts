import type { Problem } from '../lib/errors.js';
import type { Kubectl } from './kubectl.js';
import { kubectlProblem } from './kubectl-problems.js';
import { findOrphans, remove } from './orphans.js';
import { currentOwner } from './owner.js';
import { BUILDER, claimed, ownershipOf, RUN } from './ownership.js';
import { readPodState, type PodState } from './pod-state.js';
import type { ObjectMeta, Pod, PodCondition, PodEvent } from './pod.js';

/** One start of BuildKit in a pod. */
export interface BuilderPod {
  name: string;
  /** Another one after a restart of its container, and for a pod of the same name. */
  id: string;
  /** False: it has ended, or is about to be deleted. */
  isRunning: boolean;
  /** Why it ended, or ended the last time: `OOMKilled`, `Evicted`. */
  why?: string;
}

/** What was asked of the cluster that could have answers here. */
interface Found {
  kind: string;
  metadata: ObjectMeta;
  status?: { conditions?: PodCondition[] };
}

/**
 * How the pods of buildx's kubernetes driver stand. It names deployments after the nodes of a builder and labels
 * their pods `app` (docker/buildx, driver/kubernetes/manifest).
 */
export function connectBuilderPods(connect: (namespace: string | undefined) => Kubectl) {
  return {
    async look(deployments: readonly string[], namespace: string | undefined): Promise<PodState[]> {
      const kubectl = connect(namespace);
      const ask = async (...what: string[]) =>
        readList(await kubectl.call(['get', ...what, '--output=json']));
      // By name: to list all of them is a right of its own, and one that is missing spoils the whole question.
      const [found, listed] = await Promise.all([
        ask('deployments', ...deployments, '--ignore-not-found'),
        ask('pods', podsOf(deployments)),
      ]);
      const pods = listed as unknown as Pod[];
      const events = pods.every(isRunning) ? [] : await ask('events');
      const states = pods.map((pod) => stateOf(kubectl, pod, events as unknown as PodEvent[]));
      return [...found.flatMap(refusalOf), ...(await Promise.all(states))];
    },

    async list(
      deployments: readonly string[],
      namespace: string | undefined,
    ): Promise<BuilderPod[] | undefined> {
      const answer = await connect(namespace).call(['get', 'pods', podsOf(deployments), '--output=json']);
      return answer.code === 0 ? (readList(answer) as unknown as Pod[]).map(builderPod) : undefined;
    },

    async marks(name: string): Promise<BuilderMarks> {
      const object = { apiVersion: '', kind: '', metadata: { name, labels: { [BUILDER]: name } } };
      const { metadata } = claimed(object, { owner: await currentOwner(name), lifetime: LONGEST_BUILD });
      const { [RUN]: _, ...labels } = metadata.labels;
      return { labels, annotations: metadata.annotations };
    },

    async removeOrphans(namespace: string | undefined): Promise<string[]> {
      const kubectl = connect(namespace);
      const self = await currentOwner('');
      // Not by the end of a pod: its deployment has made another one.
      const orphans = await findOrphans({ kubectl, self }, BUILDER, ({ metadata }) => ({ metadata }));
      const names = [...new Set(orphans.flatMap(({ metadata }) => metadata.labels?.['app'] ?? []))];
      if (names.length === 0) return [];
      const question = ['get', 'deployments', ...names, '--ignore-not-found', '--output=json'];
      // A pod's label alone could name a deployment of somebody else.
      const deployments = readList(await kubectl.call(question))
        .filter(({ metadata }) => orphans.some((pod) => isOfSameRun(pod.metadata, metadata)))
        .map(({ metadata }) => metadata.name);
      const removed = await remove(
        kubectl,
        deployments.map((name) => `deployment/${name}`),
      );
      // buildx's names for a user's buildkitd.toml, which few have.
      const settings = deployments.map((name) => `configmap/${name}-config`);
      await remove(kubectl, settings).catch(() => {});
      return removed;
    },

    explain(said: string): Problem | undefined {
      const problem = kubectlProblem(said, { doing: "make the builder's pods" });
      return problem.code === 'cluster/refused' ? undefined : problem;
    },
  };
}

function isOfSameRun(pod: ObjectMeta, deployment: ObjectMeta): boolean {
  const [one, other] = [ownershipOf(pod), ownershipOf(deployment)];
  return (
    other !== undefined && one?.owner.run === other.owner.run && deployment.labels?.[BUILDER] !== undefined
  );
}

/** What is put on a builder, so that a later run knows whether it is still in use. */
export interface BuilderMarks {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Seconds. A builder of another machine is left alone for a day: nobody knows whether its run lives. */
const LONGEST_BUILD = 24 * 3600;

const isRunning = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.running !== undefined;

const podsOf = (deployments: readonly string[]) => `--selector=app in (${deployments.join(',')})`;

function builderPod({ metadata, status }: Pod): BuilderPod {
  const [container] = status?.containerStatuses ?? [];
  const why =
    status?.reason ?? container?.state?.terminated?.reason ?? container?.lastState?.terminated?.reason;
  return {
    name: metadata.name,
    id: `${metadata.uid}:${container?.restartCount ?? 0}`,
    isRunning: metadata.deletionTimestamp === undefined && container?.state?.running !== undefined,
    ...(why !== undefined && { why }),
  };
}

/** Quotas and policies refuse the pods, not the deployment, which tells it in a condition. */
function refusalOf({ status }: Found): PodState[] {
  const refused = status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  );
  if (refused === undefined) return [];
  const problem = kubectlProblem(refused.message ?? '', { doing: "make the builder's pods" });
  return [{ status: 'failed', problem }];
}

async function stateOf(kubectl: Kubectl, pod: Pod, events: readonly PodEvent[]): Promise<PodState> {
  const [container] = pod.status?.containerStatuses ?? [];
  if ((container?.restartCount ?? 0) >= 2 && container?.state?.running === undefined) {
    return { status: 'failed', problem: await crashed(kubectl, pod) };
  }
  const state = readPodState({
    pod,
    events: events.filter(({ involvedObject }) => involvedObject?.uid === pod.metadata.uid),
  });
  // It is started again: the next look sees what comes of that.
  return state.status === 'exited' || state.status === 'ending'
    ? { status: 'waiting', message: `BuildKit in the pod ${pod.metadata.name} ended, and is started again.` }
    : state;
}

async function crashed(kubectl: Kubectl, pod: Pod): Promise<Problem> {
  const { name } = pod.metadata;
  const { stdout } = await kubectl.call(['logs', name, '--previous', '--tail=5']);
  const log = stdout.toString().trim();
  return {
    code: 'build/builder-unusable',
    severity: 'error',
    message: `BuildKit in the pod ${name} ends as soon as it is started.`,
    fix: 'A rootless BuildKit needs nodes that permit user namespaces and an unconfined seccomp profile. Where they do not, set `rootless: false` of the builder (privileged pods), or build with Kaniko.',
    ...(log !== '' && { detail: `Its last words:\n${log}` }),
  };
}

/** One object by its name, a list, or nothing. */
function readList({ code, stdout }: Awaited<ReturnType<Kubectl['call']>>): Found[] {
  if (code !== 0 || stdout.length === 0) return [];
  const answer = JSON.parse(stdout.toString()) as Found & { items?: Found[] };
  return answer.items ?? [answer];
}
