type Kind = 'text' | 'switch' | 'list' | 'unknown-here';

/** All flags of Kaniko's executor v1.28.3, with those that this stand-in does not act upon. */
const FLAGS: Readonly<Record<string, Kind>> = {
  annotation: 'list',
  'build-arg': 'list',
  bucket: 'unknown-here',
  cache: 'switch',
  'cache-copy-layers': 'switch',
  'cache-dir': 'text',
  'cache-repo': 'text',
  'cache-run-layers': 'switch',
  'cache-ttl': 'text',
  cleanup: 'switch',
  'compressed-caching': 'switch',
  compression: 'unknown-here',
  'compression-level': 'text',
  context: 'text',
  'context-sub-path': 'text',
  'credential-helpers': 'list',
  'custom-platform': 'text',
  destination: 'list',
  'digest-file': 'text',
  dockerfile: 'text',
  dryrun: 'unknown-here',
  force: 'switch',
  git: 'list',
  'ignore-path': 'list',
  'ignore-var-run': 'switch',
  'image-download-retry': 'text',
  'image-format': 'text',
  'image-fs-extract-retry': 'text',
  'image-name-tag-with-digest-file': 'text',
  'image-name-with-digest-file': 'text',
  insecure: 'switch',
  'insecure-pull': 'switch',
  'insecure-registry': 'list',
  'kaniko-dir': 'unknown-here',
  label: 'list',
  'log-format': 'text',
  'log-timestamp': 'switch',
  materialize: 'switch',
  'no-push': 'switch',
  'no-push-cache': 'switch',
  'oci-layout-path': 'unknown-here',
  'pre-cleanup': 'unknown-here',
  'preserve-context': 'unknown-here',
  'push-ignore-immutable-tag-errors': 'switch',
  'push-retry': 'text',
  'registry-certificate': 'unknown-here',
  'registry-client-cert': 'unknown-here',
  'registry-map': 'unknown-here',
  'registry-mirror': 'unknown-here',
  reproducible: 'unknown-here',
  secret: 'list',
  'single-snapshot': 'switch',
  'skip-default-registry-fallback': 'switch',
  'skip-push-permission-check': 'switch',
  'skip-tls-verify': 'switch',
  'skip-tls-verify-pull': 'switch',
  'skip-tls-verify-registry': 'list',
  'snapshot-mode': 'text',
  'tar-path': 'unknown-here',
  target: 'list',
  'use-new-run': 'switch',
  verbosity: 'text',
};

const SHORT: Readonly<Record<string, string>> = {
  c: 'context',
  d: 'destination',
  f: 'dockerfile',
  v: 'verbosity',
};
const CHOICES: Readonly<Record<string, readonly string[]>> = { 'image-format': ['docker', 'oci'] };
const LOG_FORMATS = ['text', 'color', 'json'];
const TRUE = /^(?:1|t|true)$/i;
const FALSE = /^(?:0|f|false)$/i;

/** A failure before the build, after which the executor prints how it is used. */
export class UsageError extends Error {}

export interface Flags {
  /** The last value given. */
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  on(name: string): boolean;
}

/**
 * Reads a command line as cobra does for Kaniko: `--name=value`, `--name value`, `-n value`; a switch takes its value
 * only after `=`.
 * @throws UsageError with cobra's text
 */
export function readFlags(args: readonly string[]): Flags {
  const values = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    const named = /^--([^=]+)(?:=([^]*))?$/.exec(argument);
    const short = /^-([a-z])(?:=?([^]+))?$/.exec(argument);
    if (!named && !short) throw new UsageError(`unknown command "${argument}" for "executor"`);
    const name = named ? named[1]! : (SHORT[short![1]!] ?? short![1]!);
    const kind = FLAGS[name];
    if (kind === undefined)
      throw new UsageError(named ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${argument}`);
    if (kind === 'unknown-here') throw new UsageError(`the lab's executor does not do --${name}`);
    let value = named ? named[2] : short![2];
    if (value === undefined && kind === 'switch') value = 'true';
    value ??= args[++index];
    if (value === undefined)
      throw new UsageError(`flag needs an argument: ${named ? `--${name}` : `'${short![1]}' in ${argument}`}`);
    values.set(name, [...(values.get(name) ?? []), checked(name, kind, value)]);
  }
  return {
    text: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
    on: (name) => TRUE.test(values.get(name)?.at(-1) ?? 'false'),
  };
}

function checked(name: string, kind: Kind, value: string): string {
  const invalid = (why: string) => new UsageError(`invalid argument "${value}" for "--${name}" flag: ${why}`);
  if (kind === 'switch' && !TRUE.test(value) && !FALSE.test(value)) {
    throw invalid(`strconv.ParseBool: parsing "${value}": invalid syntax`);
  }
  if (name.endsWith('-retry') && !/^\d+$/.test(value)) {
    throw invalid(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  }
  if (name === 'annotation' && !value.includes('=')) {
    throw invalid(`invalid argument value. expect key=value, got ${value}`);
  }
  if (name === 'log-format' && !LOG_FORMATS.includes(value)) {
    throw new UsageError(`not a valid log format: "${value}". Please specify one of (text, color, json)`);
  }
  const choices = CHOICES[name];
  if (choices && !choices.includes(value)) {
    throw invalid(`must be either ${choices.map((choice) => `"${choice}"`).join(' or ')}`);
  }
  return value;
}

/** What is printed after a failure before the build. */
export function usage(): string {
  return [
    'Usage:',
    '  executor [flags]',
    '  executor [command]',
    '',
    'Flags:',
    ...Object.keys(FLAGS).map((name) => `      --${name}`),
    '',
    'Use "executor [command] --help" for more information about a command.',
    '',
  ].join('\n');
}

export const FLAG_NAMES: readonly string[] = Object.keys(FLAGS);
