import { stringify } from 'yaml';
import { manifestProblems } from '../../testing/fake-cluster/admission/schema.js';
import { parseArguments } from '../../src/cli/arguments.js';
import { readRollouts } from '../../src/cli/request.js';
import { loadConfig } from '../../src/config/load.js';
import { commandBlocks, hiddenCommands } from './command-blocks.js';
import { FRAGMENTS, kindOf, WRITTEN } from './documented-yaml.js';
import { MARKDOWN, textOf } from './repository-files.js';

test.each(FRAGMENTS)('the YAML at $place is of a known kind', ({ kind }) => {
  expect(kind).toBeDefined();
});

const configurations = FRAGMENTS.filter(({ kind }) => kind === 'configuration' || kind === 'image');

test.each(configurations)('the configuration at $place is valid', ({ text, value, kind }) => {
  const images = { api: kind === 'image' ? value : {}, frontend: {} };
  const whole = kind === 'image' ? { images } : { images, ...value };
  const config = loadConfig({ text: 'images' in value ? text : stringify(whole), origin: 'example' });
  expect(config.images.length).toBeGreaterThan(0);
});

test.each(FRAGMENTS.filter(({ kind }) => kind === 'manifest'))(
  'the manifest at $place matches the schema of Kubernetes',
  ({ value }) => expect(manifestProblems(value)).toEqual([]),
);

const scripts = Object.keys((JSON.parse(textOf('package.json')) as { scripts: object }).scripts);

/** Third-party programs that readers may have to run. */
const PROGRAMS = [
  'cd',
  'cosign',
  'docker',
  'gh',
  'git',
  'head',
  'jq',
  'kubectl',
  'mkdir',
  'node',
  'rm',
  'stat',
  'unshare',
];

/** What is wrong with a command; undefined if it is valid. */
function objection(command: string): string | undefined {
  const [program = '', ...words] = command.split(/\s+/);
  if (program === 'image-release') {
    const invocation = parseArguments(words);
    if (invocation.type === 'command' && invocation.command === 'deploy') readRollouts(invocation);
    return undefined;
  }
  if (program === 'npm') {
    const [verb = '', name = ''] = words;
    if (verb === 'install') return undefined;
    const script = verb === 'run' ? name : verb;
    return scripts.includes(script) ? undefined : `package.json has no script ${script}`;
  }
  return PROGRAMS.includes(program) ? undefined : `${program} is not a program that readers have`;
}

/** Replaces separators within quoted words. */
const withoutQuotes = (line: string) =>
  line.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) =>
    (single ?? double ?? '').replaceAll(/[\s|;&]/g, '_'),
  );

const commandsOf = MARKDOWN.flatMap((file) => commandBlocks(file, textOf(file)));

test.each(commandsOf)('every command at $place is valid', ({ commands }) => {
  expect(commands).not.toEqual([]);
  const parts = commands.flatMap((line) => withoutQuotes(line).split(/(?: &&| \||;) /));
  expect(parts.flatMap((command) => objection(command) ?? [])).toEqual([]);
});

test.each(MARKDOWN)('%s has no commands in unmarked blocks', (file) => {
  expect(hiddenCommands(file, textOf(file))).toEqual([]);
});

test.each(WRITTEN)('%s has no command that fetches image-release from a package registry', (file) => {
  const fetched = /npx( -\S+)* image-release\b|npm (i|install)( -\S+)* image-release\b/;
  expect(
    textOf(file)
      .split('\n')
      .filter((line) => fetched.test(line)),
  ).toEqual([]);
});

test("detects commands that don't exist and YAML of an unknown kind", () => {
  expect(objection('npm run none')).toBe('package.json has no script none');
  expect(() => objection('image-release release --dryrun')).toThrow('has no option --dryrun');
  expect(() => objection('image-release deploy --image api')).toThrow('Expected `--image KEY=REF:TAG');
  expect(kindOf({ imagez: {} })).toBeUndefined();
});
