import { amountRefusal } from '../admission/amounts.js';
import { defaulted } from '../admission/defaults.js';
import { podSecurityViolations } from '../admission/pod-security.js';
import { validationCauses } from '../admission/validation.js';
import { type KubeObject, nameSuffix, type PodSpec, type StoredPod } from '../objects.js';
import type { Store } from '../store.js';
import { type Resource, resourceOf } from './resources.js';
import { forbidden, invalid, notFound } from './status.js';

export interface Creation {
  store: Store;
  log: (line: string) => void;
}

/**
 * What an API server does to an object before it is stored.
 * @throws ApiError with the API's own words
 */
export function createObject({ store }: Creation, resource: Resource, object: KubeObject): KubeObject {
  const named = withName(object);
  admit(store, resource, named);
  const complete = defaulted(resource, named);
  const causes = validationCauses(resource, complete);
  if (causes.length > 0) throw invalid(resource, complete.metadata.name, causes);
  refuseUnsafe(store, resource, complete);
  refuseAmounts(store, resource, complete);
  return store.create(resource, complete);
}

function withName(object: KubeObject): KubeObject {
  const { name, generateName } = object.metadata;
  if (name || !generateName) return object;
  return { ...object, metadata: { ...object.metadata, name: `${generateName}${nameSuffix()}` } };
}

function admit(store: Store, resource: Resource, object: KubeObject): void {
  if (resource.scope === 'Cluster') return;
  const namespaces = resourceOf('Namespace');
  const name = object.metadata.namespace ?? '';
  if (!store.get(namespaces, { name })) throw notFound(namespaces, name);
  const { serviceAccountName = 'default' } = (object.spec ?? {}) as PodSpec;
  if (resource.kind !== 'Pod' || serviceAccountName === 'default') return;
  if (store.get(resourceOf('ServiceAccount'), { namespace: name, name: serviceAccountName })) return;
  throw forbidden(
    resource,
    object.metadata.name,
    `error looking up service account ${name}/${serviceAccountName}: serviceaccount "${serviceAccountName}" not found`,
  );
}

const ENFORCE = 'pod-security.kubernetes.io/enforce';

/** @throws ApiError when the namespace enforces a Pod Security Standard that the pod doesn't meet */
function refuseUnsafe(store: Store, resource: Resource, object: KubeObject): void {
  if (resource.kind !== 'Pod') return;
  const namespace = store.get(resourceOf('Namespace'), { name: object.metadata.namespace ?? '' });
  const level = namespace?.metadata.labels?.[ENFORCE] ?? 'privileged';
  if (level !== 'baseline' && level !== 'restricted') return;
  const violations = podSecurityViolations(object as KubeObject & { spec: PodSpec }, level);
  if (violations.length === 0) return;
  const version = namespace?.metadata.labels?.[`${ENFORCE}-version`] ?? 'latest';
  throw forbidden(
    resource,
    object.metadata.name,
    `violates PodSecurity "${level}:${version}": ${violations.join(', ')}`,
  );
}

function refuseAmounts(store: Store, resource: Resource, object: KubeObject): void {
  if (resource.kind !== 'Pod') return;
  const why = amountRefusal(store, object as StoredPod);
  if (why !== undefined) throw forbidden(resource, object.metadata.name, why);
}
