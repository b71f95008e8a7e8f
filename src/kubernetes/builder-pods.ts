import { problem, type Problem } from '../lib/errors.js';
import type { Kubectl } from './kubectl.js';
import { kubectlProblem } from './kubectl-problems.js';
import { readObjects, startDeletion } from './objects.js';
import { findOrphans } from './orphans.js';
import { BUILDER, builderMarks, currentOwner, ownershipOf } from './ownership.js';
import { readPodState, type PodState } from './pod-state.js';
import type { ObjectMeta, Pod, PodCondition, PodEvent } from './pod.js';

export interface BuilderPod {
  name: string;
  /** Changes with each restart of its container, and for another pod of the same name. */
  id: string;
  /** False: it has ended, or is being deleted. */
  isRunning: boolean;
  /** Why it ended, now or the last time: `OOMKilled`, `Evicted`. */
  why?: string;
}

interface Deployment {
  metadata: ObjectMeta;
  status?: { conditions?: PodCondition[] };
}

const CREATING = "create the builder's pods";
/** Seconds. A builder of another machine is left alone for a day, because nobody knows whether its run lives. */
const LONGEST_BUILD = 24 * 3600;

/**
 * The pods of buildx's `kubernetes` driver. It names Deployments after the nodes of a builder, and labels their pods
 * `app`: https://github.com/docker/buildx/tree/master/driver/kubernetes/manifest
 */
export function connectBuilderPods(connect: (namespace: string | undefined) => Kubectl) {
  return {
    /** States of the pods; a deployment that can't create pods has `failed`. */
    async look(deployments: readonly string[], namespace: string | undefined): Promise<PodState[]> {
      const kubectl = connect(namespace);
      // By name: the right to list all of them is another one. Two requests: one refusal would spoil both.
      const [found, pods] = await Promise.all([
        read<Deployment>(kubectl, 'deployments', ...deployments, '--ignore-not-found'),
        read<Pod>(kubectl, 'pods', podsOf(deployments)),
      ]);
      const events = pods.every(isRunning) ? [] : await read<PodEvent>(kubectl, 'events');
      const states = pods.map((pod) => stateOf(kubectl, pod, events));
      return [...found.flatMap(refusalOf), ...(await Promise.all(states))];
    },

    /** The BuildKits of these deployments; undefined: the cluster gave no answer. */
    async list(deployments: readonly string[], namespace: string | undefined): Promise<BuilderPod[] | undefined> {
      return (await readObjects<Pod>(connect(namespace), ['pods', podsOf(deployments)]))?.map(builderPod);
    },

    /** Labels and annotations of a builder, by which a later run finds out whether it is still in use. */
    async marks(name: string) {
      return builderMarks(name, { owner: await currentOwner(name), lifetime: LONGEST_BUILD });
    },

    /** Removes builders of killed runs. @returns their deployments */
    async removeOrphans(namespace: string | undefined): Promise<string[]> {
      const kubectl = connect(namespace);
      const self = await currentOwner('');
      const orphans = await findOrphans({ kubectl, self }, BUILDER);
      const names = [...new Set(orphans.flatMap(({ metadata }) => metadata.labels?.['app'] ?? []))];
      if (names.length === 0) return [];
      // The label of a pod could name the Deployment of somebody else.
      const deployments = (await read<Deployment>(kubectl, 'deployments', ...names, '--ignore-not-found'))
        .filter(({ metadata }) => orphans.some((pod) => isOfSameRun(pod.metadata, metadata)))
        .map(({ metadata }) => metadata.name);
      const removed = await startDeletion(
        kubectl,
        deployments.map((name) => `deployment/${name}`),
      );
      // buildx's name for a user's buildkitd.toml, which few builders have.
      const settings = deployments.map((name) => `configmap/${name}-config`);
      await startDeletion(kubectl, settings).catch(() => {});
      return removed;
    },

    /** Explains a message of the API server; undefined: it isn't one. */
    explain(stderr: string): Problem | undefined {
      const found = kubectlProblem(stderr, CREATING);
      return found.code === 'cluster/refused' ? undefined : found;
    },
  };
}

function isOfSameRun(pod: ObjectMeta, deployment: ObjectMeta): boolean {
  const [one, other] = [ownershipOf(pod), ownershipOf(deployment)];
  return other !== undefined && one?.owner.run === other.owner.run && deployment.labels?.[BUILDER] !== undefined;
}

const isRunning = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.running !== undefined;

const podsOf = (deployments: readonly string[]) => `--selector=app in (${deployments.join(',')})`;

function builderPod(pod: Pod): BuilderPod {
  const { metadata, status } = pod;
  const [container] = status?.containerStatuses ?? [];
  const why = status?.reason ?? container?.state?.terminated?.reason ?? container?.lastState?.terminated?.reason;
  return {
    name: metadata.name,
    id: `${metadata.uid}:${container?.restartCount ?? 0}`,
    isRunning: metadata.deletionTimestamp === undefined && isRunning(pod),
    ...(why !== undefined && { why }),
  };
}

/** Quotas and policies refuse the pods, not the Deployment, which has a condition then. */
function refusalOf({ status }: Deployment): PodState[] {
  const refused = status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  );
  return refused === undefined ? [] : [{ status: 'failed', problem: kubectlProblem(refused.message ?? '', CREATING) }];
}

async function stateOf(kubectl: Kubectl, pod: Pod, events: readonly PodEvent[]): Promise<PodState> {
  const { name, uid } = pod.metadata;
  const restarts = pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
  if (restarts >= 2 && !isRunning(pod)) return { status: 'failed', problem: await crashed(kubectl, name) };
  const own = events.filter(({ involvedObject }) => involvedObject?.uid === uid);
  const state = readPodState({ pod, events: own });
  // Kubernetes restarts it: the next look shows the result.
  return state.status === 'exited' || state.status === 'ending'
    ? { status: 'waiting', message: `BuildKit in the pod ${name} ended and is being restarted.` }
    : state;
}

async function crashed(kubectl: Kubectl, name: string): Promise<Problem> {
  const { stdout } = await kubectl.call(['logs', name, '--previous', '--tail=5']);
  const log = stdout.toString().trim();
  return problem({
    code: 'build/builder-unusable',
    message: `BuildKit in the pod ${name} ends as soon as it is started.`,
    fix: 'A rootless BuildKit needs nodes that permit user namespaces and an unconfined seccomp profile. If they do not, set `rootless: false` of the builder (privileged pods), or build with Kaniko.',
    ...(log !== '' && { detail: `Its last lines:\n${log}` }),
  });
}

/** Unreadable objects count as missing. */
const read = async <Kind>(kubectl: Kubectl, ...what: string[]) => (await readObjects<Kind>(kubectl, what)) ?? [];
