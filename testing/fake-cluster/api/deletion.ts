import { type KubeObject, type StoredPod, timestamp } from '../objects.js';
import type { Store } from '../store.js';
import { type Answer, type Ask, placeOf, type ServerWorld } from './ask.js';
import { readProtobuf } from './protobuf.js';
import { resourceOf } from './resources.js';
import { notFound } from './status.js';

export function deleteObject({ store }: ServerWorld, ask: Ask): Answer {
  const { resource, name } = ask.target;
  const object = store.get(resource, placeOf(ask.target));
  if (!object) throw notFound(resource, name);
  if (resource.kind === 'Pod') return { code: 200, body: removePod(store, object as StoredPod, graceOf(ask)) };
  store.remove(resource, object.metadata);
  const { uid } = object.metadata;
  const details = { name, ...(resource.group && { group: resource.group }), kind: resource.plural, uid };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

function graceOf({ body, query, headers }: Ask): number | undefined {
  const read = (): unknown =>
    headers['content-type']?.includes('protobuf') ? readProtobuf(body) : JSON.parse(body.toString());
  const options = body.length > 0 ? (read() as { gracePeriodSeconds?: number }) : {};
  const asked = query.get('gracePeriodSeconds');
  return asked === null ? options.gracePeriodSeconds : Number(asked);
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
