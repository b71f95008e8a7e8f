import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, LESS_GC } from '../testing/processes.js';

/** The machine's PATH, whatever a test may see, and where daemons live: an ordinary user's PATH lacks sbin on Debian. */
export const SERVICE_PATH = [process.env.LAB_PATH ?? process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(':');

export interface Service {
  /** Ends the process by its id and waits until it is gone. */
  stop(): Promise<void>;
}

export interface ServiceOrder {
  program: string;
  args: readonly string[];
  /** File that gets stdout and stderr. */
  log: string;
  env?: NodeJS.ProcessEnv;
  /** Resolves true once the service answers; asked every 50 ms. */
  ready: () => Promise<boolean>;
  patienceMs?: number;
  /** Told how it ended when nobody asked it to, before it is started again. */
  onCrash?: (story: string) => void;
}

/**
 * Starts a long-lived program and waits until it answers. When it crashes later it is started again, as the init
 * system of a real machine does.
 * @throws Error with the end of the log when the program ends, or does not answer within `patienceMs`
 */
export async function startService(order: ServiceOrder): Promise<Service> {
  const { onCrash = tellCrash } = order;
  let stopped = false;
  let running = await startOnce(order);
  let restarting: Promise<void> | undefined;
  const supervise = (crashesLeft: number): void =>
    void running.ended.then((how) => {
      if (stopped) return;
      restarting = restart(how, crashesLeft).catch((error: unknown) => onCrash(String(error)));
    });
  const restart = async (how: string, crashesLeft: number) => {
    onCrash(`${order.program} ${how}. ${await whatItSaid(order.log, running.logFrom)}`);
    if (stopped || crashesLeft === 0) return;
    running = await startOnce(order);
    supervise(crashesLeft - 1);
  };
  supervise(MAX_CRASHES);
  return {
    stop: async () => {
      stopped = true;
      await restarting;
      await running.stop();
    },
  };
}

const MAX_CRASHES = 5;

function tellCrash(story: string): void {
  process.stderr.write(`lab: ${story}\n`);
}

interface Running {
  /** How it ended: `ended with SIGKILL`. */
  ended: Promise<string>;
  /** Where in the log its own words begin, in bytes. */
  logFrom: number;
  stop(): Promise<void>;
}

async function startOnce(order: ServiceOrder): Promise<Running> {
  const log = await open(order.log, 'a');
  const logFrom = (await stat(order.log)).size;
  // A process group of its own: Ctrl-C in the terminal reaches the lab alone, which then stops in order.
  const child = spawn(order.program, order.args, {
    detached: true,
    env: { PATH: SERVICE_PATH, ...LESS_GC, ...order.env },
    stdio: ['ignore', log.fd, log.fd],
  });
  let how: string | undefined;
  const ended = endOf(child).then((words) => (how = words));
  child.unref();
  await log.close();

  const stop = async () => {
    if (how === undefined && child.pid !== undefined) await endProcess(child.pid);
  };
  const deadline = Date.now() + (order.patienceMs ?? 30_000);
  while (!(await order.ready())) {
    if (how === undefined && Date.now() < deadline) {
      await delay(50);
      continue;
    }
    const why = how ?? 'does not answer';
    await stop();
    throw new Error(`${order.program} ${why}. ${await whatItSaid(order.log, logFrom)}`);
  }
  return { ended, logFrom, stop };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
}

/** Go's panic where there is one, before the hundreds of goroutines that follow it; else the last lines. */
async function whatItSaid(log: string, from: number): Promise<string> {
  const lines = (await readFile(log)).subarray(from).toString().trimEnd().split('\n');
  const panic = lines.findIndex((line) => /^(?:panic:|fatal error:|unexpected fault|SIG[A-Z]+: )/.test(line));
  return panic === -1
    ? `The end of its log:\n${lines.slice(-15).join('\n')}`
    : `It crashed:\n${lines.slice(panic, panic + 40).join('\n')}`;
}
