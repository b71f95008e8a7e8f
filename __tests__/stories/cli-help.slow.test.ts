import { readFile } from 'node:fs/promises';
import { runCli } from '../../testing/runner.js';
import { parseArguments } from '../../src/cli/arguments.js';
import { GROUPS } from '../../src/cli/options.js';
import { COMMANDS, optionsOf, type CommandName } from '../../src/cli/commands.js';
import { renderHelp } from '../../src/cli/help.js';
import { VERSION } from '../../src/version.js';

const cli = (...args: string[]) => runCli({ args, cwd: '/', env: { PATH: '/nowhere' } });
const file = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
/** Undoes the line wrapping of help. */
const words = (text: string) => text.replace(/\s+/g, ' ');
const NAMES = Object.keys(COMMANDS) as CommandName[];
/** Lines of more than 80 columns, except commands to copy. */
const tooLong = (text: string) =>
  text.split('\n').filter((line) => line.length > 80 && !line.startsWith('  image-release '));

test('--version prints the version in package.json', async () => {
  const { version } = JSON.parse(await file('package.json')) as { version: string };
  expect(VERSION).toBe(version);
  expect(await cli('--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('schema prints exactly the published schema', async () => {
  expect((await cli('schema')).stdout).toBe(await file('schema/image-release.schema.json'));
});

test('--help lists every command, within 80 columns', async () => {
  const { exitCode, stdout, stderr } = await cli('--help');
  expect({ exitCode, stderr, stdout }).toEqual({ exitCode: 0, stderr: '', stdout: `${renderHelp(undefined, 80)}\n` });
  for (const name of NAMES) expect(words(stdout)).toContain(` ${name} ${COMMANDS[name].help}`);
  for (const heading of Object.values(GROUPS)) expect(stdout).toMatch(new RegExp(`^${heading}$`, 'm'));
  expect(tooLong(stdout)).toEqual([]);
  for (const args of [[], ['-h'], ['help']]) expect(parseArguments(args)).toEqual({ type: 'help' });
});

test.each(NAMES)('%s: --help and the help command show usage, every option, and examples', (name) => {
  const text = renderHelp(name, 80);
  for (const args of [
    [name, '--help'],
    ['help', name],
  ])
    expect(parseArguments(args)).toEqual({ type: 'help', command: name });
  expect(text).toContain(`Usage\n  image-release ${name}`);
  for (const [option, { help }] of Object.entries(optionsOf(name))) {
    expect(text).toContain(`--${option}`);
    expect(words(text)).toContain(words(help));
  }
  const examples = Object.entries(COMMANDS[name].examples);
  expect(examples.length).toBeGreaterThan(1);
  for (const [line, purpose] of examples) expect(text).toContain(`  # ${purpose}\n  ${line}\n`);
  expect(tooLong(text)).toEqual([]);
});

test.each([
  ['a mistyped command', ['relase'], 'usage/invalid', 'Did you mean `image-release release`?'],
  ['an option of another command', ['plan', '--source', 'a'], 'usage/invalid', 'See `image-release plan --help`.'],
])('%s: prints one error with its fix, and nothing else', async (_, args, code, fix) => {
  const { exitCode, stdout, stderr } = await cli(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^error \\[${code}\\]\\n  .+\\n  → .+\\n$`));
  expect(stderr).toContain(`→ ${fix}\n`);
});

test('a folder without a repository and a missing folder cause different errors', async () => {
  const none = await runCli({ args: ['plan'], cwd: '/' });
  expect({ ...none, stderr: none.stderr.match(/\[\S+\]/)?.[0] }).toMatchObject({
    exitCode: 2,
    stderr: '[source/no-checkout]',
  });
  expect((await runCli({ args: ['-C', '/nowhere', 'plan'], cwd: '/' })).stderr).toContain(
    'There is no folder /nowhere.',
  );
});
