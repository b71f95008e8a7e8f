import { isMap } from './image-fields.js';
import { readDocuments, readYaml } from './resource.js';

/** A patch as kustomize tells its two kinds apart: a list of operations, or resources to merge. */
export type Patch =
  | { type: 'merge'; documents: Record<string, unknown>[] }
  | { type: 'operations'; operations: Operation[] }
  | { type: 'unreadable' };

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** Kinds whose containers and volumes are merged by name; elsewhere kustomize knows no schema and replaces lists. */
const POD_KINDS = [
  ...['CronJob', 'DaemonSet', 'Deployment', 'Job', 'Pod', 'PodTemplate', 'ReplicaSet'],
  ...['ReplicationController', 'StatefulSet'],
];
const MERGED_BY_NAME = ['containers', 'initContainers', 'ephemeralContainers', 'volumes', 'env'];

export function readPatch(text: string): Patch {
  const documents = readDocuments(text);
  if (documents) return { type: 'merge', documents };
  const [operations] = readYaml(text) ?? [];
  return Array.isArray(operations) && operations.every(isOperation)
    ? { type: 'operations', operations }
    : { type: 'unreadable' };
}

/** Merges a strategic merge patch into a resource. Undefined: the patch deletes the resource. */
export function mergePatch(
  resource: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = patch;
  const { name: _name, namespace: _namespace, ...labels } = isMap(metadata) ? metadata : {};
  const isPodKind = POD_KINDS.includes(String(resource.kind));
  if (patch.$patch === 'delete') return undefined;
  return mergeMap(resource, { metadata: labels, ...rest }, isPodKind);
}

/**
 * Carries out the operations of RFC 6902 on a resource.
 * @returns the sentence that says why one of them can not be
 */
export function applyOperations(
  resource: Record<string, unknown>,
  operations: readonly Operation[],
): string | undefined {
  for (const { op, path, from, value } of operations) {
    const source = from === undefined ? undefined : valueAt(resource, keysOf(from));
    const given = op === 'copy' || op === 'move' ? source : value;
    if (op === 'test') continue;
    if (op === 'move' && from !== undefined) change(resource, keysOf(from), 'remove', undefined);
    if (!change(resource, keysOf(path), op, structuredClone(given))) return `${op} ${path} has no place`;
  }
  return undefined;
}

function mergeMap(
  target: Record<string, unknown>,
  patch: Record<string, unknown>,
  byName: boolean,
): Record<string, unknown> {
  const { $patch, ...fields } = patch;
  const merged = $patch === 'replace' ? {} : { ...target };
  for (const [key, value] of Object.entries(fields)) {
    const own = merged[key];
    if (value === null || (isMap(value) && value.$patch === 'delete')) delete merged[key];
    else if (isMap(value)) merged[key] = mergeMap(isMap(own) ? own : {}, value, byName);
    else if (Array.isArray(value))
      merged[key] = mergeList(own, value, byName && MERGED_BY_NAME.includes(key));
    else merged[key] = value;
  }
  return merged;
}

function mergeList(target: unknown, patch: readonly unknown[], byName: boolean): unknown[] {
  const items = patch.filter((item) => !isMap(item) || item.name !== undefined || item.$patch === undefined);
  const directive = patch.find((item) => isMap(item) && item.name === undefined && item.$patch !== undefined);
  if (!byName || !Array.isArray(target) || (isMap(directive) && directive.$patch === 'replace')) return items;
  const patched = new Set<unknown>();
  const fresh: unknown[] = [];
  const existing: unknown[] = target;
  const own = new Map(existing.filter(isMap).map((item) => [item.name, item]));
  for (const item of items.filter(isMap)) {
    const found = own.get(item.name);
    patched.add(item.name);
    if (item.$patch !== 'delete') fresh.push(mergeMap(found ?? {}, item, byName));
  }
  // kustomize puts what a patch names in front.
  return [...fresh, ...existing.filter((item) => !isMap(item) || !patched.has(item.name))];
}

function change(root: unknown, keys: readonly string[], op: string, value: unknown): boolean {
  const parent = valueAt(root, keys.slice(0, -1));
  const key = keys.at(-1);
  if (key === undefined) return false;
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key);
    const last = op === 'remove' || op === 'replace' ? parent.length - 1 : parent.length;
    if (!Number.isInteger(index) || index < 0 || index > last) return false;
    if (op === 'remove') parent.splice(index, 1);
    else parent.splice(index, op === 'replace' ? 1 : 0, value);
    return true;
  }
  if (!isMap(parent)) return false;
  if ((op === 'remove' || op === 'replace') && !(key in parent)) return false;
  if (op === 'remove') delete parent[key];
  else parent[key] = value;
  return true;
}

function valueAt(root: unknown, keys: readonly string[]): unknown {
  let node = root;
  for (const key of keys) {
    node = Array.isArray(node) ? (node as unknown[])[Number(key)] : isMap(node) ? node[key] : undefined;
  }
  return node;
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function keysOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isOperation(value: unknown): value is Operation {
  return isMap(value) && typeof value.op === 'string' && typeof value.path === 'string';
}
