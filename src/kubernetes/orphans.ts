import { isAlive } from './owner.js';
import { kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { madeBy, ownershipOf, type Ownership, type RunOwner } from './ownership.js';
import type { Pod } from './pod.js';
import { ReleaseError } from '../lib/errors.js';

/** What the clocks of two machines may differ by, and what a run may take to remove what it made. */
const MARGIN_MS = 10 * 60_000;

export interface OrphanQuestion {
  pod: Pod;
  ownership: Ownership;
  now: number;
  /** Undefined: its owner is on another machine. */
  alive: boolean | undefined;
}

/**
 * Whether a pod certainly belongs to a run that is dead. Never one of a parallel run that lives:
 * - its process ran on this machine and runs no more, or
 * - it is older than it may become (the cluster itself ends it by `activeDeadlineSeconds`), or
 * - it ended long ago: a run removes its pod when that has ended.
 */
export function isOrphan({ pod, ownership, now, alive }: OrphanQuestion): boolean {
  if (alive !== undefined) return !alive;
  const born = Date.parse(pod.metadata.creationTimestamp ?? '');
  if (born + ownership.lifetime * 1000 + MARGIN_MS < now) return true;
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  const ended = ends.length > 0 && ends.every((end) => end + MARGIN_MS < now);
  return ended && ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
}

export interface OrphanSearch {
  kubectl: Kubectl;
  /** The run that searches. */
  self: RunOwner;
  signal?: AbortSignal;
}

/** Removes pods that earlier runs left behind, and names them. Their secrets go with them. */
export async function removeOrphans({ kubectl, self, signal }: OrphanSearch): Promise<string[]> {
  const orphans = await findOrphans({ kubectl, self, signal }, madeBy());
  return remove(
    kubectl,
    orphans.map(({ metadata }) => `pod/${metadata.name}`),
    signal,
  );
}

/** Pods of runs that are certainly dead. @param judged what of a pod says so */
export async function findOrphans(
  { kubectl, self, signal }: OrphanSearch,
  selector: string,
  judged: (pod: Pod) => Pod = (pod) => pod,
): Promise<Pod[]> {
  const pods = await listPods(kubectl, selector, signal);
  const orphans = await Promise.all(
    pods.map(async (pod) => {
      const ownership = ownershipOf(pod.metadata);
      if (ownership === undefined || ownership.owner.run === self.run) return [];
      if (pod.metadata.deletionTimestamp !== undefined) return [];
      const alive = await isAlive(ownership.owner);
      return isOrphan({ pod: judged(pod), ownership, now: Date.now(), alive }) ? [pod] : [];
    }),
  );
  return orphans.flat();
}

/** Removes everything that a run made: for the step after one that was killed. */
export async function removeRun(kubectl: Kubectl, run: string, signal?: AbortSignal): Promise<string[]> {
  const pods = await listPods(kubectl, madeBy(run), signal);
  return remove(
    kubectl,
    pods.map(({ metadata }) => `pod/${metadata.name}`),
    signal,
  );
}

async function listPods(kubectl: Kubectl, selector: string, signal?: AbortSignal): Promise<Pod[]> {
  const { code, stdout, stderr } = await kubectl.call(
    ['get', 'pods', `--selector=${selector}`, '--output=json'],
    { signal },
  );
  if (code !== 0) {
    throw new ReleaseError([kubectlProblem(stderr, { doing: 'look for pods of earlier runs' })]);
  }
  return (JSON.parse(stdout.toString()) as { items: Pod[] }).items;
}

/** Does not wait until they are gone. */
export async function remove(kubectl: Kubectl, objects: string[], signal?: AbortSignal): Promise<string[]> {
  if (objects.length === 0) return [];
  const { code, stderr } = await kubectl.call(
    ['delete', ...objects, '--ignore-not-found', '--now', '--wait=false'],
    { signal },
  );
  if (code !== 0) {
    throw new ReleaseError([kubectlProblem(stderr, { doing: `remove ${objects.join(', ')}` })]);
  }
  return objects;
}
