import { optionsOf, type CommandName } from '../../src/cli/commands.js';
import { INPUTS, type InputName } from '../../src/config/inputs.generated.js';

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
