import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { KeyToPath, Volume } from 'kubernetes-types/core/v1.js';
import { resourceOf } from '../api/resources.js';
import type { StoredPod } from '../objects.js';
import type { Store } from '../store.js';

/** A volume can't be set up, now; kubelets try again. */
export class MountFailure extends Error {
  override readonly name = 'MountFailure';
}

/** Volume name → folder on this machine. @throws MountFailure in a kubelet's words */
export async function layVolumes(pod: StoredPod, store: Store, dir: string): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    folders.set(volume.name, await layVolume(volume, { pod, store, dir }));
  }
  return folders;
}

interface Place {
  pod: StoredPod;
  store: Store;
  /** Of the cluster. */
  dir: string;
}

async function layVolume(volume: Volume, place: Place): Promise<string> {
  const { pod, dir } = place;
  const folder = join(dir, 'pods', pod.metadata.uid ?? '', volume.name);
  await mkdir(folder, { recursive: true });
  // As an emptyDir is: anybody may write, whoever the container runs as.
  await chmod(folder, 0o777);
  const { secret, configMap } = volume;
  const how = secret ?? configMap;
  if (how === undefined) return folder;
  const name = secret?.secretName ?? configMap?.name ?? '';
  const source = { kind: secret ? 'Secret' : 'ConfigMap', name, volume: volume.name, optional: how.optional ?? false };
  await layKeys(folder, source, how, place);
  return folder;
}

interface Source {
  kind: string;
  name: string;
  volume: string;
  optional: boolean;
}

async function layKeys(
  folder: string,
  source: Source,
  how: { items?: KeyToPath[] | undefined; defaultMode?: number | undefined },
  place: Place,
): Promise<void> {
  const { kind, name, volume, optional } = source;
  const object = find(place, kind, name);
  if (!object) {
    if (optional) return;
    throw new MountFailure(
      `MountVolume.SetUp failed for volume "${volume}" : ${kind.toLowerCase()} "${name}" not found`,
    );
  }
  const content = contentOf(object);
  const items: KeyToPath[] = how.items ?? [...content.keys()].map((key) => ({ key, path: key }));
  for (const { key, path, mode } of items) {
    const bytes = content.get(key);
    if (!bytes) {
      if (optional) continue;
      throw new MountFailure(
        `MountVolume.SetUp failed for volume "${volume}" : references non-existent ${kind.toLowerCase()} key: ${key}`,
      );
    }
    const file = join(folder, normalize(path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await chmod(file, mode ?? how.defaultMode ?? 0o644);
  }
}

function find({ pod, store }: Place, kind: string, name: string) {
  return store.get(resourceOf(kind), { namespace: pod.metadata.namespace ?? '', name });
}

/** Keys and bytes of a Secret or a ConfigMap. */
export function contentOf(object: Record<string, unknown>): Map<string, Buffer> {
  const secret = object.kind === 'Secret';
  const entries = (field: unknown, encoding: BufferEncoding) =>
    Object.entries((field ?? {}) as Record<string, string>).map(
      ([key, value]) => [key, Buffer.from(value, encoding)] as const,
    );
  return new Map([...entries(object.data, secret ? 'base64' : 'utf8'), ...entries(object.binaryData, 'base64')]);
}
