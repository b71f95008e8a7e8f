import { checkColor, styleOf, type StyleOptions } from '../../src/cli/style.js';

const stream = (isTTY: boolean) => ({ isTTY, columns: 60 }) as NodeJS.WriteStream;

test.each<[boolean, boolean, NodeJS.ProcessEnv, StyleOptions]>([
  [true, true, {}, {}],
  [false, false, {}, {}],
  [false, true, { NO_COLOR: '1' }, {}],
  [true, true, { NO_COLOR: '' }, {}],
  [true, false, { FORCE_COLOR: '1' }, {}],
  [false, false, { FORCE_COLOR: '0' }, {}],
  [false, false, { FORCE_COLOR: '1', NO_COLOR: '1' }, {}],
  [true, false, { NO_COLOR: '1' }, { color: 'always' }],
  [false, true, { FORCE_COLOR: '1' }, { color: 'never' }],
])('colors: %s; terminal: %s; environment: %j; options: %j', async (expected, isTTY, env, options) => {
  const style = await styleOf(stream(isTTY), env, options);
  expect(style.good('x') !== 'x').toBe(expected);
});

test('wraps text to the width of a terminal, and does not wrap other output', async () => {
  const line = 'word '.repeat(20).trim();
  expect((await styleOf(stream(true), {})).fit(line, 2).split('\n').length).toBeGreaterThan(1);
  expect((await styleOf(stream(false), { FORCE_COLOR: '1' })).fit(line, 2)).toBe(line);
});

test('folds warnings unless -v is given', async () => {
  expect((await styleOf(stream(true), {})).warnings).toBe('folded');
  expect((await styleOf(stream(true), {}, { verbose: true })).warnings).toBe('full');
});

test('refuses an unknown value of --color', () => {
  expect(() => checkColor('sometimes')).toThrow('Expected `--color` auto, always, or never, got `sometimes`.');
  checkColor(undefined);
  checkColor('never');
});
