import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dockerApi } from '../testing/fake-cluster/kubelet/docker-api.js';

/** Of the process that made builders. */
interface Surroundings {
  DOCKER_HOST: string;
  HOME: string;
  DOCKER_CONFIG?: string | undefined;
  BUILDX_CONFIG?: string | undefined;
}

/**
 * Names of all builders of a home, and of all containers and volumes of a daemon, but pods of a cluster double, which
 * belong to tests that run beside. Read where docker's own commands would read it: they cost a process or three each.
 */
export async function builderTraces(surroundings: Surroundings): Promise<string[]> {
  const { DOCKER_HOST, HOME, DOCKER_CONFIG = join(HOME, '.docker'), BUILDX_CONFIG } = surroundings;
  const api = dockerApi(DOCKER_HOST);
  const [builders, containers, { Volumes: volumes }] = await Promise.all([
    readdir(join(BUILDX_CONFIG ?? join(DOCKER_CONFIG, 'buildx'), 'instances')).catch(() => []),
    api.call<{ Names: string[] }[]>('GET', '/containers/json?all=true'),
    api.call<{ Volumes: { Name: string }[] | null }>('GET', '/volumes'),
  ]);
  return [
    ...builders,
    ...containers.flatMap(({ Names }) => Names.map((name) => name.slice(1))),
    ...(volumes ?? []).map(({ Name }) => Name),
  ].filter((name) => !name.startsWith('k8s_'));
}

const PATIENCE_MS = 30_000;

/** Those of builders that the tool made, at this moment. */
export async function ownBuilders(surroundings: Surroundings): Promise<string[]> {
  return (await builderTraces(surroundings)).filter((name) => /image-release-[0-9a-f]{8}/.test(name));
}

/**
 * Those that the tool did not remove. Tests that run at the same time have theirs on the same
 * daemon: what is there for a moment is no trace.
 */
export async function ownBuilderTraces(surroundings: Surroundings): Promise<string[]> {
  let left = await ownBuilders(surroundings);
  for (const end = Date.now() + PATIENCE_MS; left.length > 0 && Date.now() < end;) {
    await delay(500);
    const now = await ownBuilders(surroundings);
    left = left.filter((name) => now.includes(name));
  }
  return left;
}
