import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import { canonical } from '../deploy/kustomization/match.js';
import { sentence } from '../kubernetes/kubectl-problems.js';
import type { Pod } from '../kubernetes/pod.js';
import { readPodState } from '../kubernetes/pod-state.js';
import { parseReference } from '../plan/references.js';
import { controllersOf, ownersOf, type Controller } from './controllers.js';
import { type ClusterReading, placeOf, type Workload } from './objects.js';
import { worstOf, type ExpectedImage, type LiveImage, type LiveOutcome, type LogPlace } from './outcome.js';

/** @param manifests digests in the index of the image, which some runtimes report instead */
export function judgeImage(
  expected: ExpectedImage,
  reading: ClusterReading,
  manifests: readonly string[] = [],
): LiveImage {
  const { key, channel, image, tag } = expected;
  const using = workloadsOf(expected, reading);
  const named = { key, channel, image, tag, source: 'cluster' as const, workloads: using.map(nameOf) };
  const judged = using.map((workload) => judgeWorkload(workload, expected, reading, manifests));
  const stale = judged.length === 0 || judged.some(({ applied }) => !applied);
  const why = stale ? notApplied(expected, using, reading) : undefined;
  const all = judged.map(({ applied, ...rest }) => (applied || !why ? rest : { ...rest, outcome: why }));
  const worst = worstOf(all) ?? { outcome: why ?? noWorkload(expected, reading) };
  return { ...named, ...worst };
}

/** The workloads that use the image, in the namespaces of its Kustomizations, and of no other controller. */
export function workloadsOf(expected: ExpectedImage, reading: ClusterReading): Workload[] {
  const responsible = controllersOf(reading).filter((each) => each.isFor(expected));
  const known = controllersOf(reading).flatMap(({ ids }) => ids);
  const own = responsible.flatMap(({ ids }) => ids);
  const isForeign = (workload: Workload) => {
    const owners = ownersOf(workload).filter((id) => known.includes(id));
    return own.length > 0 && owners.length > 0 && !owners.some((id) => own.includes(id));
  };
  const { namespaces } = expected;
  return reading.workloads.filter(
    (workload) =>
      containersOf(workload, expected).length > 0 &&
      (namespaces.length === 0 || namespaces.includes(workload.metadata.namespace ?? '')) &&
      !isForeign(workload),
  );
}

function containersOf({ spec }: Workload, { image }: ExpectedImage) {
  const { containers, initContainers = [] } = spec.template.spec;
  const isOf = (written = '') => canonical(parseReference(written)?.name ?? '') === canonical(image);
  return [...containers, ...initContainers].filter((container) => isOf(container.image));
}

/** Why the workloads don't name the release: what the controller says of it. Undefined: no controller is known. */
function notApplied(
  expected: ExpectedImage,
  using: readonly Workload[],
  reading: ClusterReading,
): LiveOutcome | undefined {
  const all = controllersOf(reading);
  const responsible = all.filter((each) => each.isFor(expected));
  const owners = using.flatMap(ownersOf);
  const concerned: Controller[] =
    responsible.length > 0 ? responsible : all.filter(({ ids }) => ids.some((id) => owners.includes(id)));
  const objections = concerned.flatMap((each) => each.objection(expected) ?? []);
  return worstOf(objections.map((outcome) => ({ outcome })))?.outcome;
}

function noWorkload({ image, namespaces }: ExpectedImage, { unreadable }: ClusterReading): LiveOutcome {
  const hidden = unreadable.filter(({ resource }) => resource.endsWith('.apps')).map(({ reason }) => reason);
  if (hidden.length > 0) return { status: 'unknown', reason: hidden.join(', ') };
  const where = namespaces.length === 0 ? '' : ` in the namespace ${namespaces.join(', ')}`;
  return { status: 'unknown', reason: `no workload${where} uses the image ${image}`, open: true };
}

const nameOf = (workload: Workload) => `${workload.kind} ${placeOf(workload)}`;

interface Judged {
  outcome: LiveOutcome;
  /** Whether the workload names the release. */
  applied: boolean;
  logOf?: LogPlace;
}

function judgeWorkload(
  workload: Workload,
  expected: ExpectedImage,
  { pods, unreadable }: ClusterReading,
  manifests: readonly string[],
): Judged {
  const name = nameOf(workload);
  const containers = containersOf(workload, expected);
  const other = containers.find(({ image }) => !names(expected, image));
  if (other !== undefined) {
    const reason = `${name} still names ${parseReference(other.image!)?.tag ?? other.image}`;
    return { applied: false, outcome: { status: 'unknown', reason, open: true } };
  }
  const { namespace } = workload.metadata;
  const own = pods.filter(
    (pod) =>
      pod.metadata.namespace === namespace &&
      matches(workload.spec.selector, pod.metadata.labels ?? {}) &&
      pod.metadata.deletionTimestamp === undefined &&
      !['Failed', 'Succeeded'].includes(pod.status?.phase ?? '') &&
      containers.every(({ name, image }) => imageIn(pod, name) === image),
  );
  const troubles = own.flatMap((pod) => troubleOf(pod));
  const failed = troubles.find(({ final }) => final);
  if (failed !== undefined) {
    const { reason, logOf } = failed;
    return { applied: true, outcome: { status: 'failed', reason: `${name}: ${reason}` }, ...(logOf && { logOf }) };
  }
  const hint = troubles[0] ? `: ${troubles[0].reason}` : '';
  const rollout = rolloutOf(workload);
  if (rollout !== undefined) {
    const reason = `${name} ${rollout.reason}${hint}`;
    return { applied: true, outcome: { ...rollout, reason } };
  }
  const hidden = unreadable.find((each) => each.resource === 'pods' && [undefined, namespace].includes(each.namespace));
  if (hidden !== undefined) return { applied: true, outcome: { status: 'unknown', reason: hidden.reason } };
  return { applied: true, outcome: digestsOf(name, own, containers, expected, manifests) };
}

/** The digest counts where both name one; a release tag never moves. */
function names({ tag, digest }: ExpectedImage, image = ''): boolean {
  const written = parseReference(image);
  if (written?.digest !== undefined && digest !== undefined) return written.digest === digest;
  return written?.tag === tag;
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

interface Trouble {
  reason: string;
  /** It won't get better by itself, as far as the cluster knows. */
  final: boolean;
  logOf?: LogPlace;
}

/** Why containers of the pod don't run. */
function troubleOf(pod: Pod): Trouble[] {
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
    const why = [
      ...(end?.reason && end.reason !== 'Error' ? [end.reason] : []),
      ...(isLooping ? ['CrashLoopBackOff'] : []),
    ];
    const cause = why.length === 0 ? '' : ` (${why.join(', ')})`;
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

/** What `kubectl rollout status` waits for; undefined: the rollout is complete. */
function rolloutOf({
  kind,
  metadata,
  spec,
  status = {},
}: Workload): Exclude<LiveOutcome, { status: 'running' }> | undefined {
  const { conditions = [], observedGeneration = 0 } = status;
  const condition = (type: string) => conditions.find((each) => each.type === type);
  if (observedGeneration < (metadata.generation ?? 0))
    return { status: 'progressing', reason: 'has not been seen by its controller yet' };
  const late = condition('Progressing');
  if (late?.status === 'False') {
    const limit =
      late.reason === 'ProgressDeadlineExceeded'
        ? `within ${spec.progressDeadlineSeconds ?? 600} s (${late.reason})`
        : `(${late.reason})`;
    return { status: 'failed', reason: `did not become ready ${limit}` };
  }
  const refused = condition('ReplicaFailure');
  if (refused?.status === 'True')
    return {
      status: 'failed',
      reason: `can't create pods (${refused.reason}): ${sentence(refused.message).replace(/\.$/, '')}`,
    };
  const isDaemon = kind === 'DaemonSet';
  const wanted = isDaemon ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const updated = (isDaemon ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0;
  const available =
    (isDaemon
      ? status.numberAvailable
      : (status.availableReplicas ?? (kind === 'StatefulSet' ? status.readyReplicas : 0))) ?? 0;
  if (wanted === 0) return { status: 'unknown', reason: isDaemon ? 'fits no node' : 'is scaled to 0' };
  if (updated < wanted && spec.paused) return { status: 'unknown', reason: 'is paused' };
  if (updated < wanted) return { status: 'progressing', reason: `has updated ${updated} of ${wanted} pods` };
  if (!isDaemon && (status.replicas ?? 0) > updated)
    return { status: 'progressing', reason: 'waits for old pods to end' };
  if (available < wanted) return { status: 'progressing', reason: `has ${available} of ${wanted} pods ready` };
  return undefined;
}

/** Compares what the nodes run with what was deployed. */
function digestsOf(
  name: string,
  pods: readonly Pod[],
  containers: readonly { name: string }[],
  { digest, tag }: ExpectedImage,
  manifests: readonly string[],
): LiveOutcome {
  if (digest === undefined) return { status: 'running' };
  const found = runningDigests(pods, containers);
  const wrong = found.find((each) => each.digest !== digest && !manifests.includes(each.digest));
  if (wrong?.digest === '')
    return { status: 'unknown', reason: `the node of the pod ${wrong.pod} reports no digest of the image` };
  if (wrong !== undefined)
    return {
      status: 'failed',
      reason: `${name} runs the wrong digest: the pod ${wrong.pod} runs ${wrong.digest}, but ${digest} was deployed as ${tag ?? digest}`,
    };
  return found.length > 0
    ? { status: 'running' }
    : { status: 'unknown', reason: `${name} has no pod that runs`, open: true };
}

/** Per pod and container; the digest is empty if the node reports only the ID of a configuration. */
function runningDigests(pods: readonly Pod[], containers: readonly { name: string }[]) {
  return pods.flatMap((pod) =>
    [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
      .filter(({ name }) => containers.some((container) => container.name === name))
      .map(({ imageID = '' }) => ({ pod: placeOf(pod), digest: /@(\w+:[0-9a-f]{32,})$/.exec(imageID)?.[1] ?? '' })),
  );
}
