import { setTimeout as delay } from 'node:timers/promises';
import { ReleaseError, type Problem } from '../lib/errors.js';
import { isOutage, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import type { Manifest } from './pod.js';

const SECOND = 1000;
/** As long as an API server takes to be started again. */
const CREATE_MS = 60 * SECOND;
const LONGEST_WAIT_MS = 5 * SECOND;

/**
 * Makes an object. The manifest goes through standard input.
 * @returns its uid
 * @throws ReleaseError `cluster/*`
 */
export async function createObject(
  kubectl: Kubectl,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<string> {
  const what = `${manifest.kind.toLowerCase()} ${manifest.metadata.name}`;
  const input = JSON.stringify(manifest);
  const until = Date.now() + CREATE_MS;
  // `--validate` would fetch the schema of the API first; what we make is checked against it in the tests.
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await kubectl.call(['create', '--filename=-', UID, '--validate=false'], {
      input,
      signal,
    });
    signal.throwIfAborted();
    if (code === 0) return stdout.toString();
    // An answer that got lost: the name is of this run alone, so it is ours.
    if (attempt > 1 && /\(AlreadyExists\)/.test(stderr.toString())) {
      const { kind, metadata } = manifest;
      const made = await kubectl.call(['get', kind, metadata.name, UID], { signal });
      return made.stdout.toString();
    }
    if (Date.now() > until || !isOutage(stderr)) {
      throw new ReleaseError([kubectlProblem(stderr, { doing: `make the ${what}` })]);
    }
    await delay(Math.min(attempt * SECOND, LONGEST_WAIT_MS), undefined, { signal });
  }
}

const UID = '--output=jsonpath={.metadata.uid}';

export interface Removal {
  /** All tries together. */
  withinMs: number;
  /** The node will not confirm it: the object is dropped all the same. */
  force?: 'force';
}

/** Deletes objects and waits until they are gone. Gives the problem instead of throwing: it is said beside others. */
export async function deleteObjects(
  kubectl: Kubectl,
  objects: readonly `${'pod' | 'secret'}/${string}`[],
  { withinMs, force }: Removal,
): Promise<Problem | undefined> {
  const until = Date.now() + withinMs;
  for (;;) {
    const left = Math.max(until - Date.now(), SECOND);
    const { code, stderr } = await kubectl.call(
      [
        'delete',
        ...objects,
        '--ignore-not-found',
        ...(force === undefined ? ['--now'] : ['--force', '--grace-period=0']),
        `--timeout=${Math.ceil(left / SECOND)}s`,
      ],
      { timeoutMs: left + SECOND },
    );
    if (code === 0) return undefined;
    const named = objects.join(' ');
    if (!isOutage(stderr) || until - Date.now() < SECOND) {
      const { message } = kubectlProblem(stderr, { doing: `remove ${named}` });
      const where = kubectl.namespace === undefined ? '' : ` -n ${kubectl.namespace}`;
      return {
        code: 'cluster/leftover',
        severity: 'warning',
        message: `${named} may still be in the cluster. ${message}`,
        fix: `Remove it with \`kubectl delete ${named}${where}\`.`,
      };
    }
    await delay(SECOND / 2);
  }
}
