import { readFile } from 'node:fs/promises';
import { runCli } from '../../testing/runner.js';
import { GROUPS } from '../../src/cli/command.js';
import { COMMANDS, optionsOf, type CommandName } from '../../src/cli/commands.js';
import { INPUTS } from '../../src/config/inputs.generated.js';
import { VERSION } from '../../src/version.js';

const cli = (...args: string[]) => runCli({ args, cwd: '/', env: { PATH: '/nowhere' } });
const file = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
/** Help is wrapped; words are compared. */
const words = (text: string) => text.replace(/\s+/g, ' ');
const NAMES = Object.keys(COMMANDS) as CommandName[];

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(await file('package.json')) as { version: string };
  expect(VERSION).toBe(version);
  expect(await cli('--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('schema prints exactly the published schema', async () => {
  expect((await cli('schema')).stdout).toBe(await file('schema/image-release.schema.json'));
});

test.each([[[]], [['--help']], [['-h']], [['help']]])('%j shows every command', async (args) => {
  const { exitCode, stdout, stderr } = await cli(...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const name of NAMES) expect(words(stdout)).toContain(` ${name} ${COMMANDS[name].help}`);
  for (const heading of Object.values(GROUPS)) expect(stdout).toMatch(new RegExp(`^${heading}$`, 'm'));
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test.each(NAMES)('%s --help shows usage, every option and examples, as help %s does', async (name) => {
  const { exitCode, stdout } = await cli(name, '--help');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Usage\n  image-release ${name}`);
  for (const [option, { help }] of Object.entries(optionsOf(name))) {
    expect(stdout).toContain(`--${option}`);
    expect(words(stdout)).toContain(words(help));
  }
  const examples = Object.entries(COMMANDS[name].examples);
  expect(examples.length).toBeGreaterThan(1);
  for (const [line, purpose] of examples) expect(stdout).toContain(`  # ${purpose}\n  ${line}\n`);
  expect((await cli('help', name)).stdout).toBe(stdout);
  // A command that is to be copied is not broken.
  const lines = stdout.split('\n').filter((line) => !line.startsWith('  image-release '));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('what action and command line share is described in the same words', async () => {
  const help = words((await cli('release', '--help')).stdout);
  for (const name of ['platforms', 'no-cache', 'push', 'deploy', 'dry-run'] as const) {
    expect(help).toContain(INPUTS[name].description.replace(' (true or false)', ''));
  }
});

test.each([
  ['a mistyped command', ['relase'], 'usage/invalid', 'Did you mean `image-release release`?'],
  ['a mistyped command after help', ['help', 'sett'], 'usage/invalid', 'Did you mean `image-release set`?'],
  ['a command like no other', ['xyzzy'], 'usage/invalid', 'See `image-release --help`.'],
  ['a mistyped option', ['release', '--dryrun'], 'usage/invalid', 'Did you mean `--dry-run`?'],
  ['an option of another command', ['plan', '--source', 'a'], 'usage/invalid', 'See `image-release plan --help`.'],
  ['an option without its value', ['release', '--config'], 'usage/invalid', 'See `image-release release --help`.'],
  ['a value for a switch', ['release', '--json=yes'], 'usage/invalid', 'See `image-release release --help`.'],
  ['an argument where none is taken', ['schema', 'x'], 'usage/invalid', 'See `image-release schema --help`.'],
])('%s: says what to type, and nothing else', async (_, args, code, fix) => {
  const { exitCode, stdout, stderr } = await cli(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^error \\[${code}\\]\\n  .+\\n  → .+\\n$`));
  expect(stderr).toContain(`→ ${fix}\n`);
});

test('a value that an option does not take is refused before anything is read', async () => {
  const { exitCode, stderr } = await cli('release', '--push', 'maybe');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/error \[input\/invalid\]\n {2}--push must be auto, true, false or digest/);
});

test('a folder that is no repository is told apart from one that is not there', async () => {
  const none = await runCli({ args: ['plan'], cwd: '/' });
  expect({ ...none, stderr: none.stderr.match(/\[\S+\]/)?.[0] }).toMatchObject({
    exitCode: 2,
    stderr: '[source/no-checkout]',
  });
  expect((await runCli({ args: ['-C', '/nowhere', 'plan'], cwd: '/' })).stderr).toContain(
    'There is no folder /nowhere.',
  );
});
