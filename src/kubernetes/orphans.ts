import { kubectlError } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { startDeletion } from './objects.js';
import { createdBy, isAlive, ownershipOf, type Ownership, type RunOwner } from './ownership.js';
import type { Pod } from './pod.js';

/** Allows for clocks that differ, and for the time that a run needs to delete its objects. */
const MARGIN_MS = 10 * 60_000;

/**
 * Whether a pod certainly belongs to a dead run, never to a parallel run that lives: its process ran on this machine
 * and has ended, or it is older than its lifetime (the cluster itself ends it by `activeDeadlineSeconds`).
 * @param alive undefined: its owner is on another machine
 */
export function isOrphan(
  created: string | undefined,
  { lifetime }: Ownership,
  alive: boolean | undefined,
  now: number,
): boolean {
  if (alive !== undefined) return !alive;
  return Date.parse(created ?? '') + lifetime * 1000 + MARGIN_MS < now;
}

type OrphanSearch = { kubectl: Kubectl; self: RunOwner; signal?: AbortSignal };

/** Deletes pods of dead runs and returns their names. Their secrets are deleted with them. */
export async function removeOrphans({ kubectl, self, signal }: OrphanSearch): Promise<string[]> {
  const orphans = await findOrphans({ kubectl, self, signal }, createdBy());
  return startDeletion(kubectl, namesOf(orphans), signal);
}

export async function findOrphans({ kubectl, self, signal }: OrphanSearch, selector: string): Promise<Pod[]> {
  const pods = await listPods(kubectl, selector, signal);
  const orphans = await Promise.all(
    pods.map(async (pod) => {
      const ownership = ownershipOf(pod.metadata);
      if (ownership === undefined || ownership.owner.run === self.run) return [];
      if (pod.metadata.deletionTimestamp !== undefined) return [];
      const alive = await isAlive(ownership.owner);
      return isOrphan(pod.metadata.creationTimestamp, ownership, alive, Date.now()) ? [pod] : [];
    }),
  );
  return orphans.flat();
}

/** Deletes all pods of a run: for the post step of a run that was killed. */
export async function removeRun(kubectl: Kubectl, run: string, signal?: AbortSignal): Promise<string[]> {
  const pods = await listPods(kubectl, createdBy(run), signal);
  return startDeletion(kubectl, namesOf(pods), signal);
}

async function listPods(kubectl: Kubectl, selector: string, signal?: AbortSignal): Promise<Pod[]> {
  const args = ['get', 'pods', `--selector=${selector}`, '--output=json'];
  const { code, stdout, stderr } = await kubectl.call(args, { signal });
  if (code !== 0) throw kubectlError(stderr, 'list pods of earlier runs');
  return (JSON.parse(stdout.toString()) as { items: Pod[] }).items;
}

const namesOf = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => `pod/${metadata.name}`);
