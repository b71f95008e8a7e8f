import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Container, PodSpec, Secret } from 'kubernetes-types/core/v1.js';
import type { Resource } from '../api/resources.js';
import type { KubeObject } from '../objects.js';

/** The object with what the API server fills in. */
export function defaulted(resource: Resource, given: KubeObject): KubeObject {
  const object = structuredClone(given);
  FILL[resource.kind]?.(object);
  return object;
}

const FILL: Record<string, (object: KubeObject) => void> = {
  Namespace(object) {
    object.spec = { finalizers: ['kubernetes'] };
    object.status = { phase: 'Active' };
    object.metadata.labels = {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    };
  },
  Pod(object) {
    fillPodSpec(object.spec as PodSpec, 'Always');
    object.status = { phase: 'Pending' };
  },
  Deployment(object) {
    const spec = object.spec as NonNullable<Deployment['spec']>;
    spec.replicas ??= 1;
    spec.strategy ??= { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } };
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    if (spec.template.spec) fillPodSpec(spec.template.spec, 'Always');
    object.status = {};
  },
  Secret(object) {
    const secret = object as KubeObject & Secret;
    secret.type ??= 'Opaque';
    for (const [key, value] of Object.entries(secret.stringData ?? {})) {
      secret.data = { ...secret.data, [key]: Buffer.from(value).toString('base64') };
    }
    delete secret.stringData;
  },
};

function fillPodSpec(spec: PodSpec, restartPolicy: string): void {
  spec.restartPolicy ??= restartPolicy;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  spec.enableServiceLinks ??= true;
  spec.serviceAccountName ??= 'default';
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) fillContainer(container);
  for (const volume of spec.volumes ?? []) {
    for (const source of [volume.secret, volume.configMap]) {
      if (source) source.defaultMode ??= 0o644;
    }
  }
}

function fillContainer(container: Container): void {
  const latest = !/:[^/]+$|@/.test(container.image ?? '') || /:latest$/.test(container.image ?? '');
  container.imagePullPolicy ??= latest ? 'Always' : 'IfNotPresent';
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.resources ??= {};
  const { limits } = container.resources;
  if (limits) container.resources.requests = { ...limits, ...container.resources.requests };
}
