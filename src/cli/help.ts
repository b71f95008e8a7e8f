import { COMMANDS, optionsOf, TOP_LEVEL, type Command, type CommandName, type Option } from './commands.js';

const EXIT_CODES = `Exit codes
  0    done, also when there was nothing to do
  1    failed
  2    usage or configuration
  3    left alone: what is deployed is newer, or can't be put in order
  130  cancelled`;

const ENVIRONMENT = `Environment
  GITHUB_TOKEN, GH_TOKEN           commit through the GitHub API instead of git push
  IMAGE_RELEASE_DEPLOY_TOKEN       token for deploy commits, in place of these
  IMAGE_RELEASE_REGISTRY_USERNAME  user for the registry
  IMAGE_RELEASE_REGISTRY_PASSWORD  its password or token
  NO_COLOR                         no colours`;

/** The help of the program, or of one command. */
export function renderHelp(command?: CommandName): string {
  return command === undefined ? renderOverview() : renderCommand(command, COMMANDS[command]);
}

function renderOverview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    'image-release: from a push to a safe rollout. Builds all images of a repository, attests, publishes and deploys them.',
    `Usage\n  image-release COMMAND [options]`,
    `Commands\n${Object.entries(COMMANDS)
      .map(([name, { help }]) => `  ${name.padEnd(width)}  ${help}`)
      .join('\n')}`,
    renderOptions(TOP_LEVEL),
    ENVIRONMENT,
    EXIT_CODES,
    'image-release COMMAND --help shows the options of a command.',
  ].join('\n\n');
}

function renderCommand(name: CommandName, command: Command): string {
  return [
    command.help,
    `Usage\n  image-release ${name} ${command.usage}`.trimEnd(),
    renderOptions(optionsOf(name)),
    `Examples\n${command.examples.map((example) => `  ${example}`).join('\n')}`,
  ].join('\n\n');
}

/** Columns that the help keeps to. */
const WIDTH = 100;

function renderOptions(options: Record<string, Option>): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    return [`${short}--${name}${option.value === undefined ? '' : ` ${option.value}`}`, option.help] as const;
  });
  const width = Math.min(30, Math.max(...rows.map(([left]) => left.length)));
  const gap = ' '.repeat(width + 4);
  const lines = rows.flatMap(([left, help]) => {
    const [first = '', ...rest] = wrap(help, WIDTH - gap.length);
    return [`  ${left.padEnd(width)}  ${first}`, ...rest.map((line) => `${gap}${line}`)];
  });
  return `Options\n${lines.join('\n')}`;
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
