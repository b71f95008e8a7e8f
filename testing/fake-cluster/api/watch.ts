import type { KubeObject } from '../objects.js';
import type { Store, StoreEvent } from '../store.js';
import type { Ask, Streamed } from './ask.js';
import { selectorOf } from './selectors.js';
import { apiError } from './status.js';

/** Sends what changes, as it changes, until the client goes or its time is up. */
export async function answerWatch(store: Store, ask: Ask, { response, closed }: Streamed): Promise<void> {
  const { resource, namespace } = ask.target;
  if (ask.query.get('sendInitialEvents') === 'true') {
    throw apiError(
      422,
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch ' +
        'unless the WatchList feature gate is enabled',
    );
  }
  const selects = selectorOf(ask.query);
  const inScope = (object: KubeObject) =>
    (!namespace || object.metadata.namespace === namespace) &&
    (!ask.target.name || object.metadata.name === ask.target.name);
  const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
  const pass = (event: StoreEvent) => {
    if (event.plural !== resource.plural || !inScope(event.object)) return;
    const type = typeFor(event, selects);
    if (type) send(type, event.object);
  };

  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const asked = ask.query.get('resourceVersion');
  if (asked === null || asked === '' || asked === '0') {
    for (const object of store.list(resource, namespace || undefined)) {
      if (inScope(object) && selects(object)) send('ADDED', object);
    }
  } else {
    store.since(Number(asked)).forEach(pass);
  }
  const unlisten = store.listen(pass);
  const seconds = Number(ask.query.get('timeoutSeconds') ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  await closed;
  clearTimeout(timer);
  unlisten();
}

/** To a watch with a selector, objects come and go as they match or don't. */
function typeFor({ type, object, before }: StoreEvent, selects: (object: KubeObject) => boolean): string | undefined {
  const was = before !== undefined && selects(before);
  if (type === 'DELETED') return was ? 'DELETED' : undefined;
  if (selects(object)) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}
