import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import type { Pod } from '../kubernetes/pod.js';
import { readPodState } from '../kubernetes/pod-state.js';
import { nameOf, placeOf, type Container, type Workload } from './objects.js';
import { failed, open, unknown, type ExpectedImage, type LiveOutcome, type LogPlace } from './outcome.js';

/** The pods of the workload that stay, with these images in their containers. */
export function podsOf({ metadata, spec }: Workload, pods: readonly Pod[], containers: readonly Container[]): Pod[] {
  return pods.filter(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      matches(spec.selector, pod.metadata.labels ?? {}) &&
      pod.metadata.deletionTimestamp === undefined &&
      !['Failed', 'Succeeded'].includes(pod.status?.phase ?? '') &&
      containers.every(({ name, image }) => imageIn(pod, name) === image),
  );
}

const imageIn = ({ spec }: Pod, container: string) => {
  const { containers, initContainers = [] } = (spec ?? { containers: [] }) as Workload['spec']['template']['spec'];
  return [...containers, ...initContainers].find(({ name }) => name === container)?.image;
};

function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Record<string, string>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'Exists' || operator === 'DoesNotExist') return key in labels === (operator === 'Exists');
      return values.includes(labels[key] ?? '') === (operator === 'In');
    })
  );
}

export interface Trouble {
  reason: string;
  /** It won't get better by itself, as far as the cluster knows. */
  final: boolean;
  logOf?: LogPlace;
}

/** Why containers of the pod don't run. */
export function troublesOf(pod: Pod): Trouble[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const place = placeOf(pod);
  for (const { name, state = {}, lastState = {}, restartCount = 0, ready } of [
    ...initContainerStatuses,
    ...containerStatuses,
  ]) {
    const end = lastState.terminated ?? state.terminated;
    const isLooping = state.waiting?.reason === 'CrashLoopBackOff';
    if (!isLooping && (ready || restartCount === 0 || (end?.exitCode ?? 0) === 0)) continue;
    const code = end === undefined ? '' : ` with exit code ${end.exitCode}`;
    const why = [end?.reason === 'Error' ? undefined : end?.reason, isLooping ? 'CrashLoopBackOff' : undefined];
    const words = why.filter((each) => each !== undefined).join(', ');
    const cause = words === '' ? '' : ` (${words})`;
    const reason = `the container ${name} of the pod ${place} ended${code} and was restarted ${restartCount} times${cause}`;
    const { namespace = 'default', name: podName } = pod.metadata;
    return [{ reason, final: true, logOf: { namespace, pod: podName, container: name } }];
  }
  const waiting = containerStatuses.filter(({ ready, state }) => !ready && state?.running === undefined);
  const containers = containerStatuses.length === 0 ? [undefined] : waiting.map(({ name }) => name);
  return containers.flatMap((container): Trouble[] => {
    const state = readPodState({ pod, events: [], container });
    const { trouble } = state.status === 'waiting' ? state : {};
    if (trouble === undefined) return [];
    const { code, message } = trouble.problem;
    const by = containerStatuses.find(({ name }) => name === container)?.state?.waiting?.reason;
    const reason = `${lowered(message)}${by === undefined ? '' : ` (${by})`}`;
    return [{ reason, final: code === 'cluster/image' || code === 'cluster/object-missing' }];
  });
}

/** A sentence as a clause. */
export const lowered = (text: string) => `${text.charAt(0).toLowerCase()}${text.slice(1)}`.replace(/\.$/, '');

/** Compares what the nodes run with what was deployed. */
export function compareDigests(
  workload: Workload,
  pods: readonly Pod[],
  containers: readonly Container[],
  { digest, tag }: ExpectedImage,
  manifests: readonly string[],
): LiveOutcome {
  if (digest === undefined) return { status: 'running' };
  const found = runningDigests(pods, containers);
  const wrong = found.find((each) => each.digest !== digest && !manifests.includes(each.digest));
  if (wrong?.digest === '') return unknown(`the node of the pod ${wrong.pod} reports no digest of the image`);
  if (wrong !== undefined)
    return failed(
      `${nameOf(workload)} runs the wrong digest: the pod ${wrong.pod} runs ${wrong.digest}, but ${digest} was deployed as ${tag ?? digest}`,
    );
  return found.length > 0 ? { status: 'running' } : open(`${nameOf(workload)} has no pod that runs`);
}

/** Per pod and container; the digest is empty if the node reports only the ID of a configuration. */
function runningDigests(pods: readonly Pod[], containers: readonly Container[]) {
  return pods.flatMap((pod) =>
    [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
      .filter(({ name }) => containers.some((container) => container.name === name))
      .map(({ imageID = '' }) => ({ pod: placeOf(pod), digest: /@(\w+:[0-9a-f]{32,})$/.exec(imageID)?.[1] ?? '' })),
  );
}
