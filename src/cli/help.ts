import { COMMANDS, optionsOf, type CommandName } from './commands.js';
import { GROUPS, TOP_LEVEL, type Command, type Option } from './options.js';

const EXIT_CODES: Row[] = [
  ['0', 'success, including nothing to do'],
  ['1', 'failure'],
  ['2', 'wrong usage or configuration'],
  ['3', 'not deployed: a newer release is deployed, or the order is unknown'],
  ['130', 'cancelled'],
];

const ENVIRONMENT: Row[] = [
  ['GITHUB_TOKEN, GH_TOKEN', 'token for the GitHub API; without one, image-release uses git push'],
  ['IMAGE_RELEASE_DEPLOY_TOKEN', 'token for deploy commits, instead of GITHUB_TOKEN'],
  ['IMAGE_RELEASE_REGISTRY_USERNAME', 'user name for the registry'],
  ['IMAGE_RELEASE_REGISTRY_PASSWORD', 'password or token for the registry'],
  ['IMAGE_RELEASE_TRUSTED_ROOT', 'file with the trusted root for signatures'],
  ['NO_COLOR, FORCE_COLOR', 'turn colors off or on'],
];

/**
 * The help of the program, or of one command.
 * @param columns width of the terminal
 */
export function renderHelp(command: CommandName | undefined, columns: number): string {
  const width = Math.min(columns, WIDEST);
  return command === undefined ? renderOverview(width) : renderCommand(command, COMMANDS[command], width);
}

/** Longer lines are hard to read. */
const WIDEST = 100;

function renderOverview(columns: number): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const all = Object.entries(COMMANDS);
  const groups = Object.entries(GROUPS).map(([group, heading]) => {
    const rows = all.filter(([, command]) => command.group === group);
    return `${heading}\n${renderRows(
      rows.map(([name, { help }]) => [name, help]),
      { width, columns },
    )}`;
  });
  return [
    wrap(
      'image-release builds the images of a repository that changed, publishes them with SBOM and provenance, and deploys them by updating your Kustomization.',
      columns,
    ).join('\n'),
    `Usage\n  image-release COMMAND [options]`,
    ...groups,
    renderOptions(TOP_LEVEL, columns),
    `Environment\n${renderRows(ENVIRONMENT, { width: 31, columns })}`,
    `Exit codes\n${renderRows(EXIT_CODES, { width: 3, columns })}`,
    wrap('Run `image-release COMMAND --help` for the options and examples of a command.', columns).join('\n'),
  ].join('\n\n');
}

function renderCommand(name: CommandName, command: Command, columns: number): string {
  const examples = Object.entries(command.examples).flatMap(([line, purpose]) => [
    ...wrap(purpose, columns - 4).map((part) => `  # ${part}`),
    `  ${line}`,
  ]);
  return [
    wrap(command.help, columns).join('\n'),
    `Usage\n  image-release ${name} ${command.usage}`.trimEnd(),
    `Examples\n${examples.join('\n')}`,
    renderOptions(optionsOf(name), columns),
  ].join('\n\n');
}

function renderOptions(options: Record<string, Option>, columns: number): string {
  const rows = Object.entries(options).map(([name, option]): Row => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    return [`${short}--${name}${valueOf(option)}`, option.help];
  });
  const width = Math.min(24, Math.max(...rows.map(([left]) => left.length)));
  return `Options\n${renderRows(rows, { width, columns })}`;
}

/** ` NAME`, or `[=DURATION]` if the value may be left out. */
export function valueOf({ value, omitted }: Option): string {
  if (value === undefined) return '';
  return omitted === undefined ? ` ${value}` : `[=${value}]`;
}

type Row = [left: string, text: string];

/** Two columns. A long left cell gets a separate line; on a narrow terminal every one does. */
function renderRows(rows: readonly Row[], { width, columns }: { width: number; columns: number }): string {
  const left = columns - width - 4 < NARROWEST ? 4 : width;
  const gap = ' '.repeat(left + 4);
  const lines = rows.flatMap(([cell, text]) => {
    const [first = '', ...rest] = wrap(text, columns - gap.length);
    const begin = cell.length > left ? [`  ${cell}`, `${gap}${first}`] : [`  ${cell.padEnd(left)}  ${first}`];
    return [...begin, ...rest.map((line) => `${gap}${line}`)];
  });
  return lines.join('\n');
}

/** Columns for the text of a row. */
const NARROWEST = 28;

/** Breaks plain text at spaces. `wrap-ansi` knows wide characters and colors, but takes 20 ms to load. */
function wrap(text: string, width: number): string[] {
  const line = new RegExp(`(?![^\\n]{1,${width}}$)([^\\n]{1,${width}}) `, 'gm');
  return text.replaceAll(line, '$1\n').split('\n');
}
