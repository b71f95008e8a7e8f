import { ownerAndName } from '../deploy/overrides/read-overrides.js';
import { placeOf } from './objects.js';
import type { ArgoApplication, ClusterReading, FluxKustomization, Workload } from './objects.js';
import { failed, open, progressing, unknown, type ExpectedImage, type LiveOutcome } from './outcome.js';

/** What applies the files of a branch: an Argo CD Application or a Flux Kustomization. */
export interface Controller {
  /** `acme` and `argocd/acme`: how its workloads name it. */
  ids: readonly string[];
  /** Namespace that it sets for its workloads. */
  namespace?: string;
  isFor(expected: ExpectedImage): boolean;
  /** Why it has not applied the deploy commit; undefined: it has. */
  objection(expected: ExpectedImage): LiveOutcome | undefined;
}

export function controllersOf({ applications, kustomizations }: Partial<ClusterReading>): Controller[] {
  return [...(applications ?? []).map(argoController), ...(kustomizations ?? []).map(fluxController)];
}

/** Ids of the controller that a workload belongs to. */
export function ownersOf({ metadata }: Workload): string[] {
  const { labels = {}, annotations = {} } = metadata;
  const flux = 'kustomize.toolkit.fluxcd.io';
  const [argo] = (annotations['argocd.argoproj.io/tracking-id'] ?? '').split(':');
  return [
    ...(labels[`${flux}/name`] ? [`flux ${labels[`${flux}/namespace`]}/${labels[`${flux}/name`]}`] : []),
    ...[argo, labels['app.kubernetes.io/instance'], labels['argocd.argoproj.io/instance']].flatMap((name) =>
      name ? [`argo ${name}`] : [],
    ),
  ];
}

const trimmed = (path: string) => path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '') || '.';
const hasFolder = ({ folders }: ExpectedImage, path: string | undefined) =>
  path !== undefined && folders.map(trimmed).includes(trimmed(path));
const short = (revision = 'no commit') => revision.replace(/^.*[:/@]/, '').slice(0, 12);

/** https://argo-cd.readthedocs.io/en/stable/operator-manual/health/ */
function argoController(app: ArgoApplication): Controller {
  const { metadata, spec = {}, status = {} } = app;
  const { sync = {}, health = {}, operationState: operation = {}, conditions = [] } = status;
  const sources = spec.sources ?? (spec.source ? [spec.source] : []);
  const name = `the Argo CD Application ${placeOf(app)}`;
  const synced = [sync.revision, ...(sync.revisions ?? [])];
  const tried = [operation.syncResult?.revision, ...(operation.syncResult?.revisions ?? [])];
  return {
    ids: [`argo ${metadata.name}`, `argo ${metadata.namespace}_${metadata.name}`],
    namespace: spec.destination?.namespace,
    isFor: (expected) =>
      sources.some(
        ({ path, repoURL = '' }) =>
          hasFolder(expected, path) &&
          (expected.repository === undefined || ownerAndName(repoURL) === ownerAndName(expected.repository)),
      ),
    objection({ commit }) {
      const isCurrent = commit === undefined || [...synced, ...tried].includes(commit);
      const isTried = commit === undefined || tried.includes(commit);
      if (['Failed', 'Error'].includes(operation.phase ?? '') && isTried)
        return failed(`${name} failed to sync: ${operation.message ?? 'no reason given'}`);
      const error = conditions.find(({ type }) => type.endsWith('Error'));
      if (error) return failed(`${name} has a ${error.type}: ${error.message ?? ''}`);
      if (operation.phase === 'Running') return progressing(`${name} is syncing`);
      if (sync.status === 'OutOfSync') {
        const { automated } = spec.syncPolicy ?? {};
        const isManual = automated === undefined || automated.enabled === false;
        return isManual ? unknown(`${name} is OutOfSync, and it syncs only by hand`) : open(`${name} is OutOfSync`);
      }
      if (!isCurrent) return open(`${name} is at ${short(sync.revision)}, not at ${short(commit)}`);
      if (health.status !== 'Degraded') return undefined;
      return failed(`${name} is Degraded${health.message ? `: ${health.message}` : ''}`);
    },
  };
}

/** Reasons of `Ready=False` that pass: https://fluxcd.io/flux/components/kustomize/kustomizations/#conditions */
const PASSING = ['DependencyNotReady', 'Progressing', 'ProgressingWithRetry', 'ArtifactFailed'];

function fluxController(kustomization: FluxKustomization): Controller {
  const { spec = {}, status = {} } = kustomization;
  const name = `the Flux Kustomization ${placeOf(kustomization)}`;
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const message = ready?.message ? `: ${ready.message}` : '';
  return {
    ids: [`flux ${placeOf(kustomization)}`],
    namespace: spec.targetNamespace,
    isFor: (expected) => hasFolder(expected, spec.path),
    objection({ commit }) {
      const isAt = (revision = '') => commit === undefined || revision.endsWith(commit);
      if (spec.suspend) return unknown(`${name} is suspended`);
      const isFinal = ready?.status === 'False' && !PASSING.includes(ready.reason ?? '');
      if (isFinal && isAt(status.lastAttemptedRevision))
        return failed(`${name} is not ready (${ready.reason})${message}`);
      if (ready?.status === 'Unknown') return progressing(`${name} is reconciling${message}`);
      if (isAt(status.lastAppliedRevision)) return undefined;
      const at = `${name} is at ${short(status.lastAppliedRevision)}, not at ${short(commit)}`;
      return open(ready?.status === 'False' ? `${at}${message}` : at);
    },
  };
}
