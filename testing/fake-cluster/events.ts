import { resourceOf } from './api/resources.js';
import { type KubeObject, nameSuffix, timestamp } from './objects.js';
import type { Store } from './store.js';

/** Records what happened to an object, as components of a cluster do; the same again is counted. */
export function recordEvent(
  store: Store,
  about: KubeObject,
  event: { type: 'Normal' | 'Warning'; reason: string; message: string; component: string },
): void {
  const resource = resourceOf('Event');
  const namespace = about.metadata.namespace ?? 'default';
  const known = store
    .list(resource, namespace)
    .find(
      ({ involvedObject, reason, message }) =>
        (involvedObject as { uid?: string }).uid === about.metadata.uid &&
        reason === event.reason &&
        message === event.message,
    );
  if (known) {
    const { name } = known.metadata;
    store.change(resource, { namespace, name }, (object) => {
      object.count = Number(object.count) + 1;
      object.lastTimestamp = timestamp();
    });
    return;
  }
  store.create(resource, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.metadata.name}.${nameSuffix(16)}`, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name: about.metadata.name,
      namespace,
      uid: about.metadata.uid,
      resourceVersion: about.metadata.resourceVersion,
    },
    type: event.type,
    reason: event.reason,
    message: event.message,
    source: { component: event.component },
    reportingComponent: event.component,
    reportingInstance: '',
    firstTimestamp: timestamp(),
    lastTimestamp: timestamp(),
    eventTime: null,
    count: 1,
  });
}
