import type { Container } from 'kubernetes-types/core/v1.js';
import type { RunningContainer } from './container.js';
import type { DockerApi } from './docker-api.js';

/** Runs a command in a container, without streams. @returns its exit code */
async function execute(docker: DockerApi, id: string, command: string[]): Promise<number> {
  const { Id } = await docker.call<{ Id: string }>('POST', `/containers/${id}/exec`, {
    Cmd: command,
    AttachStdout: true,
  });
  const socket = await docker.hijack(`/exec/${Id}/start`, { Detach: false, Tty: false });
  socket.resume();
  await new Promise<void>((resolve) => socket.once('close', resolve).on('error', () => {}));
  const { ExitCode } = await docker.call<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`);
  return ExitCode ?? 1;
}

const AT_MOST_MS = 300;

/** Calls back when a running container becomes ready, or not; probes other than `exec` count as passed. */
export function watchReadiness(
  docker: DockerApi,
  container: Container,
  running: RunningContainer,
  onReady: (ready: boolean) => void,
): void {
  const command = container.readinessProbe?.exec?.command;
  if (!command) {
    onReady(true);
    return;
  }
  const period = Math.min((container.readinessProbe?.periodSeconds ?? 10) * 1000, AT_MOST_MS);
  let ended = false;
  void running.ended.catch(() => {}).then(() => (ended = true));
  const probe = async () => {
    const code = await execute(docker, running.id, command).catch(() => 1);
    if (ended) return;
    onReady(code === 0);
    setTimeout(() => void probe(), period).unref();
  };
  void probe();
}
