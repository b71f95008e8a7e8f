import { parseArguments } from '../../../src/cli/arguments.js';
import { readRequest, readRollouts } from '../../../src/cli/request.js';
import { INPUTS, type InputName } from '../../../src/config/inputs.generated.js';
import { readInputs } from '../../../src/config/inputs.js';
import { problemsOf } from '../../../src/report/report.js';
import { suggestionOf, told, type FollowedFix, type OutOfReach, type Told } from '../followed-fix.js';

const inputs = (given: Partial<Record<InputName, string>>): Promise<Told> =>
  told(() => readInputs((name) => given[name] ?? ('default' in INPUTS[name] ? '' : '')));

/** Problems of reading a command line, without running its command. */
const typed = (line: string, env: NodeJS.ProcessEnv = {}): Promise<Told> =>
  told(() => {
    const invocation = parseArguments(line.split(' '));
    if (invocation.type !== 'command') return;
    readRequest(invocation, env);
    if (invocation.command === 'deploy') readRollouts(invocation);
  });

export const argumentFixes: (FollowedFix | OutOfReach)[] = [
  {
    code: 'input/invalid',
    provoke: () => inputs({ 'dry-run': 'ture' }),
    follow: (problem) => inputs({ 'dry-run': suggestionOf(problem) }),
  },
  {
    code: 'input/conflict',
    provoke: () => inputs({ push: 'false', deploy: 'true' }),
    follow: ({ fix }) => {
      expect(fix).toMatch(/^Remove input "push"/);
      return inputs({ deploy: 'true' });
    },
  },
  {
    code: 'usage/invalid',
    provoke: () => typed('plan --ofline'),
    follow: (problem) => typed(`plan ${suggestionOf(problem)}`),
  },
  {
    code: 'internal/unexpected',
    provoke: () => problemsOf(new TypeError("Cannot read properties of undefined (reading 'tag')")),
    outOfReach: 'the error is unforeseen: only a new version of image-release can fix it',
    steady: (text) => text.replace(/(TypeError: .*)(\n.*)*/, '$1\n    at …'),
  },
];
