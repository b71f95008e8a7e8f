import { COMMANDS, MOMENTS, optionsOf, TOP_LEVEL, type Command, type CommandName } from './commands.js';
import type { Option } from './options.js';

const EXIT_CODES = `Exit codes
  0    done, also when there was nothing to do
  1    failed
  2    usage or configuration
  3    left alone: what is deployed is newer, or can't be put in order
  130  cancelled`;

const ENVIRONMENT = `Environment
  GITHUB_TOKEN, GH_TOKEN           commit by GitHub’s API, not by git push
  IMAGE_RELEASE_DEPLOY_TOKEN       token for deploy commits, in place of these
  IMAGE_RELEASE_REGISTRY_USERNAME  user for the registry
  IMAGE_RELEASE_REGISTRY_PASSWORD  its password or token
  IMAGE_RELEASE_TRUSTED_ROOT       file with the trusted roots of signatures
  NO_COLOR                         no colours`;

/** The help of the program, or of one command. */
export function renderHelp(command?: CommandName): string {
  return command === undefined ? renderOverview() : renderCommand(command, COMMANDS[command]);
}

function renderOverview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const all = Object.entries(COMMANDS);
  const groups = Object.entries(MOMENTS).map(([moment, heading]) => {
    const rows = all.filter(([, command]) => command.moment === moment);
    return `${heading}\n${renderRows(
      rows.map(([name, { help }]) => [name, help]),
      width,
    )}`;
  });
  return [
    wrap(
      'image-release: from a push to a safe rollout. Builds all images of a repository, attests, publishes and deploys them.',
      WIDTH,
    ).join('\n'),
    `Usage\n  image-release COMMAND [options]`,
    ...groups,
    renderOptions(TOP_LEVEL),
    ENVIRONMENT,
    EXIT_CODES,
    'image-release COMMAND --help shows the options of a command, and examples.',
  ].join('\n\n');
}

function renderCommand(name: CommandName, command: Command): string {
  const examples = Object.entries(command.examples).map(([line, purpose]) => `  # ${purpose}\n  ${line}`);
  return [
    wrap(command.help, WIDTH).join('\n'),
    `Usage\n  image-release ${name} ${command.usage}`.trimEnd(),
    `Examples\n${examples.join('\n')}`,
    renderOptions(optionsOf(name)),
  ].join('\n\n');
}

/** Columns that the help keeps to. */
const WIDTH = 80;

function renderOptions(options: Record<string, Option>): string {
  const rows = Object.entries(options).map(([name, option]): Row => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    return [`${short}--${name}${option.value === undefined ? '' : ` ${option.value}`}`, option.help];
  });
  return `Options\n${renderRows(rows, Math.min(24, Math.max(...rows.map(([left]) => left.length))))}`;
}

type Row = [left: string, text: string];

/** Two columns; what is too long on the left has a line of its own. */
function renderRows(rows: readonly Row[], width: number): string {
  const gap = ' '.repeat(width + 4);
  const lines = rows.flatMap(([left, text]) => {
    const [first = '', ...rest] = wrap(text, WIDTH - gap.length);
    const begin =
      left.length > width ? [`  ${left}`, `${gap}${first}`] : [`  ${left.padEnd(width)}  ${first}`];
    return [...begin, ...rest.map((line) => `${gap}${line}`)];
  });
  return lines.join('\n');
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
