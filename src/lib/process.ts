import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** How a process ended, with everything it printed. */
export interface ProcessResult {
  /** Exit code; 128 + signal number when a signal ended it, as shells report it. */
  code: number;
  stdout: Buffer;
  stderr: Buffer;
}

export interface ProcessOptions {
  cwd?: string;
  /** The whole environment of the child; nothing else is inherited. */
  env: NodeJS.ProcessEnv;
  /** A stream is read as fast as the child takes it; when it fails the child is stopped and the failure is thrown. */
  input?: string | Uint8Array | Readable;
  /** The stream was read to its end, and all of it is in the child's pipe. */
  onInputSent?: () => void;
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
  /** `streamed`: standard output only goes to `onStdout`, and of standard error just the end is kept. */
  output?: 'kept' | 'streamed';
}

/**
 * The environment for programs that are called: inputs of the Action, and passwords and tokens that are meant for this
 * program alone, are not in it.
 */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = /^INPUT_|^IMAGE_RELEASE_\w*(?:PASSWORD|TOKEN)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
}

/** The program is not on PATH. */
export class ProgramMissing extends Error {
  override readonly name = 'ProgramMissing';
  constructor(readonly program: string) {
    super(`${program}: command not found`);
  }
}

/** A process that the program left behind may hold its pipes open: they are not waited for, milliseconds. */
const PIPES_MS = 2000;

/** The part of standard error that is kept when output is streamed: a message, not hours of progress. */
const ERROR_TAIL = 64 * 1024;

/**
 * Runs a program without a shell and waits for it. A non-zero exit is a result, not an error.
 * @throws ProgramMissing when the program is not on PATH
 */
export function run(program: string, args: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
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
    let inputFailure: Error | undefined;
    let letGo = () => {};
    const streamed = options.output === 'streamed';

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
      if (!streamed) stdout.push(chunk);
      options.onStdout?.(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      if (streamed) keepTail(stderr, ERROR_TAIL);
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
    let pipes: NodeJS.Timeout | undefined;
    child.on('exit', () => {
      // A member of the group that ignores an abort is ended with it.
      const leave = () => {
        if (options.signal?.aborted || inputFailure !== undefined) kill('SIGKILL');
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      };
      pipes = setTimeout(leave, PIPES_MS);
    });
    child.on('close', (code, signal) => {
      clearTimeout(pipes);
      settle();
      // This event doesn't wait for standard input.
      letGo();
      if (inputFailure !== undefined) return reject(inputFailure);
      resolve({
        code: code ?? 128 + constants.signals[signal ?? 'SIGKILL'],
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
      });
    });
    // A child that exits early closes its stdin: EPIPE here says nothing that its exit code doesn't.
    child.stdin.on('error', () => {});
    if (options.input === undefined || typeof options.input === 'string' || options.input instanceof Uint8Array) {
      child.stdin.end(options.input);
    } else {
      letGo = send(options.input, child.stdin, (failure) => {
        if (failure === undefined) return options.onInputSent?.();
        inputFailure = failure;
        stop();
      });
    }
  });
}

/**
 * Not `pipeline()`: it destroys the source with the sink's error, and a program that wants no more input could not be
 * distinguished from a source that broke. `done` gets the end, or the error of the source.
 * @returns to be called when nobody reads any more
 */
function send(source: Readable, sink: Writable, done: (failure?: Error) => void): () => void {
  let over = false;
  const end = (failure?: Error) => {
    if (over) return;
    over = true;
    if (failure !== undefined) sink.destroy();
    done(failure);
  };
  source.on('error', end);
  source.on('close', () => {
    if (!source.readableEnded) end(new Error('the input ended before its end'));
  });
  sink.on('finish', () => end());
  const letGo = () => {
    over = true;
    source.destroy();
  };
  sink.on('close', letGo);
  source.pipe(sink);
  return letGo;
}

function keepTail(chunks: Buffer[], bytes: number): void {
  let size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  while (chunks.length > 1 && size - chunks[0]!.length >= bytes) size -= chunks.shift()!.length;
}
