import { randomUUID } from 'node:crypto';
import { alreadyExists, notFound } from './api/status.js';
import type { Resource } from './api/resources.js';
import { type KubeObject, timestamp } from './objects.js';

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  plural: string;
  version: number;
  object: KubeObject;
  /** What it was before, so that a watch with a selector sees objects leave. */
  before?: KubeObject;
}

/** What etcd is to the API server: objects, one count of versions, and the history that watches read. */
export class Store {
  #objects = new Map<string, KubeObject>();
  #version = 1000;
  #history: StoreEvent[] = [];
  #listeners = new Set<(event: StoreEvent) => void>();

  get version(): number {
    return this.#version;
  }

  create(resource: Resource, object: KubeObject): KubeObject {
    const key = keyOf(resource, object.metadata);
    if (this.#objects.has(key)) throw alreadyExists(resource, object.metadata.name);
    const metadata = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: timestamp(),
      ...(hasGeneration(object) && { generation: 1 }),
    };
    return this.#put(resource, key, { ...object, metadata }, undefined);
  }

  update(resource: Resource, object: KubeObject): KubeObject {
    const key = keyOf(resource, object.metadata);
    const before = this.#objects.get(key);
    if (!before) throw notFound(resource, object.metadata.name);
    const changed = JSON.stringify(before.spec) !== JSON.stringify(object.spec);
    const { uid, creationTimestamp, generation = 0 } = before.metadata;
    const metadata = {
      ...object.metadata,
      uid,
      creationTimestamp,
      ...(hasGeneration(object) && { generation: changed ? generation + 1 : generation }),
    };
    const next = { ...object, metadata };
    if (sameContent(before, next)) return structuredClone(before);
    return this.#put(resource, key, next, before);
  }

  /** Sets an object as it is, with its status; no controller and no node learns of it. */
  place(resource: Resource, object: KubeObject): void {
    const metadata = { uid: randomUUID(), creationTimestamp: timestamp(), generation: 1, ...object.metadata };
    metadata.resourceVersion = String(++this.#version);
    this.#objects.set(keyOf(resource, metadata), structuredClone({ ...object, metadata }));
  }

  /** Changes what is stored, whatever its version; undefined when it is gone. */
  change(
    resource: Resource,
    place: { namespace?: string; name: string },
    edit: (object: KubeObject) => void,
  ): KubeObject | undefined {
    const object = this.get(resource, place);
    if (!object) return undefined;
    edit(object);
    return this.update(resource, object);
  }

  remove(resource: Resource, place: { namespace?: string; name: string }): KubeObject | undefined {
    const key = keyOf(resource, place);
    const before = this.#objects.get(key);
    if (!before) return undefined;
    this.#objects.delete(key);
    return this.#record('DELETED', resource, before, before);
  }

  get(resource: Resource, place: { namespace?: string; name: string }): KubeObject | undefined {
    const found = this.#objects.get(keyOf(resource, place));
    return found && structuredClone(found);
  }

  list(resource: Resource, namespace?: string): KubeObject[] {
    const prefix = `${resource.plural}/${namespace === undefined ? '' : `${namespace}/`}`;
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.flatMap((key) => {
      const object = this.#objects.get(key);
      return object ? [structuredClone(object)] : [];
    });
  }

  since(version: number): StoreEvent[] {
    return this.#history.filter((event) => event.version > version);
  }

  /** @returns ends it */
  listen(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(resource: Resource, key: string, object: KubeObject, before: KubeObject | undefined): KubeObject {
    return this.#record(before ? 'MODIFIED' : 'ADDED', resource, object, before, key);
  }

  #record(
    type: StoreEvent['type'],
    resource: Resource,
    object: KubeObject,
    before: KubeObject | undefined,
    key?: string,
  ): KubeObject {
    const version = ++this.#version;
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(version);
    if (key !== undefined) this.#objects.set(key, stored);
    const event = { type, plural: resource.plural, version, object: stored, ...(before && { before }) };
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
    return structuredClone(stored);
  }
}

function keyOf({ plural, scope }: Resource, place: { namespace?: string; name: string }): string {
  return scope === 'Cluster' ? `${plural}/${place.name}` : `${plural}/${place.namespace}/${place.name}`;
}

const hasGeneration = ({ kind }: KubeObject) => kind === 'Deployment';

function sameContent(one: KubeObject, other: KubeObject): boolean {
  const content = (object: KubeObject) =>
    JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });
  return content(one) === content(other);
}
