import { setTimeout as delay } from 'node:timers/promises';
import { warning, type Problem } from '../lib/errors.js';
import { isOutage, kubectlError, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import type { Manifest } from './pod.js';

const SECOND = 1000;
/** As long as a restart of an API server takes. */
const CREATE_MS = 60 * SECOND;
const LONGEST_WAIT_MS = 5 * SECOND;
const UID = '--output=jsonpath={.metadata.uid}';

/**
 * Creates an object; its manifest is passed on standard input.
 * @returns its uid
 * @throws ReleaseError `cluster/*`
 */
export async function createObject(kubectl: Kubectl, manifest: Manifest, signal: AbortSignal): Promise<string> {
  const { kind, metadata } = manifest;
  const input = JSON.stringify(manifest);
  const until = Date.now() + CREATE_MS;
  // `--validate` would first fetch the schema of the API; the tests check our manifests against it.
  const create = ['create', '--filename=-', UID, '--validate=false'];
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await kubectl.call(create, { input, signal });
    signal.throwIfAborted();
    if (code === 0) return stdout.toString();
    // An answer was lost: only this run uses the name.
    if (attempt > 1 && /\(AlreadyExists\)/.test(stderr.toString())) {
      const existing = await kubectl.call(['get', kind, metadata.name, UID], { signal });
      return existing.stdout.toString();
    }
    if (Date.now() > until || !isOutage(stderr))
      throw kubectlError(stderr, `create the ${kind.toLowerCase()} ${metadata.name}`);
    await delay(Math.min(attempt * SECOND, LONGEST_WAIT_MS), undefined, { signal });
  }
}

/**
 * Deletes objects and waits until they are gone; for that kubectl needs the right to watch them.
 * @param options `force`: deletes them without the node's confirmation
 * @returns a warning if they can't be deleted
 */
export async function deleteObjects(
  kubectl: Kubectl,
  objects: readonly `${'pod' | 'secret'}/${string}`[],
  { withinMs, force = false }: { withinMs: number; force?: boolean },
): Promise<Problem | undefined> {
  const until = Date.now() + withinMs;
  const how = force ? ['--force', '--grace-period=0'] : ['--now'];
  for (;;) {
    const left = Math.max(until - Date.now(), SECOND);
    const limit = `--timeout=${Math.ceil(left / SECOND)}s`;
    const { code, stderr } = await kubectl.call(['delete', ...objects, '--ignore-not-found', ...how, limit], {
      timeoutMs: left + SECOND,
    });
    if (code === 0) return undefined;
    if (!isOutage(stderr) || until - Date.now() < SECOND) {
      const names = objects.join(' ');
      const where = kubectl.namespace === undefined ? '' : ` -n ${kubectl.namespace}`;
      return warning({
        code: 'cluster/leftover',
        message: kubectlProblem(stderr, `delete ${names}`).message,
        fix: `Delete it with \`kubectl delete ${names}${where}\`.`,
      });
    }
    await delay(SECOND / 2);
  }
}

/** Reads one object, a list, or nothing. @returns undefined: they can't be read */
export async function readObjects<Kind>(kubectl: Kubectl, what: readonly string[], signal?: AbortSignal) {
  const { code, stdout } = await kubectl.call(['get', ...what, '--output=json'], { signal });
  if (code !== 0) return undefined;
  const answer = (stdout.length === 0 ? { items: [] } : JSON.parse(stdout.toString())) as { items?: Kind[] };
  return answer.items ?? [answer as Kind];
}

export async function startDeletion(kubectl: Kubectl, objects: string[], signal?: AbortSignal): Promise<string[]> {
  if (objects.length === 0) return [];
  const args = ['delete', ...objects, '--ignore-not-found', '--now', '--wait=false'];
  const { code, stderr } = await kubectl.call(args, { signal });
  if (code !== 0) throw kubectlError(stderr, `delete ${objects.join(', ')}`);
  return objects;
}
