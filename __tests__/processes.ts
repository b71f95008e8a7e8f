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
  // Each is a few microseconds' work, a tenth of what a promise of it costs.
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

/** The process whose command line holds `words` and whose environment holds the variable, once there is one. */
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

/** Whether no process has `words` in its command line any more, within a few seconds. */
export async function isGone(words: string): Promise<boolean> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if (!processes().some(({ command }) => command.includes(words))) return true;
    await delay(50);
  }
  return false;
}

/** Collects every command line that shows up while `work` runs, looking about thirty times a second. */
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
