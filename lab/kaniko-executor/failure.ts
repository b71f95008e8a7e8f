import type { Flags } from './flags.js';

/** Ends the executor: `message` is its last line. */
export class ExecutorError extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** A failed step in Kaniko's words; other failures in BuildKit's. */
export function buildError(text: readonly string[], flags: Flags): ExecutorError {
  const error = text.findLast((line) => line.startsWith('ERROR: ')) ?? text.at(-1) ?? 'the build failed';
  const said = error.replace(/^ERROR: (?:failed to solve: )?/, '');
  if (/failed to push/.test(said)) {
    const [destination] = flags.list('destination');
    return new ExecutorError(`error pushing image: failed to push to destination ${destination}: ${said}`, 1);
  }
  const [, exitCode] = /did not complete successfully: exit code: (\d+)/.exec(said) ?? [];
  if (exitCode === undefined) return new ExecutorError(`error building image: ${said}`, 1);
  const why = `failed to execute command: waiting for process to exit: exit status ${exitCode}`;
  return new ExecutorError(`error building image: error building stage: ${why}`, Number(exitCode));
}
