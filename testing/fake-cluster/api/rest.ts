import { parse } from 'yaml';
import { schemaProblems } from '../admission/schema.js';
import type { KubeObject } from '../objects.js';
import { answerReview } from './access.js';
import { type Answer, type Ask, placeOf, type ServerWorld } from './ask.js';
import { createObject } from './creation.js';
import { deleteObject } from './deletion.js';
import { readProtobuf } from './protobuf.js';
import { apiVersionOf } from './resources.js';
import { selectorOf } from './selectors.js';
import { apiError, invalid, notFound } from './status.js';

/** Everything that is answered at once. @throws ApiError */
export function answerRest(world: ServerWorld, ask: Ask): Answer {
  const act = ACTS[ask.verb];
  if (!act) throw apiError(405, 'the server does not allow this method on the requested resource');
  return act(world, ask);
}

const ACTS: Record<string, (world: ServerWorld, ask: Ask) => Answer> = {
  get(world, ask) {
    const object = existing(world, ask);
    return { code: 200, body: object };
  },
  list({ store }, { target, query }) {
    const { resource, namespace } = target;
    const items = store.list(resource, namespace || undefined).filter(selectorOf(query));
    const metadata = { resourceVersion: String(store.version) };
    const kind = `${resource.kind}List`;
    return { code: 200, body: { kind, apiVersion: apiVersionOf(resource), metadata, items } };
  },
  create(world, ask) {
    const object = checkedBody(ask, readObject(ask));
    if (ask.target.resource.verbs.length === 1) {
      return { code: 201, body: answerReview(world.store, ask.user, object) };
    }
    return { code: 201, body: createObject(world, ask.target.resource, object) };
  },
  delete: deleteObject,
};

/** @throws ApiError 404 */
function existing({ store }: ServerWorld, { target }: Ask): KubeObject {
  const object = store.get(target.resource, placeOf(target));
  if (!object) throw notFound(target.resource, target.name);
  return object;
}

function readObject({ body, headers }: Ask): KubeObject {
  const type = headers['content-type'] ?? 'application/json';
  if (type.includes('protobuf')) return readProtobuf(body) as KubeObject;
  if (type.includes('yaml')) return parse(body.toString()) as KubeObject;
  if (!type.includes('json')) throw apiError(415, `the fake cluster reads JSON and YAML, not ${type}`);
  return JSON.parse(body.toString()) as KubeObject;
}

/** The object of a request, in its namespace. @throws ApiError 400 or 422 for what the schema doesn't allow */
function checkedBody({ target, query }: Ask, object: KubeObject): KubeObject {
  const { resource, namespace } = target;
  const version = apiVersionOf(resource);
  if (object.kind !== resource.kind || object.apiVersion !== version) {
    throw apiError(
      400,
      `${object.kind} in version "${object.apiVersion}" cannot be handled as a ${resource.kind}: no kind ` +
        `"${object.kind}" is registered for version "${object.apiVersion}"`,
    );
  }
  const own = object.metadata?.namespace;
  if (own && namespace && own !== namespace) {
    throw apiError(400, 'the namespace of the provided object does not match the namespace sent on the request');
  }
  const prefix = `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}`;
  const { unknown, wrong } = schemaProblems(object);
  if (unknown.length > 0 && query.get('fieldValidation') !== 'Ignore') {
    throw apiError(400, `${prefix}: strict decoding error: ${unknown.join(', ')}`);
  }
  const missing = wrong.filter((problem) => problem.endsWith('Required value'));
  const mistyped = wrong.filter((problem) => !missing.includes(problem));
  if (mistyped.length > 0) throw apiError(400, `${prefix}: json: ${mistyped.join(', ')}`);
  if (missing.length > 0) throw invalid(resource, object.metadata?.name ?? '', missing);
  const metadata = { ...object.metadata, ...(namespace && { namespace }) };
  return { ...object, metadata };
}
