import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
const SHARED = fileURLToPath(new URL('../../testing/runner/shared-process.mjs', import.meta.url));

export interface SharedEnd {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Peak memory of the process so far; undefined if it has ended. */
  heldKib?: number;
}

/** Runs the bundled CLI repeatedly in one process, because loading it takes most of the time of a run. */
export class SharedCli {
  readonly #program: readonly string[];
  #child: ChildProcess | undefined;
  #isBusy = false;

  /** @param program command that starts Node.js */
  constructor(program: readonly string[] = [process.execPath]) {
    this.#program = program;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** One run at a time. @returns undefined if the run doesn't end in time */
  run(
    { args, cwd, env }: { args: readonly string[]; cwd: string; env: Record<string, string> },
    withinMs: number,
  ): Promise<SharedEnd | undefined> {
    const [program = '', ...before] = this.#program;
    const child = (this.#child ??= spawn(program, [...before, '--no-warnings', SHARED, CLI], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }));
    this.#isBusy = true;
    return new Promise((resolve) => {
      let stderr = '';
      const finish = (end: SharedEnd | undefined, lost: boolean) => {
        clearTimeout(timer);
        child.removeAllListeners();
        child.stderr?.removeAllListeners();
        if (lost) this.end();
        this.#isBusy = false;
        resolve(end);
      };
      const timer = setTimeout(() => finish(undefined, true), withinMs);
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.on('message', (end) => finish(end as SharedEnd, false));
      child.on('exit', (code) => finish({ exitCode: code ?? 137, stdout: '', stderr }, true));
      child.send({ args, cwd, env });
    });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}
