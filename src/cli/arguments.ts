import { parseArgs } from 'node:util';
import { closest } from '../lib/suggestion.js';
import { COMMANDS, optionsOf, type CommandName } from './commands.js';
import { TOP_LEVEL, type Option } from './options.js';
import { usageError } from './usage.js';

/** The command line after parsing: nothing is left to look up in argv. */
export type Invocation =
  | { type: 'help'; command?: CommandName }
  | { type: 'version' }
  | { type: 'command'; command: CommandName; words: string[]; options: OptionValues };

export type CommandInvocation = Extract<Invocation, { type: 'command' }>;

export interface OptionValues {
  /** Value of `--name VALUE`; the last one counts. */
  text(name: string): string | undefined;
  /** Values of a repeated option. */
  list(name: string): string[];
  has(name: string): boolean;
}

/**
 * Parses the arguments after the program's name.
 * @throws ReleaseError `usage/invalid`
 */
export function parseArguments(argv: readonly string[]): Invocation {
  const at = commandPosition(argv);
  const word = at === -1 ? undefined : argv[at];
  if (word === undefined) {
    const { values } = parse(argv, TOP_LEVEL, undefined);
    if (values.has('version')) return { type: 'version' };
    if (argv.length === 0 || values.has('help')) return { type: 'help' };
    const fix = 'Name a command: `image-release plan`. `image-release --help` lists them.';
    throw usageError(`${argv.join(' ')} names no command.`, fix);
  }
  if (word === 'help')
    return { type: 'help', command: argv[at + 1] === undefined ? undefined : commandNamed(argv[at + 1]!) };
  const command = commandNamed(word);
  const { words, values } = parse([...argv.slice(0, at), ...argv.slice(at + 1)], optionsOf(command), command);
  if (values.has('help')) return { type: 'help', command };
  return { type: 'command', command, words, options: values };
}

/** The first word that is neither an option nor the value of a global one. */
function commandPosition(argv: readonly string[]): number {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at]!;
    if (!word.startsWith('-')) return at;
    if (['-C', '--directory', '--config', '--color'].includes(word)) at += 1;
  }
  return -1;
}

function commandNamed(word: string): CommandName {
  if (Object.hasOwn(COMMANDS, word)) return word as CommandName;
  const near = closest(word, Object.keys(COMMANDS));
  const fix = near === undefined ? 'See `image-release --help`.' : `Did you mean \`image-release ${near}\`?`;
  throw usageError(`There is no command \`${word}\`.`, fix);
}

function parse(argv: readonly string[], options: Record<string, Option>, command: CommandName | undefined) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        type: option.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true as const,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: joinNumbers(withOmitted(argv, options), options),
      options: config,
      allowPositionals: true,
    });
    const given = (name: string) => values[name] ?? [];
    return {
      words: positionals,
      values: {
        text: (name: string) => given(name).map(String).at(-1),
        list: (name: string) => given(name).map(String),
        has: (name: string) => given(name).length > 0,
      } satisfies OptionValues,
    };
  } catch (error) {
    throw unparsable(error as Error & { code?: string }, options, command);
  }
}

/** `--wait` is `--wait=10m`. */
function withOmitted(argv: readonly string[], options: Record<string, Option>): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, at) => {
    const { omitted } = options[/^--([\w-]+)$/.exec(word)?.[1] ?? ''] ?? {};
    return omitted === undefined || (end >= 0 && at > end) ? word : `${word}=${omitted}`;
  });
}

/** `--to -1` is `--to=-1`: parseArgs takes a value that begins with a dash for an option. */
function joinNumbers(argv: readonly string[], options: Record<string, Option>): string[] {
  const end = argv.indexOf('--');
  const isValue = (at: number) =>
    /^-\d+$/.test(argv[at] ?? '') &&
    (end < 0 || at < end) &&
    options[/^--(.+)$/.exec(argv[at - 1] ?? '')?.[1] ?? '']?.value !== undefined;
  return argv.flatMap((word, at) => {
    if (isValue(at)) return [];
    return [isValue(at + 1) ? `${word}=${argv[at + 1]}` : word];
  });
}

function unparsable(
  error: Error & { code?: string },
  options: Record<string, Option>,
  command: CommandName | undefined,
) {
  const help = `image-release ${command === undefined ? '' : `${command} `}--help`;
  const name = /'(?:-\w, )?-{0,2}([^' ]+)/.exec(error.message)?.[1] ?? '';
  const dashed = `${name.length === 1 ? '-' : '--'}${name}`;
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = closest(name, Object.keys(options));
    const fix = near === undefined ? `See \`${help}\`.` : `Did you mean \`--${near}\`?`;
    return usageError(`${command ?? 'image-release'} has no option ${dashed}.`, fix);
  }
  const { value } = options[name] ?? {};
  const message = value === undefined ? `${dashed} takes no value.` : `${dashed} needs a value: ${value}.`;
  return usageError(message, `See \`${help}\`.`);
}
