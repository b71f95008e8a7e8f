import type { Command } from '../../src/cli/options.js';
import { COMMANDS, optionsOf, type CommandName } from '../../src/cli/commands.js';
import { valueOf } from '../../src/cli/help.js';
import type { Option } from '../../src/cli/options.js';

const INTRODUCTION = `# CLI

<!-- Generated from src/cli/commands.ts by \`npm run generate\`. -->

[Install](get-started.md) the CLI with npm. \`image-release COMMAND --help\` prints the same as this page.

Results go to stdout, everything else to stderr. With \`--json\`, stdout has one [JSON document](json.md) and stderr a stream
of events. At a terminal, commands that change a deployment list the change and ask first; \`--yes\` skips the question.
`;

const SURROUNDINGS = `## Exit codes

| code | meaning |
|---|---|
| 0 | Success, including nothing to do |
| 1 | Failure |
| 2 | Wrong usage or configuration |
| 3 | Not deployed: a newer release is deployed, or the order is unknown |
| 130 | Cancelled |

## Environment

| variable | meaning |
|---|---|
| \`GITHUB_TOKEN\`, \`GH_TOKEN\` | token for the GitHub API; without one, image-release uses \`git push\` |
| \`IMAGE_RELEASE_DEPLOY_TOKEN\` | token for deploy commits, instead of \`GITHUB_TOKEN\` |
| \`IMAGE_RELEASE_REGISTRY_USERNAME\`, \`IMAGE_RELEASE_REGISTRY_PASSWORD\` | login to the registry; default: the login that \`docker login\` stored |
| \`IMAGE_RELEASE_TRUSTED_ROOT\` | file with the trusted root for signatures, like \`--trusted-root\` |
| \`NO_COLOR\`, \`FORCE_COLOR\` | turn colors off or on |
| \`HTTPS_PROXY\`, \`NO_PROXY\`, \`NODE_EXTRA_CA_CERTS\` | proxy and private certificate authority |
| \`XDG_CACHE_HOME\` | folder for code that node 22.8 or later compiled, default: \`~/.cache\`. \`NODE_DISABLE_COMPILE_CACHE=1\` turns that off. |
`;

/** Text of `docs/cli.md`. */
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
  const long = `\`--${name}${valueOf(option).replaceAll('|', '\\|')}\``;
  const short = option.short === undefined ? '' : `\`-${option.short}\`, `;
  return `| ${short}${long}${option.repeated ? ', repeatable' : ''} | ${cell(option.help)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
