import { failureStatus, type Status } from '../api/status.js';
import type { RunningContainer } from '../kubelet/container.js';
import { type DockerApi, readFrames } from '../kubelet/docker-api.js';
import type { Channels, StreamOrder } from './channels.js';

const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };

/** Connects a client with a container that runs: what it prints from now on, and its standard input. */
export async function attach(channels: Channels, running: RunningContainer, order: StreamOrder): Promise<void> {
  const ends = running.log.listen((stream, chunk) => {
    if (order[stream]) channels.write(stream, chunk);
  });
  const { stdin } = running;
  if (order.stdin && stdin) {
    void feed(channels, stdin.socket).then(() => {
      // What a kubelet does for `stdinOnce`, whether the client closed it or is gone.
      if (stdin.once) stdin.socket.end();
    });
  } else {
    channels.stdin.resume();
  }
  await Promise.race([running.ended.catch(() => {}), channels.closed]);
  ends();
  channels.finish(SUCCESS);
}

/** Passes on what the client sends, no faster than it is taken. */
async function feed(channels: Channels, to: NodeJS.WritableStream & { destroyed?: boolean }): Promise<void> {
  for await (const chunk of channels.stdin) {
    if (!to.destroyed && !to.write(chunk as Buffer)) await drained(to);
  }
}

function drained(to: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      to.off('drain', done).off('close', done);
      resolve();
    };
    to.on('drain', done).on('close', done);
  });
}

/** Runs a command in a container, and tells how it ended. */
export async function exec(
  channels: Channels,
  docker: DockerApi,
  running: RunningContainer,
  order: StreamOrder,
): Promise<void> {
  const { Id: id } = await docker.call<{ Id: string }>('POST', `/containers/${running.id}/exec`, {
    Cmd: order.command,
    AttachStdin: order.stdin,
    AttachStdout: order.stdout,
    AttachStderr: order.stderr && !order.tty,
    Tty: order.tty,
  });
  const socket = await docker.hijack(`/exec/${id}/start`, { Detach: false, Tty: order.tty });
  socket.on('error', () => {});
  if (order.tty) socket.on('data', (chunk: Buffer) => channels.write('stdout', chunk));
  else {
    readFrames(socket, {
      stdout: (chunk) => channels.write('stdout', chunk),
      stderr: (chunk) => channels.write('stderr', chunk),
    });
  }
  if (order.stdin) void feed(channels, socket).then(() => socket.end());
  const done = new Promise<void>((resolve) => socket.once('close', resolve));
  void channels.closed.then(() => socket.destroy());
  await done;
  const { ExitCode } = await docker.call<{ ExitCode: number | null }>('GET', `/exec/${id}/json`);
  channels.finish(exitStatus(ExitCode ?? 0));
}

function exitStatus(code: number): Status {
  if (code === 0) return SUCCESS;
  return failureStatus(500, `command terminated with non-zero exit code: exit status ${code}`, {
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}
