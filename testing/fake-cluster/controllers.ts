import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Job } from 'kubernetes-types/batch/v1.js';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { createObject, type Creation } from './api/creation.js';
import { type Resource, resourceOf } from './api/resources.js';
import { recordEvent } from './events.js';
import { isOwnedBy, type KubeObject, nameSuffix, type StoredPod, timestamp } from './objects.js';
import type { Store, StoreEvent } from './store.js';

const PODS = resourceOf('Pod');
const JOBS = resourceOf('Job');
const SECRETS = resourceOf('Secret');
const DEPLOYMENTS = resourceOf('Deployment');

type StoredJob = KubeObject & Job;
type StoredDeployment = KubeObject & Deployment;

/** Jobs and Deployments make pods; what belongs to something that was deleted goes, too. @returns ends it */
export function startControllers(creation: Creation): () => void {
  const { store } = creation;
  return store.listen((event) => {
    // After whoever is changing the store now.
    setImmediate(() => {
      try {
        react(creation, event);
      } catch (error) {
        creation.log(`controllers: ${String(error)}`);
      }
    });
  });
}

function react(creation: Creation, { type, plural, object }: StoreEvent): void {
  const { store } = creation;
  if (type === 'DELETED') collectGarbage(store, object);
  if (plural === 'secrets' && type === 'ADDED') removeIfAbandoned(store, object);
  if (plural === 'jobs' && type !== 'DELETED') reconcileJob(creation, object.metadata);
  if (plural === 'deployments' && type !== 'DELETED') reconcileDeployment(creation, object.metadata);
  if (plural === 'pods') {
    for (const { kind, name } of object.metadata.ownerReferences ?? []) {
      const place = { ...(object.metadata.namespace && { namespace: object.metadata.namespace }), name };
      if (kind === 'Job') reconcileJob(creation, place);
      if (kind === 'Deployment') reconcileDeployment(creation, place);
    }
  }
}

/** Deletes what the object owned. */
function collectGarbage(store: Store, owner: KubeObject): void {
  for (const resource of [PODS, JOBS, SECRETS]) {
    for (const object of store.list(resource, owner.metadata.namespace)) {
      if (isOwnedBy(object, owner)) deletePod(store, resource, object);
    }
  }
}

/** Its owner was gone before it was made. */
function removeIfAbandoned(store: Store, object: KubeObject): void {
  const owners = object.metadata.ownerReferences ?? [];
  const { namespace = '' } = object.metadata;
  const lives = ({ kind, name, uid }: (typeof owners)[number]) =>
    store.get(resourceOf(kind), { namespace, name })?.metadata.uid === uid;
  if (owners.length > 0 && !owners.some(lives)) store.remove(SECRETS, object.metadata);
}

function deletePod(store: Store, resource: Resource, object: KubeObject): void {
  if (resource !== PODS) {
    store.remove(resource, object.metadata);
    return;
  }
  store.change(PODS, object.metadata, (pod) => {
    pod.metadata.deletionTimestamp ??= timestamp();
    pod.metadata.deletionGracePeriodSeconds ??= 30;
  });
}

/** @returns why there may be none */
function makePod(
  creation: Creation,
  owner: KubeObject,
  template: PodTemplateSpec,
  prefix: string,
): string | undefined {
  const namespace = owner.metadata.namespace ?? '';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...template.metadata,
      name: `${prefix}-${nameSuffix()}`,
      namespace,
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name: owner.metadata.name,
          uid: owner.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: structuredClone(template.spec),
  };
  const component = owner.kind === 'Job' ? 'job-controller' : 'replicaset-controller';
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    recordEvent(creation.store, owner, { type, reason, message, component });
  try {
    createObject(creation, PODS, pod);
    tell('Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    return undefined;
  } catch (error) {
    // Of a quota or a policy: an event tells (of a deployment a condition, too), and nothing is made.
    const { message } = error as Error;
    tell('Warning', 'FailedCreate', `Error creating: ${message}`);
    return message;
  }
}

function ownPods(store: Store, owner: KubeObject): StoredPod[] {
  const pods = store.list(PODS, owner.metadata.namespace) as StoredPod[];
  return pods.filter((pod) => isOwnedBy(pod, owner));
}

function reconcileJob(creation: Creation, place: { namespace?: string; name: string }): void {
  const { store } = creation;
  const job = store.get(JOBS, place) as StoredJob | undefined;
  if (!job || job.status?.conditions?.length) return;
  const pods = ownPods(store, job).filter((pod) => !pod.metadata.deletionTimestamp);
  const count = (phase: string) => pods.filter((pod) => pod.status.phase === phase).length;
  const [succeeded, failed] = [count('Succeeded'), count('Failed')];
  const active = pods.length - succeeded - failed;
  const limit = job.spec?.backoffLimit ?? 6;
  const done = succeeded >= (job.spec?.completions ?? 1);
  const over = failed > limit;
  if (!done && !over && active === 0 && job.spec && !job.spec.suspend) {
    makePod(creation, job, job.spec.template, job.metadata.name);
    if (failed === 0) watchDeadline(store, job);
  }
  const now = timestamp();
  const condition = done
    ? { type: 'Complete', status: 'True', lastTransitionTime: now }
    : over && {
        type: 'Failed',
        status: 'True',
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
        lastTransitionTime: now,
      };
  store.change(JOBS, place, (object) => {
    object.status = {
      startTime: job.status?.startTime ?? now,
      ...(active > 0 && { active }),
      ...(succeeded > 0 && { succeeded }),
      ...(failed > 0 && { failed }),
      ...(condition && { conditions: [condition] }),
      ...(done && { completionTime: now }),
    };
  });
  const ttl = job.spec?.ttlSecondsAfterFinished;
  if (condition && ttl !== undefined) setTimeout(() => store.remove(JOBS, place), ttl * 1000).unref();
}

/** A Job that takes longer than it may fails, and its pods are ended. */
function watchDeadline(store: Store, job: StoredJob): void {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined) return;
  const expire = () => {
    const current = store.get(JOBS, job.metadata) as StoredJob | undefined;
    if (current?.metadata.uid !== job.metadata.uid || current?.status?.conditions?.length) return;
    store.change(JOBS, job.metadata, (object) => {
      const message = 'Job was active longer than specified deadline';
      const condition = { type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message };
      object.status = { ...current?.status, conditions: [{ ...condition, lastTransitionTime: timestamp() }] };
    });
    for (const pod of ownPods(store, job)) deletePod(store, PODS, pod);
  };
  setTimeout(expire, seconds * 1000).unref();
}

const TEMPLATE = 'pod-template-hash';

function reconcileDeployment(creation: Creation, place: { namespace?: string; name: string }): void {
  const { store } = creation;
  const deployment = store.get(DEPLOYMENTS, place) as StoredDeployment | undefined;
  if (!deployment?.spec) return;
  const { template, replicas: wanted = 1 } = deployment.spec;
  const hash = templateHash(template);
  const pods = ownPods(store, deployment).filter((pod) => !pod.metadata.deletionTimestamp);
  const dead = (pod: StoredPod) => pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded';
  const current = pods.filter((pod) => pod.metadata.labels?.[TEMPLATE] === hash && !dead(pod));
  const surplus = [...pods.filter((pod) => !current.includes(pod) && !dead(pod)), ...current.slice(wanted)];
  for (const pod of surplus) deletePod(store, PODS, pod);
  const labels = { ...template.metadata?.labels, [TEMPLATE]: hash };
  const marked = { ...template, metadata: { ...template.metadata, labels } };
  let refusal: string | undefined;
  for (let index = current.length; index < wanted && refusal === undefined; index++) {
    refusal = makePod(creation, deployment, marked, `${deployment.metadata.name}-${hash}`);
  }
  const ready = current.filter((pod) =>
    pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  ).length;
  const available = ready >= wanted;
  store.change(DEPLOYMENTS, place, (object) => {
    object.status = {
      observedGeneration: object.metadata.generation,
      replicas: Math.max(current.length, ownPods(store, deployment).length),
      updatedReplicas: current.length,
      ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
      ...(!available && { unavailableReplicas: wanted - ready }),
      conditions: [
        {
          type: 'Available',
          status: available ? 'True' : 'False',
          reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
        ...(refusal === undefined
          ? []
          : [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal }]),
      ],
    };
  });
}

function templateHash(template: PodTemplateSpec): string {
  let hash = 5381;
  for (const letter of JSON.stringify(template)) hash = (hash * 33 + letter.charCodeAt(0)) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
