import { spawn } from 'node:child_process';

/** How a process ended, with everything it printed. */
export interface ProcessResult {
  /** Exit code; 128 + signal number when a signal ended it, as shells report it. */
  code: number;
  stdout: Buffer;
  stderr: Buffer;
}

export interface ProcessOptions {
  cwd?: string;
  /** The whole environment of the child; nothing is inherited besides it. */
  env: NodeJS.ProcessEnv;
  input?: string | Uint8Array;
  /** On abort the child gets SIGINT, and SIGKILL after `graceMs` (default 3000). */
  signal?: AbortSignal;
  graceMs?: number;
  /**
   * `own`: the child leads a process group, and an abort reaches its children too (a docker plugin, a shell's
   * commands). Ctrl-C at a terminal then arrives only through `signal`.
   */
  group?: 'own';
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
}

/** The program is not on PATH. */
export class ProgramMissing extends Error {
  override readonly name = 'ProgramMissing';
  constructor(readonly program: string) {
    super(`${program}: command not found`);
  }
}

const SIGNAL_EXIT: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/**
 * Runs a program without a shell and waits for it. A non-zero exit is a result, not an error.
 * @throws ProgramMissing when the program is not on PATH
 */
export function run(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: 'pipe',
      detached: options.group === 'own',
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let killTimer: NodeJS.Timeout | undefined;

    const kill = (signal: NodeJS.Signals) => {
      if (options.group !== 'own' || child.pid === undefined) return child.kill(signal);
      try {
        return process.kill(-child.pid, signal);
      } catch {
        return false; // the group is gone
      }
    };
    const stop = () => {
      kill('SIGINT');
      killTimer = setTimeout(() => kill('SIGKILL'), options.graceMs ?? 3000);
    };
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();

    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      options.onStdout?.(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      options.onStderr?.(chunk);
    });
    const settle = () => {
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', stop);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(error.code === 'ENOENT' ? new ProgramMissing(program) : error);
    });
    child.on('close', (code, signal) => {
      settle();
      resolve({
        code: code ?? SIGNAL_EXIT[signal ?? 'SIGKILL'] ?? 1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
      });
    });
    // A child that exits early closes its stdin: EPIPE here says nothing that its exit code doesn't.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}
