import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunningProcess {
  pid: number;
  command: string;
}

/** All processes of this machine, with their command lines. */
export function processes(): RunningProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  // A synchronous read takes a few microseconds, a tenth of an asynchronous one.
  const found = pids.map((pid) => ({ pid: Number(pid), command: commandOf(pid) }));
  return found.filter(({ command }) => command !== '');
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

/** Waits for a process whose command line contains `words` and whose environment contains the variable. */
export async function processWith(words: string, variable = ''): Promise<RunningProcess> {
  for (let attempt = 0; attempt < 600; attempt++) {
    for (const candidate of processes()) {
      if (!candidate.command.includes(words)) continue;
      const environment = await readFile(`/proc/${candidate.pid}/environ`, 'utf8').catch(() => '');
      if (variable === '' || environment.split('\0').includes(variable)) return candidate;
    }
    await delay(50);
  }
  throw new Error(`No process has come whose command line holds ${words}.`);
}

/** Waits a few seconds until no command line contains `words`; @returns whether that happened */
export async function isGone(words: string): Promise<boolean> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if (!processes().some(({ command }) => command.includes(words))) return true;
    await delay(50);
  }
  return false;
}

/** Collects the command lines of all processes about thirty times a second while `work` runs. */
export async function watchCommandLines<T>(work: Promise<T>): Promise<{ result: T; seen: Set<string> }> {
  const seen = new Set<string>();
  let over = false;
  const watching = (async () => {
    while (!over) {
      for (const { command } of processes()) seen.add(command);
      await delay(30);
    }
  })();
  try {
    return { result: await work, seen };
  } finally {
    over = true;
    await watching;
  }
}
