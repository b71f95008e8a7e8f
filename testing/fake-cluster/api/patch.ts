import { apiError } from './status.js';

type Json = Record<string, unknown>;

/** How items of a list are told apart, where a strategic merge goes into lists. */
const MERGE_KEYS: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  ownerReferences: 'uid',
  secrets: 'name',
};

/** @throws ApiError 415 for a kind of patch that the double doesn't know */
export function applyPatch(object: Json, patch: Buffer, type: string): Json {
  if (type.startsWith('application/strategic-merge-patch+json')) {
    return mergeStrategic(object, JSON.parse(patch.toString()) as Json);
  }
  if (type.startsWith('application/merge-patch+json')) {
    return mergePlain(object, JSON.parse(patch.toString()) as Json) as Json;
  }
  throw apiError(415, `the body of the request was in an unknown format - accepted media types include: ${type}`);
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** https://www.rfc-editor.org/rfc/rfc7386 */
function mergePlain(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePlain(result[key], value);
  }
  return result;
}

/** https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ */
function mergeStrategic(target: Json, patch: Json): Json {
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const kept = patch.$retainKeys as string[] | undefined;
  const result: Json = kept
    ? Object.fromEntries(Object.entries(target).filter(([key]) => kept.includes(key)))
    : { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    const current = result[key];
    if (value === null) delete result[key];
    else if (isObject(value)) result[key] = mergeStrategic(isObject(current) ? current : {}, value);
    else if (Array.isArray(value)) result[key] = mergeList(key, Array.isArray(current) ? current : [], value);
    else result[key] = value;
  }
  return result;
}

function mergeList(field: string, current: unknown[], patch: unknown[]): unknown[] {
  const key = MERGE_KEYS[field];
  if (key === undefined || !patch.every(isObject)) return patch;
  const result = [...current] as Json[];
  for (const item of patch) {
    const index = result.findIndex((other) => other[key] === item[key]);
    if (item.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index < 0) {
      result.push(mergeStrategic({}, item));
    } else {
      result[index] = mergeStrategic(result[index] ?? {}, item);
    }
  }
  return result;
}

const withoutDirectives = (patch: Json): Json =>
  Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
