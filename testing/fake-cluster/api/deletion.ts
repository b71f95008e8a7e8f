import { type KubeObject, type StoredPod, timestamp } from '../objects.js';
import type { Store } from '../store.js';
import { type Answer, type Ask, placeOf, type ServerWorld } from './ask.js';
import { readProtobuf } from './protobuf.js';
import { type Resource, RESOURCES, resourceOf } from './resources.js';
import { selectorOf } from './selectors.js';
import { apiError, notFound } from './status.js';

interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  preconditions?: { uid?: string };
  dryRun?: string[];
}

export function deleteObject({ store }: ServerWorld, ask: Ask): Answer {
  const { resource, name } = ask.target;
  const object = store.get(resource, placeOf(ask.target));
  if (!object) throw notFound(resource, name);
  const options = optionsOf(ask);
  const wanted = options.preconditions?.uid;
  if (wanted !== undefined && wanted !== object.metadata.uid) {
    throw apiError(
      409,
      `Operation cannot be fulfilled on ${resource.resource} "${name}": the UID in the precondition ` +
        `(${wanted}) does not match the UID in record (${object.metadata.uid}). The object might have been deleted ` +
        'and then recreated',
    );
  }
  const dry = options.dryRun?.includes('All') ?? false;
  const gone = dry ? object : remove(store, resource, object, options);
  if (resource.kind === 'Pod' || resource.kind === 'Namespace') return { code: 200, body: gone };
  const { uid } = object.metadata;
  const details = { name, ...(resource.group && { group: resource.group }), kind: resource.plural, uid };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

export function deleteCollection({ store }: ServerWorld, ask: Ask): Answer {
  const { resource, namespace } = ask.target;
  const items = store.list(resource, namespace).filter(selectorOf(ask.query));
  for (const object of items) remove(store, resource, object, optionsOf(ask));
  return { code: 200, body: { kind: `${resource.kind}List`, apiVersion: 'v1', metadata: {}, items } };
}

function optionsOf({ body, query, headers }: Ask): DeleteOptions {
  const read = (): unknown =>
    headers['content-type']?.includes('protobuf') ? readProtobuf(body) : JSON.parse(body.toString());
  const options = body.length > 0 ? (read() as DeleteOptions) : {};
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  return {
    ...options,
    ...(grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...(query.get('dryRun') === 'All' && { dryRun: ['All'] }),
  };
}

function remove(store: Store, resource: Resource, object: KubeObject, options: DeleteOptions): KubeObject {
  if (options.propagationPolicy === 'Orphan') releaseChildren(store, object);
  if (resource.kind === 'Pod') return removePod(store, object as StoredPod, options.gracePeriodSeconds);
  if (resource.kind === 'Namespace') return removeNamespace(store, object);
  return store.remove(resource, object.metadata) ?? object;
}

/** A node ends its containers first, unless it was never on one, or nobody wants to wait. */
function removePod(store: Store, pod: StoredPod, asked: number | undefined): KubeObject {
  const resource = resourceOf('Pod');
  const seconds = asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  if (seconds === 0 || !pod.spec.nodeName) return store.remove(resource, pod.metadata) ?? pod;
  const marked = store.change(resource, pod.metadata, ({ metadata }) => {
    metadata.deletionTimestamp ??= timestamp(new Date(Date.now() + seconds * 1000));
    metadata.deletionGracePeriodSeconds ??= seconds;
  });
  return marked ?? pod;
}

function releaseChildren(store: Store, owner: KubeObject): void {
  const resource = resourceOf('Pod');
  for (const child of store.list(resource, owner.metadata.namespace)) {
    store.change(resource, child.metadata, ({ metadata }) => {
      metadata.ownerReferences =
        metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
    });
  }
}

/** All that is in it goes first. */
function removeNamespace(store: Store, namespace: KubeObject): KubeObject {
  const resource = resourceOf('Namespace');
  const place = { name: namespace.metadata.name };
  const marked = store.change(resource, place, (object) => {
    object.metadata.deletionTimestamp = timestamp();
    object.status = { phase: 'Terminating' };
  });
  for (const kind of RESOURCES.filter(({ scope, verbs }) => scope === 'Namespaced' && verbs.length > 1)) {
    for (const object of store.list(kind, place.name)) remove(store, kind, object, {});
  }
  const waiting = setInterval(() => {
    if (store.list(resourceOf('Pod'), place.name).length > 0) return;
    clearInterval(waiting);
    for (const event of store.list(resourceOf('Event'), place.name)) {
      store.remove(resourceOf('Event'), event.metadata);
    }
    store.remove(resource, place);
  }, 50);
  waiting.unref();
  return marked ?? namespace;
}
