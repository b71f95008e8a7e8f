import { setTimeout as delay } from 'node:timers/promises';
import { Cancelled, ReleaseError, type Problem } from '../lib/errors.js';
import { isOutage, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { claimed, type RunOwner } from './ownership.js';
import type { Manifest } from './pod.js';

const SECOND = 1000;
/** As long as an API server takes to be started again. */
const CREATE_MS = 60 * SECOND;
const LONGEST_WAIT_MS = 5 * SECOND;

/** Makes an object. The manifest goes through standard input. @throws ReleaseError `cluster/*` */
export async function createObject(kubectl: Kubectl, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const what = `${manifest.kind.toLowerCase()} ${manifest.metadata.name}`;
  const input = JSON.stringify(manifest);
  const until = Date.now() + CREATE_MS;
  // `--validate` would fetch the schema of the API first; what we make is checked against it in the tests.
  for (let attempt = 1; ; attempt++) {
    const { code, stderr } = await kubectl.call(
      ['create', '--filename=-', '--output=name', '--validate=false'],
      {
        input,
        signal,
      },
    );
    signal.throwIfAborted();
    if (code === 0) return;
    // An answer that got lost: the name is of this run alone, so it is ours.
    if (attempt > 1 && /\(AlreadyExists\)/.test(stderr.toString())) return;
    if (Date.now() > until || !isOutage(stderr)) {
      throw new ReleaseError([kubectlProblem(stderr, { doing: `make the ${what}` })]);
    }
    await delay(Math.min(attempt * SECOND, LONGEST_WAIT_MS), undefined, { signal });
  }
}

export interface Removal {
  /** All tries together. */
  withinMs: number;
  /** The node will not confirm it: the object is dropped all the same. */
  force?: 'force';
}

/** Deletes an object and waits until it is gone. Gives the problem instead of throwing: it is said beside others. */
export async function deleteObject(
  kubectl: Kubectl,
  object: `${'pod' | 'secret'}/${string}`,
  { withinMs, force }: Removal,
): Promise<Problem | undefined> {
  const until = Date.now() + withinMs;
  for (;;) {
    const left = Math.max(until - Date.now(), SECOND);
    const { code, stderr } = await kubectl.call(
      [
        'delete',
        object,
        '--ignore-not-found',
        ...(force === undefined ? ['--now'] : ['--force', '--grace-period=0']),
        `--timeout=${Math.ceil(left / SECOND)}s`,
      ],
      { timeoutMs: left + SECOND },
    );
    if (code === 0) return undefined;
    if (!isOutage(stderr) || until - Date.now() < SECOND) {
      const { message } = kubectlProblem(stderr, { doing: `remove ${object}` });
      const where = kubectl.namespace === undefined ? '' : ` -n ${kubectl.namespace}`;
      return {
        code: 'cluster/leftover',
        severity: 'warning',
        message: `${object} may still be in the cluster. ${message}`,
        fix: `Remove it with \`kubectl delete ${object}${where}\`.`,
      };
    }
    await delay(SECOND / 2);
  }
}

export interface MadeObjects {
  kubectl: Kubectl;
  secrets: readonly Manifest[];
  owner: RunOwner;
  /** Seconds that the run may take. */
  lifetime: number;
  signal: AbortSignal;
  /** What could not be removed. */
  onWarning: (problem: Problem) => void;
}

const REMOVE_MS = 10_000;
const REMOVE_AFTER_ABORT_MS = 2000;

/** Secrets that live as long as `body` runs. Name them in the pods' orders, so that they go with orphans. */
export async function withSecrets<Result>(made: MadeObjects, body: () => Promise<Result>): Promise<Result> {
  const { kubectl, secrets, owner, lifetime, signal } = made;
  const tried: string[] = [];
  try {
    for (const secret of secrets) {
      tried.push(secret.metadata.name);
      await createObject(kubectl, claimed(secret, { owner, lifetime }), signal);
    }
    return await body();
  } catch (error) {
    if (signal.aborted) throw new Cancelled('secrets were made in the cluster');
    throw error;
  } finally {
    const withinMs = signal.aborted ? REMOVE_AFTER_ABORT_MS : REMOVE_MS;
    await Promise.all(
      tried.map(async (name) => {
        const problem = await deleteObject(kubectl, `secret/${name}`, { withinMs });
        if (problem !== undefined) made.onWarning(problem);
      }),
    );
  }
}
