import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, ContainerStateTerminated } from 'kubernetes-types/core/v1.js';
import { type StoredPod, timestamp } from '../objects.js';
import type { ContainerEnd, RunningContainer } from './container.js';

interface Place {
  /** Of the cluster. */
  dir: string;
  pod: StoredPod;
}

const folderOf = ({ dir, pod }: Place): string => join(dir, 'pods', pod.metadata.uid ?? '', '.last-words');

/** An empty file for what stands at a container's terminationMessagePath. */
export async function freshTerminationLog({ name }: Container, place: Place): Promise<string> {
  const folder = folderOf(place);
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, '', { mode: 0o666 });
  return file;
}

/** How a container ended, as its status says. */
export async function terminatedState(
  container: Container,
  running: RunningContainer,
  end: ContainerEnd,
  place: Place,
): Promise<ContainerStateTerminated> {
  const bytes = await readFile(join(folderOf(place), container.name)).catch(() => Buffer.alloc(0));
  const fallBack = container.terminationMessagePolicy === 'FallbackToLogsOnError' && end.exitCode !== 0;
  const message = bytes.subarray(0, 4096).toString() || (fallBack ? running.log.tail(80, 2048) : '');
  return {
    exitCode: end.exitCode,
    reason: end.oomKilled ? 'OOMKilled' : end.exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
    startedAt: timestamp(end.startedAt),
    finishedAt: timestamp(end.finishedAt),
    containerID: `containerd://${running.id}`,
  };
}
