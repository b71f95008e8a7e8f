import { fileURLToPath } from 'node:url';

/** What a lab program runs until Ctrl-C: lines to print, and how to end it. */
export interface RunningProgram {
  lines: string[];
  stop(): Promise<void>;
}

/** Ends what was started when the program is interrupted, and then the program itself. */
export function stopOnSignals(stop: () => Promise<void>): void {
  void interruption().then(() => stop().finally(() => process.exit(130)));
}

/**
 * Settles with the first Ctrl-C or SIGTERM. A second Ctrl-C ends the program at once; a second SIGTERM may be the same
 * one, sent to the process group and handed on by npm.
 */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
}

/** Runs `start` only when the module is the program that node was started with; ends it on Ctrl-C. */
export function runAsProgram(moduleUrl: string, start: (args: string[]) => Promise<RunningProgram>): void {
  if (process.argv[1] !== fileURLToPath(moduleUrl)) return;
  void (async () => {
    const ended = interruption();
    const program = await start(process.argv.slice(2));
    const keepAlive = setInterval(() => {}, 60_000);
    for (const line of program.lines) console.log(line);
    console.error('Running. Ctrl-C stops and cleans up.');
    await ended;
    clearInterval(keepAlive);
    await program.stop();
  })().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
