/** Flags of Kaniko's executor v1.28.3: those that builds and the runner of `kaniko init` use, each as often as it is given. */
const SWITCHES = ['cache', 'cleanup', 'compressed-caching', 'force', 'no-push', 'no-push-cache'];
const FLAGS = [
  ...SWITCHES,
  ...['annotation', 'build-arg', 'cache-repo', 'context', 'context-sub-path', 'custom-platform', 'destination'],
  ...['digest-file', 'dockerfile', 'ignore-path', 'image-download-retry', 'image-format', 'image-fs-extract-retry'],
  ...['insecure-registry', 'label', 'log-format', 'push-retry', 'secret', 'target'],
];

/** A failure before the build, after which the executor prints how it is used. */
export class UsageError extends Error {}

export interface Flags {
  /** The last value given. */
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  on(name: string): boolean;
}

/**
 * Reads a command line as cobra does for Kaniko, `--name=value` alone.
 * @throws UsageError with cobra's text
 */
export function readFlags(args: readonly string[]): Flags {
  const values = new Map<string, string[]>();
  for (const argument of args) {
    const [, name, given] = /^--([^=]+)(?:=([^]*))?$/.exec(argument) ?? [];
    if (name === undefined) throw new UsageError(`unknown command "${argument}" for "executor"`);
    if (!FLAGS.includes(name)) throw new UsageError(`unknown flag: --${name}`);
    const value = given ?? (SWITCHES.includes(name) ? 'true' : undefined);
    if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    if (name === 'image-format' && value !== 'docker' && value !== 'oci') {
      throw new UsageError(`invalid argument "${value}" for "--${name}" flag: must be either "docker" or "oci"`);
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return {
    text: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
    on: (name) => values.get(name)?.at(-1) === 'true',
  };
}

/** What is printed after a failure before the build. */
export function usage(): string {
  const hint = 'Use "executor [command] --help" for more information about a command.';
  return ['Usage:', '  executor [flags]', '', 'Flags:', ...FLAGS.map((name) => `      --${name}`), '', hint, ''].join(
    '\n',
  );
}
