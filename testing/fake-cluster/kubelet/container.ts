import type { Socket } from 'node:net';
import { ContainerLog } from './container-log.js';
import { type DockerApi, DockerError, readFrames } from './docker-api.js';

export interface ContainerEnd {
  exitCode: number;
  oomKilled: boolean;
  startedAt: Date;
  finishedAt: Date;
}

const SIGKILLED = 128 + 9;

/** A started container of a pod. */
export interface RunningContainer {
  id: string;
  startedAt: Date;
  log: ContainerLog;
  stdin?: Stdin;
  ended: Promise<ContainerEnd>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  remove(): Promise<void>;
}

/** A container's standard input: kept open between attachments unless it is `stdinOnce`. */
export interface Stdin {
  socket: Socket;
  once: boolean;
}

/**
 * Creates and starts a container; all it prints is kept, from its first byte on.
 * @param body of `POST /containers/create`
 * @throws DockerError with the runtime's words
 */
export async function startContainer(
  docker: DockerApi,
  name: string,
  body: Record<string, unknown> & { OpenStdin?: boolean },
  stdinOnce: boolean,
): Promise<RunningContainer> {
  const { Id: id } = await docker.call<{ Id: string }>(
    'POST',
    `/containers/create?name=${encodeURIComponent(name)}`,
    body,
  );
  const remove = async () => {
    await docker.call('DELETE', `/containers/${id}?force=1&v=1`).catch(ignoreGone);
  };
  try {
    const log = new ContainerLog();
    const streams = `stream=1&stdout=1&stderr=1${body.OpenStdin ? '&stdin=1' : ''}`;
    const socket = await docker.hijack(`/containers/${id}/attach?${streams}`);
    const printed = new Promise<void>((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    readFrames(socket, {
      stdout: (chunk) => log.write('stdout', chunk),
      stderr: (chunk) => log.write('stderr', chunk),
    });
    await docker.call('POST', `/containers/${id}/start`);
    const startedAt = new Date();
    let killed = false;
    const untilDrained = async () => {
      try {
        return await waitForEnd(docker, id, { startedAt, killed: () => killed });
      } finally {
        // What it printed last may still be on its way. A child that it left behind must not hold us up.
        await Promise.race([printed, new Promise((resolve) => setTimeout(resolve, 1000))]);
        log.end();
        socket.destroy();
      }
    };
    const ended = untilDrained();
    ended.catch(() => {});
    const kill = async (signal: string) => {
      killed = true;
      await docker.call('POST', `/containers/${id}/kill?signal=${signal}`).catch(ignoreGone);
    };
    const stdin = body.OpenStdin ? { socket, once: stdinOnce } : undefined;
    return { id, startedAt, log, ended, kill, remove, ...(stdin && { stdin }) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * On cgroup v1 a busy Docker may lose the kernel's word (about 1 of 100 under load): it asks the cgroup, which is
 * removed by then. So a container with a limit of memory that SIGKILL ended, and not through us, was the kernel's, too.
 */
async function waitForEnd(
  docker: DockerApi,
  id: string,
  { startedAt, killed }: { startedAt: Date; killed: () => boolean },
): Promise<ContainerEnd> {
  const { StatusCode } = await docker.call<{ StatusCode: number }>('POST', `/containers/${id}/wait`);
  const finishedAt = new Date();
  const { State, HostConfig } = await docker.call<{
    State: { OOMKilled: boolean };
    HostConfig: { Memory: number };
  }>('GET', `/containers/${id}/json`);
  const byKernel = StatusCode === SIGKILLED && HostConfig.Memory > 0 && !killed();
  return { exitCode: StatusCode, oomKilled: State.OOMKilled || byKernel, startedAt, finishedAt };
}

/** It has ended or is gone: that is all that was wanted. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof DockerError && [404, 409].includes(error.status))) throw error;
}
