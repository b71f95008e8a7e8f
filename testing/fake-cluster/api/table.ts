import type { IncomingHttpHeaders } from 'node:http';
import type { KubeObject, StoredPod } from '../objects.js';

/** For people: kubectl prints what the server lays out. */
export const wantsTable = (headers: IncomingHttpHeaders): boolean =>
  /as=Table;v=v1;g=meta\.k8s\.io/.test(headers.accept ?? '');

const column = (name: string, type = 'string') => ({
  name,
  type,
  format: name === 'Name' ? 'name' : '',
  description: '',
  priority: 0,
});

/** The columns that people look for in pods; name and age of everything else. */
export function tableOf(objects: readonly KubeObject[], version: number) {
  const pods = objects.some(({ kind }) => kind === 'Pod');
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: String(version) },
    columnDefinitions: pods
      ? [column('Name'), column('Ready'), column('Status'), column('Restarts', 'integer'), column('Age')]
      : [column('Name'), column('Age')],
    rows: objects.map((object) => ({
      cells: pods ? podCells(object as StoredPod) : [object.metadata.name, ageOf(object)],
      object: {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: object.metadata,
      },
    })),
  };
}

function podCells(pod: StoredPod): unknown[] {
  const { containerStatuses = [], initContainerStatuses = [], phase, reason } = pod.status;
  const state = [...initContainerStatuses, ...containerStatuses]
    .map(({ state: now }) => now?.waiting?.reason ?? now?.terminated?.reason)
    .find((why) => why !== undefined && why !== 'Completed');
  const status = pod.metadata.deletionTimestamp ? 'Terminating' : (reason ?? state ?? phase);
  const ready = containerStatuses.filter((container) => container.ready).length;
  const restarts = containerStatuses.reduce((sum, container) => sum + container.restartCount, 0);
  const done = phase === 'Succeeded' ? 'Completed' : status;
  return [pod.metadata.name, `${ready}/${pod.spec.containers.length}`, done, restarts, ageOf(pod)];
}

function ageOf({ metadata }: KubeObject): string {
  const seconds = Math.floor((Date.now() - Date.parse(metadata.creationTimestamp ?? '')) / 1000);
  return seconds < 120 ? `${seconds}s` : `${Math.floor(seconds / 60)}m`;
}
