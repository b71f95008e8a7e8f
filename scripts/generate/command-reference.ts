import { COMMANDS, optionsOf, type Command, type CommandName } from '../../src/cli/commands.js';
import type { Option } from '../../src/cli/options.js';

const INTRODUCTION = `# Commands

<!-- Generated from src/cli/commands.ts by \`npm run generate\`. -->

Every command of the command line, its options and examples; \`image-release COMMAND --help\` says the same. How to get it:
[Install](how-to.md#install-the-command-line). What to type when: [How to](how-to.md).

Results go to stdout, everything else to stderr. With \`--json\` the result is one JSON document, and stderr a stream of
events: [JSON](json.md).
`;

const SURROUNDINGS = `## Exit codes

| code | meaning |
|---|---|
| 0 | Done; also when there was nothing to do. |
| 1 | Failed. |
| 2 | Wrong usage or configuration: running it again without a change gives the same. |
| 3 | Left alone: what is deployed is newer, or can't be put in order. |
| 130 | Cancelled. |

## Environment

| variable | meaning |
|---|---|
| \`GITHUB_TOKEN\`, \`GH_TOKEN\` | The deploy commit is made through GitHub's API instead of by \`git push\`. |
| \`IMAGE_RELEASE_DEPLOY_TOKEN\` | Token for deploy commits, in place of these. |
| \`IMAGE_RELEASE_REGISTRY_USERNAME\`, \`IMAGE_RELEASE_REGISTRY_PASSWORD\` | Login to the registry; default: what \`docker login\` stored. |
| \`IMAGE_RELEASE_TRUSTED_ROOT\` | File with what signatures are verified against, as \`--trusted-root\`. |
| \`NO_COLOR\` | No colors. \`FORCE_COLOR\` forces them. |
| \`HTTPS_PROXY\`, \`NO_PROXY\`, \`NODE_EXTRA_CA_CERTS\` | Proxy and private certificate authority. |
`;

/** Text of `docs/commands.md`. */
export function commandReference(): string {
  const names = Object.keys(COMMANDS) as CommandName[];
  const index = [
    '| Command | What it does |',
    '|---|---|',
    ...names.map((name) => `| [\`${name}\`](#${name}) | ${cell(COMMANDS[name].help)} |`),
  ].join('\n');
  return [INTRODUCTION, index, ...names.map((name) => section(name, COMMANDS[name])), SURROUNDINGS]
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

function section(name: CommandName, command: Command): string {
  return `## ${name}

${command.help}

\`${`image-release ${name} ${command.usage}`.trim()}\`

| Option | Meaning |
|---|---|
${Object.entries(optionsOf(name)).map(row).join('\n')}

${examples(command.examples)}`;
}

/** Examples that can't be tried everywhere, and the mark that tells `documented-commands.test.ts` so. */
const MARKED: [pattern: RegExp, mark: string][] = [
  [/--watch/, 'not run: waits for a run on GitHub'],
  [/^image-release kaniko init/, 'run by: __tests__/stories/kaniko-runner.lab.test.ts'],
  [/^image-release init(?! --scripts)/, 'new project, each alone'],
];
const ALTERNATIVES = 'each alone';

/** One block for all that are tried in one way. */
function examples(purposes: Readonly<Record<string, string>>): string {
  const lines = Object.keys(purposes);
  const markOf = (line: string) => MARKED.find(([pattern]) => pattern.test(line))?.[1] ?? ALTERNATIVES;
  return [...new Set(lines.map(markOf))]
    .map((mark) => {
      const same = lines.filter((line) => markOf(line) === mark);
      return `<!-- ${mark} -->\n\`\`\`sh\n${same.map((line) => `# ${purposes[line]}\n${line}`).join('\n')}\n\`\`\``;
    })
    .join('\n\n');
}

function row([name, option]: [string, Option]): string {
  const long = `\`--${name}${option.value === undefined ? '' : ` ${option.value.replaceAll('|', '\\|')}`}\``;
  const short = option.short === undefined ? '' : `\`-${option.short}\`, `;
  return `| ${short}${long}${option.repeated ? ', repeatable' : ''} | ${cell(option.help)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
