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
  signal: AbortSignal;
}

/** Removes what earlier runs left behind, and names it. */
export async function removeOrphans({ kubectl, self, signal }: OrphanSearch): Promise<string[]> {
  const pods = await listPods(kubectl, madeBy(), signal);
  const judged = await Promise.all(
    pods.flatMap((pod) => {
      const ownership = ownershipOf(pod.metadata);
      if (ownership === undefined || ownership.owner.run === self.run) return [];
      if (pod.metadata.deletionTimestamp !== undefined) return [];
      return [judge(pod, ownership)];
    }),
  );
  const orphans = judged.filter(({ orphan }) => orphan);
  // Pods of one run share their secrets.
  const inUse = new Set(judged.filter(({ orphan }) => !orphan).flatMap(({ secrets }) => secrets));
  const secrets = orphans.flatMap((orphan) => orphan.secrets).filter((name) => !inUse.has(name));
  return remove(kubectl, { pods: orphans.map(({ name }) => name), secrets }, signal);
}

/** Removes everything that a run made: for the step after one that was killed. */
export async function removeRun(kubectl: Kubectl, run: string, signal?: AbortSignal): Promise<string[]> {
  const pods = await listPods(kubectl, madeBy(run), signal);
  const secrets = pods.flatMap(({ metadata }) => ownershipOf(metadata)?.secrets ?? []);
  return remove(kubectl, { pods: pods.map(({ metadata }) => metadata.name), secrets }, signal);
}

async function judge(pod: Pod, ownership: Ownership) {
  const alive = await isAlive(ownership.owner);
  return {
    name: pod.metadata.name,
    secrets: ownership.secrets,
    orphan: isOrphan({ pod, ownership, now: Date.now(), alive }),
  };
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

async function remove(
  kubectl: Kubectl,
  names: { pods: string[]; secrets: string[] },
  signal?: AbortSignal,
): Promise<string[]> {
  const objects = [
    ...names.pods.map((name) => `pod/${name}`),
    ...[...new Set(names.secrets)].map((name) => `secret/${name}`),
  ];
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
