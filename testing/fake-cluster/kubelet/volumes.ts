import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
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
  if (volume.persistentVolumeClaim) {
    const { claimName } = volume.persistentVolumeClaim;
    if (!find(place, 'PersistentVolumeClaim', claimName)) {
      throw new MountFailure(`persistentvolumeclaim "${claimName}" not found`);
    }
    const folder = join(dir, 'claims', pod.metadata.namespace ?? '', claimName);
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
    return folder;
  }
  const folder = join(dir, 'pods', pod.metadata.uid ?? '', volume.name);
  await mkdir(folder, { recursive: true });
  // As an emptyDir is: anybody may write, whoever the container runs as.
  await chmod(folder, 0o777);
  if (volume.emptyDir) {
    if (pod.spec.securityContext?.fsGroup !== undefined) {
      await chown(folder, 0, pod.spec.securityContext.fsGroup);
    }
    return folder;
  }
  if (volume.secret) {
    const { secretName = '', items, defaultMode, optional } = volume.secret;
    const source = { kind: 'Secret', name: secretName, volume: volume.name, optional: optional ?? false };
    await layKeys(folder, source, { items, defaultMode }, place);
  } else if (volume.configMap) {
    const { name = '', items, defaultMode, optional } = volume.configMap;
    const source = { kind: 'ConfigMap', name, volume: volume.name, optional: optional ?? false };
    await layKeys(folder, source, { items, defaultMode }, place);
  } else {
    const type = Object.keys(volume).find((key) => key !== 'name');
    throw new MountFailure(`the fake cluster has no volumes of type ${type}`);
  }
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
