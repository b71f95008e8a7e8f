import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess } from '../processes.js';

export interface StageProcess {
  program: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  input?: string;
  /** When it aborts, the process is told to end as the runner tells it. */
  cancel?: AbortSignal;
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface StageEnd {
  /** As shells report it: 128 + signal number when a signal ended the process. */
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Milliseconds from the cancel to the end; undefined when it was not cancelled. */
  endedAfterMs?: number;
}

/** How the runner cancels a step (ProcessInvoker.cs): the pause after each signal, in milliseconds. */
const CANCEL = [
  { signal: 'SIGINT', pause: 7500 },
  { signal: 'SIGTERM', pause: 2500 },
  { signal: 'SIGKILL', pause: 0 },
] as const;

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a process to its end; only it gets the signals, not its children, as with the runner. */
export function runStage(stage: StageProcess): Promise<StageEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(stage.program, stage.args, { cwd: stage.cwd, env: stage.env, stdio: 'pipe' });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
      createInterface({ input: child[name] }).on('line', (line) => stage.onLine?.(line, name));
    }
    let timer: NodeJS.Timeout | undefined;
    let cancelled: number | undefined;
    const escalate = (step: number) => {
      const { signal, pause } = CANCEL[step] ?? CANCEL[2];
      child.kill(signal);
      if (step < CANCEL.length - 1) timer = setTimeout(() => escalate(step + 1), pause);
    };
    const cancel = () => {
      cancelled = Date.now();
      escalate(0);
    };
    stage.cancel?.addEventListener('abort', cancel, { once: true });
    if (stage.cancel?.aborted) cancel();
    child.on('error', reject);
    // 'exit', not 'close': a grandchild that holds the pipes open must not hide that the step has ended.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      stage.cancel?.removeEventListener('abort', cancel);
      const finish = () =>
        resolve({
          exitCode: code ?? 128 + (SIGNALS[signal ?? 'SIGKILL'] ?? 0),
          ...texts,
          ...(cancelled !== undefined && { endedAfterMs: Date.now() - cancelled }),
        });
      const giveUp = setTimeout(finish, 1000);
      child.once('close', () => {
        clearTimeout(giveUp);
        finish();
      });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stage.input ?? '');
  });
}

/**
 * Ends the processes that a step has left running, as the runner does at the end of a job: it knows them by
 * the variable that all descendants inherit. @returns their command lines
 */
export async function endOrphans(trackingId: string): Promise<string[]> {
  const orphans: string[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    // The job goes on for a while: a process that is just ending is none.
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command === '' || (await isGone(name))) continue;
    orphans.push(command.split('\0').join(' ').trim());
    await endProcess(pid, 2000);
  }
  return orphans;
}

const LAST_MOMENTS_MS = 500;

async function isGone(pid: string): Promise<boolean> {
  for (let waited = 0; waited < LAST_MOMENTS_MS; waited += 20) {
    if ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) === '') return true;
    await delay(20);
  }
  return false;
}
