import type { Container, Pod, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';

/** The API server may write what clients may not. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What is stored: every object has a name by then. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Writable<ObjectMeta> & { name: string };
  [field: string]: unknown;
}

export type StoredPod = Omit<Pod, 'metadata'> & KubeObject & { spec: PodSpec; status: PodStatus };
export type { Container, PodSpec, PodStatus };

/** Now, as Kubernetes writes times: whole seconds. */
export function timestamp(date = new Date()): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** As of `generateName`: no vowels, so that no words come of it. */
export function nameSuffix(length = 5): string {
  let suffix = '';
  while (suffix.length < length) {
    suffix += SUFFIX_LETTERS[Math.floor(Math.random() * SUFFIX_LETTERS.length)];
  }
  return suffix;
}

export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
}

const SCALES: Record<string, number> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** The number that a quantity (`500m`, `2Gi`) stands for; undefined: it is none. */
export function parseQuantity(text: string | number): number | undefined {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti|)$/.exec(String(text));
  const scale = SCALES[match?.[2] ?? ''];
  const number = Number(match?.[1] ?? NaN);
  return match === null || scale === undefined || Number.isNaN(number) ? undefined : number * scale;
}
