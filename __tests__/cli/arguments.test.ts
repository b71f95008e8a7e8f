import { parseArguments } from '../../src/cli/arguments.js';
import { ReleaseError } from '../../src/lib/errors.js';

function parsed(...argv: string[]) {
  const invocation = parseArguments(argv);
  if (invocation.type !== 'command') throw new Error(`${argv.join(' ')} is ${invocation.type}`);
  return invocation;
}

function problemOf(...argv: string[]) {
  try {
    parseArguments(argv);
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems[0];
    throw error;
  }
  throw new Error('expected a ReleaseError');
}

test.each([
  [[], { type: 'help' }],
  [['--help'], { type: 'help' }],
  [['help', 'plan'], { type: 'help', command: 'plan' }],
  [['plan', '-h'], { type: 'help', command: 'plan' }],
  [['-C', 'x', 'plan', '--help'], { type: 'help', command: 'plan' }],
  [['--version'], { type: 'version' }],
  [['-V'], { type: 'version' }],
])('parses %j as %j', (argv, expected) => {
  expect(parseArguments(argv)).toEqual(expected);
});

test('accepts options before the command, between its arguments, and after them', () => {
  const { command, words, options } = parsed('-C', 'there', 'release', 'api', '--dry-run', 'web', '--config=c.yml');
  expect({ command, words }).toEqual({ command: 'release', words: ['api', 'web'] });
  expect(options.text('directory')).toBe('there');
  expect(options.text('config')).toBe('c.yml');
  expect(options.has('dry-run')).toBe(true);
  expect(options.has('json')).toBe(false);
});

test('uses the last value of a repeated option, and all values of a list option', () => {
  const { options } = parsed('deploy', '--run', '1', '--run=2', '--image', 'a=b:1', '--image', 'c=d:2');
  expect(options.text('run')).toBe('2');
  expect(options.list('image')).toEqual(['a=b:1', 'c=d:2']);
  expect(options.list('source')).toEqual([]);
});

test('reads the value of an option with an optional value only after `=`', () => {
  const { words, options } = parsed('release', '--wait', 'api');
  expect({ words, wait: options.text('wait') }).toEqual({ words: ['api'], wait: '10m' });
  expect(parsed('release', '--wait=90s').options.text('wait')).toBe('90s');
  expect(parsed('release').options.has('wait')).toBe(false);
});

test('accepts a negative number as an option value', () => {
  const { words, options } = parsed('rollback', '--to', '-2', 'api', '--channel', 'main');
  expect({ words, to: options.text('to') }).toEqual({ words: ['api'], to: '-2' });
  expect(problemOf('rollback', '--dry-run', '-2')?.code).toBe('usage/invalid');
  expect(parsed('rollback', '--', '--to', '-2').words).toEqual(['--to', '-2']);
});

test('treats everything after -- as an argument', () => {
  expect(parsed('set', 'k8s', '--', '--odd=:v1').words).toEqual(['k8s', '--odd=:v1']);
});

test('does not mistake the value of a global option for the command', () => {
  expect(parsed('--config', 'plan', 'build').command).toBe('build');
});

test.each([
  [['relaese'], 'usage/invalid', 'There is no command `relaese`.', /`image-release release`/],
  [['toString'], 'usage/invalid', 'There is no command `toString`.', /--help/],
  [['plan', '--jsn'], 'usage/invalid', 'plan has no option --jsn.', /^Did you mean `--json`\?$/],
  [['plan', '-x'], 'usage/invalid', 'plan has no option -x.', /image-release plan --help/],
  [['--vresion'], 'usage/invalid', 'image-release has no option --vresion.', /--version/],
  [['plan', '--config'], 'usage/invalid', '--config needs a value: FILE.', /image-release plan --help/],
  [['plan', '--json=yes'], 'usage/invalid', '--json takes no value.', /image-release plan --help/],
  [['plan', '-C'], 'usage/invalid', '--directory needs a value: DIR.', /image-release plan --help/],
  [['--json'], 'usage/invalid', '--json names no command.', /image-release plan/],
  [['-C', 'app'], 'usage/invalid', '-C app names no command.', /image-release plan/],
])('refuses %j: %s', (argv, code, message, fix) => {
  expect(problemOf(...argv)).toEqual({
    code,
    severity: 'error',
    message: expect.stringMatching(message),
    fix: expect.stringMatching(fix),
  });
});
