import { parse } from 'yaml';
import { optionsOf, type CommandName } from '../../src/cli/commands.js';
import { INPUTS, type InputName } from '../../src/config/inputs.generated.js';
import { textOf } from './repository-files.js';

/**
 * Inputs of docker/build-push-action, docker/bake-action, docker/metadata-action, docker/login-action and
 * docker/setup-buildx-action that users know. Most of them are settings per image in the configuration file here.
 */
const CONVENTIONS = [
  ...[
    'builder',
    'push',
    'platforms',
    'no-cache',
    'username',
    'password',
    'tags',
    'images',
    'file',
    'context',
    'target',
  ],
  ...[
    'labels',
    'annotations',
    'build-args',
    'build-contexts',
    'secrets',
    'provenance',
    'sbom',
    'cache-from',
    'cache-to',
  ],
  ...['load', 'pull', 'outputs', 'flavor'],
];

test("shares only these five input names with Docker's actions", () => {
  // `images` takes image keys here, but image names in metadata-action. By default, a key is the last part of its name.
  expect(Object.keys(INPUTS).filter((name) => CONVENTIONS.includes(name))).toEqual([
    ...['images', 'push', 'platforms', 'builder', 'no-cache'],
  ]);
});

test('action.yml has exactly these outputs', () => {
  expect(Object.keys((parse(textOf('action.yml')) as { outputs: object }).outputs)).toEqual([
    'released',
    'complete',
    'images',
    'plan',
    'deploy-commit',
    'pull-request-number',
    'pull-request-url',
  ]);
});

test('the description of `push` begins with its default', () => {
  expect(INPUTS.push.description).toMatch(/^Images are pushed by default, except for pull requests\./);
});

test('the description of `config` says where to set build arguments, secrets, SBOM and provenance', () => {
  expect(INPUTS.config.description).toMatch(/Build arguments, secrets, SBOM and provenance are set in that file\./);
});

/** Without `set`, whose options are separate because it reads no configuration. */
const RELEASING: CommandName[] = ['plan', 'build', 'release', 'deploy'];

test.each(RELEASING)('the help of %s describes options with the text of the same inputs in action.yml', (command) => {
  // On the command line `config` is relative to the current folder, and a dry run of `deploy` plans no build.
  const own = command === 'deploy' ? ['config', 'dry-run'] : ['config'];
  const shared = Object.entries(optionsOf(command)).filter(([name]) => name in INPUTS && !own.includes(name));
  expect(shared.length).toBeGreaterThan(0);
  for (const [name, { help }] of shared) {
    const { description } = INPUTS[name as InputName];
    expect({ name, help }).toEqual({
      name,
      help: expect.stringContaining(description.replace(' (true or false)', '')),
    });
  }
});
