import { parse } from 'yaml';
import { optionsOf, type CommandName } from '../../src/cli/commands.js';
import { INPUTS, type InputName } from '../../src/config/inputs.generated.js';
import { textOf } from './repository-files.js';

/**
 * Inputs of docker/build-push-action, docker/bake-action, docker/metadata-action, docker/login-action and
 * docker/setup-buildx-action whose names a user brings along. Most are in the configuration file here, per image.
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

test('an input has the name and the meaning that users of the actions of Docker expect', () => {
  // `images` are keys of the configuration here; metadata-action takes image names, whose last part is the key by default.
  expect(Object.keys(INPUTS).filter((name) => CONVENTIONS.includes(name))).toEqual([
    ...['images', 'push', 'platforms', 'builder', 'no-cache'],
  ]);
});

test('an output is not called as something else would be', () => {
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

test('the first sentence on `push` says that images are pushed by default', () => {
  expect(INPUTS.push.description).toMatch(/^Images are pushed by default, except for pull requests\./);
});

test('one sentence says where build arguments, secrets, SBOM and provenance are set', () => {
  expect(INPUTS.config.description).toMatch(/Build arguments, secrets, SBOM and provenance are set in that file\./);
});

/** Of `set`, which knows no configuration, the options are its own. */
const RELEASING: CommandName[] = ['plan', 'build', 'release', 'deploy'];

test.each(RELEASING)('options of %s that are inputs too are described in the words of action.yml', (command) => {
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
