import type { CommitStatus } from '../github/commit-statuses.js';
import { progressing, type LiveOutcome } from './outcome.js';

/**
 * Statuses by Argo CD notifications (`continuous-delivery/<application>`) and by Flux (`kustomization/<name>/<id>`):
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/github/ and
 * https://fluxcd.io/flux/components/notification/providers/#git-commit-status-updates
 */
const BY_GITOPS = /^(?:continuous-delivery|argocd)\/|(?:^|\/)(?:kustomization|helmrelease)\//;

/**
 * What GitOps controllers report of a commit. Undefined: nothing.
 * @param statuses of one commit, the newest first
 */
export function judgeStatuses(statuses: readonly CommitStatus[]): LiveOutcome | undefined {
  const byContext = new Map<string, CommitStatus>();
  for (const status of statuses)
    if (BY_GITOPS.test(status.context) && !byContext.has(status.context)) byContext.set(status.context, status);
  const current = [...byContext.values()];
  if (current.length === 0) return undefined;
  const failed = current.find(({ state }) => state === 'failure' || state === 'error');
  const since = Math.max(...current.map(({ at }) => at));
  if (failed !== undefined) {
    const reason = `the commit status ${failed.context} is ${failed.state}${failed.description ? `: ${failed.description}` : ''}`;
    return { status: 'failed', reason, since: failed.at };
  }
  const pending = current.find(({ state }) => state === 'pending');
  if (pending !== undefined) return progressing(`the commit status ${pending.context} is pending`);
  return { status: 'running', since };
}
