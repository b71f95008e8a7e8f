import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { createObject, type Creation } from './api/creation.js';
import { type Resource, resourceOf } from './api/resources.js';
import { recordEvent } from './events.js';
import { isOwnedBy, type KubeObject, nameSuffix, type StoredPod, timestamp } from './objects.js';
import type { Store, StoreEvent } from './store.js';

const PODS = resourceOf('Pod');
const SECRETS = resourceOf('Secret');
const DEPLOYMENTS = resourceOf('Deployment');

type StoredDeployment = KubeObject & Deployment;

/** Deployments make pods; what belongs to something that was deleted goes, too. @returns ends it */
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
  if (plural === 'deployments' && type !== 'DELETED') reconcileDeployment(creation, object.metadata);
  if (plural === 'pods') {
    for (const { kind, name } of object.metadata.ownerReferences ?? []) {
      const place = { ...(object.metadata.namespace && { namespace: object.metadata.namespace }), name };
      if (kind === 'Deployment') reconcileDeployment(creation, place);
    }
  }
}

/** Deletes what the object owned. */
function collectGarbage(store: Store, owner: KubeObject): void {
  for (const resource of [PODS, SECRETS]) {
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
function makePod(creation: Creation, owner: KubeObject, template: PodTemplateSpec, prefix: string): string | undefined {
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
  const component = 'replicaset-controller';
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
