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

type Reading = [RegExp, (found: RegExpExecArray, flags: Flags) => [message: string, exitCode?: number]];

const READINGS: Reading[] = [
  [
    /did not complete successfully: exit code: (\d+)/,
    ([, code]) => [
      `error building stage: failed to execute command: waiting for process to exit: exit status ${code}`,
      Number(code),
    ],
  ],
  [/dockerfile parse error[^]*/, ([text]) => [`parsing dockerfile: ${text}`]],
  [/file with no instructions/, () => ['parsing dockerfile: file with no instructions']],
  [
    /target stage "?([^"\s]+)"? could not be found/,
    ([, target]) => [`error finding target stage: "${target}" is not a valid target build stage`],
  ],
  [
    /secret ([^\s:]+): not found/,
    ([, id]) => [`error building stage: failed to execute command: secret not defined: ${id}`],
  ],
  [
    /failed to (?:calculate checksum|compute cache key)[^]*"\/?([^"]+)": not found/,
    ([, file]) => {
      const path = `/kaniko/buildcontext/context/${file}`;
      return [
        'error building stage: failed to get files used from context: ' +
          `failed to get fileinfo for ${path}: lstat ${path}: no such file or directory`,
      ];
    },
  ],
  [
    /failed to resolve source metadata for ([^\s/]+)\/(\S+?):([^:\s]+): [^]*not found/,
    ([, host, repository, tag], flags) => [
      `unable to complete operation after ${flags.text('image-download-retry') ?? 0} attempts, last error: ` +
        `GET http://${host}/v2/${repository}/manifests/${tag}: MANIFEST_UNKNOWN: manifest unknown; map[Tag:${tag}]`,
    ],
  ],
];

/** What Kaniko says where BuildKit says this. */
export function buildError(text: readonly string[], flags: Flags): ExecutorError {
  const error = text.findLast((line) => line.startsWith('ERROR: ')) ?? text.at(-1) ?? 'the build failed';
  const said = error.replace(/^ERROR: (?:failed to solve: )?/, '');
  if (/failed to push/.test(said)) {
    const [destination] = flags.list('destination');
    return new ExecutorError(`error pushing image: failed to push to destination ${destination}: ${said}`, 1);
  }
  for (const [pattern, read] of READINGS) {
    const found = pattern.exec(said);
    if (!found) continue;
    const [message, exitCode = 1] = read(found, flags);
    return new ExecutorError(`error building image: ${message}`, exitCode);
  }
  return new ExecutorError(`error building image: ${said}`, 1);
}
