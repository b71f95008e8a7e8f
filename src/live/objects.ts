import type * as apps from 'kubernetes-types/apps/v1.js';
import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import type { ObjectMeta, Pod } from '../kubernetes/pod.js';

/** What is read of a Deployment, StatefulSet, or DaemonSet. */
export interface Workload {
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  metadata: ObjectMeta;
  spec: {
    replicas?: number;
    paused?: boolean;
    progressDeadlineSeconds?: number;
    selector: LabelSelector;
    template: { spec: { initContainers?: Container[]; containers: Container[] } };
  };
  status?: apps.DeploymentStatus & Partial<Omit<apps.DaemonSetStatus, 'conditions'>>;
}

export interface Container {
  name: string;
  image?: string;
}

interface Condition {
  type: string;
  status?: string;
  reason?: string;
  message?: string;
}

/** https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml */
export interface ArgoApplication {
  metadata: ObjectMeta;
  spec?: {
    source?: ArgoSource;
    sources?: ArgoSource[];
    destination?: { namespace?: string };
    syncPolicy?: { automated?: { enabled?: boolean } };
  };
  status?: {
    sync?: { status?: string; revision?: string; revisions?: string[] };
    health?: { status?: string; message?: string };
    operationState?: { phase?: string; message?: string; syncResult?: { revision?: string; revisions?: string[] } };
    conditions?: Condition[];
  };
}

interface ArgoSource {
  repoURL?: string;
  path?: string;
}

/** https://fluxcd.io/flux/components/kustomize/kustomizations/ */
export interface FluxKustomization {
  metadata: ObjectMeta;
  spec?: { path?: string; suspend?: boolean; targetNamespace?: string };
  status?: { lastAppliedRevision?: string; lastAttemptedRevision?: string; conditions?: Condition[] };
}

/** What could be read of a cluster. */
export interface ClusterReading {
  workloads: readonly Workload[];
  pods: readonly Pod[];
  applications: readonly ArgoApplication[];
  kustomizations: readonly FluxKustomization[];
  unreadable: readonly Unreadable[];
}

export interface Unreadable {
  /** As in `deployments.apps`. */
  resource: string;
  /** Undefined: that of kubectl's context. */
  namespace?: string;
  /** As in `the right to list pods in the namespace acme is missing`. */
  reason: string;
}

/** `acme/api`. */
export const placeOf = ({ metadata }: { metadata: ObjectMeta }): string =>
  `${metadata.namespace ?? 'default'}/${metadata.name}`;

/** `Deployment acme/api`. */
export const nameOf = (workload: Workload): string => `${workload.kind} ${placeOf(workload)}`;
