import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, SERVICE_PATH } from './system.js';

export interface Service {
  pid: number;
  /** Ends the process by its id and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a long-lived program and waits until it answers.
 * @param service.ready resolves true once the service answers; asked every 50 ms
 * @param service.log file that gets stdout and stderr
 * @throws Error with the end of the log when the program ends, or does not answer within `patienceMs`
 */
export async function startService(service: {
  program: string;
  args: readonly string[];
  log: string;
  env?: NodeJS.ProcessEnv;
  ready: () => Promise<boolean>;
  patienceMs?: number;
}): Promise<Service> {
  const log = await open(service.log, 'a');
  // A process group of its own: Ctrl-C in the terminal reaches the lab alone, which then stops in order.
  const child = spawn(service.program, service.args, {
    detached: true,
    env: { PATH: SERVICE_PATH, ...service.env },
    stdio: ['ignore', log.fd, log.fd],
  });
  let ended: string | undefined;
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended = `ended with ${signal ?? `exit code ${code}`}`));
  child.unref();
  await log.close();

  const stop = async () => {
    if (ended === undefined && child.pid !== undefined) await endProcess(child.pid);
  };
  const deadline = Date.now() + (service.patienceMs ?? 30_000);
  while (!(await service.ready())) {
    if (ended === undefined && Date.now() < deadline) {
      await delay(50);
      continue;
    }
    const why = ended ?? 'does not answer';
    await stop();
    const tail = (await readFile(service.log, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${service.program} ${why}. The end of its log:\n${tail}`);
  }
  return { pid: child.pid ?? 0, stop };
}
