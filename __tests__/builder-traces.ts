import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dockerApi } from '../testing/fake-cluster/kubelet/docker-api.js';

/** Environment of the process that created builders. */
interface Surroundings {
  DOCKER_HOST: string;
  HOME: string;
  DOCKER_CONFIG?: string | undefined;
  BUILDX_CONFIG?: string | undefined;
}

/**
 * Names of all builders in a home, and of all containers and volumes of a daemon, except pods of a fake cluster, which
 * belong to concurrent tests. Uses no docker command, because each starts one to three processes.
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

/** Current traces of builders that image-release created. */
export async function ownBuilders(surroundings: Surroundings): Promise<string[]> {
  return (await builderTraces(surroundings)).filter((name) => /image-release-[0-9a-f]{8}/.test(name));
}

/**
 * Traces of builders that image-release doesn't remove. Waits for traces to disappear, because concurrent tests use
 * the same daemon.
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
