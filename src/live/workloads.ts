import { canonical } from '../deploy/kustomization/match.js';
import { parseReference } from '../plan/references.js';
import { controllersOf, ownersOf, type Controller } from './controllers.js';
import { nameOf, type ClusterReading, type Workload } from './objects.js';
import { compareDigests, podsOf, troublesOf } from './pods.js';
import { failed, open, progressing, unknown, worstOf } from './outcome.js';
import type { ExpectedImage, LiveImage, LiveOutcome } from './outcome.js';

/** @param manifests digests in the index of the image, which some runtimes report instead */
export function judgeImage(expected: ExpectedImage, reading: ClusterReading, manifests: readonly string[] = []) {
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
function notApplied(expected: ExpectedImage, using: readonly Workload[], reading: ClusterReading) {
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
  if (hidden.length > 0) return unknown(hidden.join(', '));
  const where = namespaces.length === 0 ? '' : ` in the namespace ${namespaces.join(', ')}`;
  return open(`no workload${where} uses the image ${image}`);
}

interface Judged extends Pick<LiveImage, 'outcome' | 'logOf'> {
  /** Whether the workload names the release. */
  applied: boolean;
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
    const outcome = open(`${name} still names ${parseReference(other.image!)?.tag ?? other.image}`);
    return { applied: false, outcome };
  }
  const { namespace } = workload.metadata;
  const own = podsOf(workload, pods, containers);
  const troubles = own.flatMap(troublesOf);
  const final = troubles.find((trouble) => trouble.final);
  if (final !== undefined) {
    const { reason, logOf } = final;
    return { applied: true, outcome: failed(`${name}: ${reason}`), ...(logOf && { logOf }) };
  }
  const hint = troubles[0] ? `: ${troubles[0].reason}` : '';
  const rollout = rolloutOf(workload);
  if (rollout !== undefined)
    return { applied: true, outcome: { ...rollout, reason: `${name} ${rollout.reason}${hint}` } };
  const hidden = unreadable.find((each) => each.resource === 'pods' && [undefined, namespace].includes(each.namespace));
  if (hidden !== undefined) return { applied: true, outcome: unknown(hidden.reason) };
  return { applied: true, outcome: compareDigests(workload, own, containers, expected, manifests) };
}

/** The digest counts where both name one; a release tag never moves. */
function names({ tag, digest }: ExpectedImage, image = ''): boolean {
  const written = parseReference(image);
  if (written?.digest !== undefined && digest !== undefined) return written.digest === digest;
  return written?.tag === tag;
}

/** What `kubectl rollout status` waits for; undefined: the rollout is complete. */
function rolloutOf({ kind, metadata, spec, status = {} }: Workload) {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return progressing('has not been seen by its controller yet');
  const bad = status.conditions?.find(
    (each) => each.status === (each.type === 'Progressing' ? 'False' : each.type === 'ReplicaFailure' ? 'True' : ''),
  );
  if (bad?.reason === 'ProgressDeadlineExceeded')
    return failed(`did not become ready within ${spec.progressDeadlineSeconds ?? 600} s (${bad.reason})`);
  if (bad !== undefined) return failed(`can't create pods (${bad.reason}): ${bad.message}`);
  const [wanted = 0, updated = 0, available = 0, all = 0] =
    kind === 'DaemonSet'
      ? [status.desiredNumberScheduled, status.updatedNumberScheduled, status.numberAvailable]
      : [spec.replicas ?? 1, status.updatedReplicas, status.availableReplicas, status.replicas];
  if (wanted === 0) return unknown('wants no pods');
  if (updated < wanted && spec.paused) return unknown('is paused');
  if (updated < wanted) return progressing(`has updated ${updated} of ${wanted} pods`);
  if (all > updated) return progressing('waits for old pods to end');
  return available < wanted ? progressing(`has ${available} of ${wanted} pods ready`) : undefined;
}
