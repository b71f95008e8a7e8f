import { inertLog, plainText } from '../../src/lib/foreign-text.js';
import { StepLog } from '../../testing/runner/workflow-commands.js';

const COMMANDS = [
  '::error::forged',
  '   ::error file=a::forged',
  '\t::warning title=x::forged',
  'harmless\n::add-mask::a',
  'harmless\r::error::forged',
  'harmless\r\n  ::error::forged',
  'ok ##[error]forged',
  '##[set-env name=PATH]/evil',
  '\u001b[31m::error::forged\u001b[0m',
  ':\u001b[0m:error::forged',
  '\u0000::error::forged',
  '#\u200e#[error]forged',
  ':\u202e:error::forged',
];

/** Reads output like the runner, whose StreamReader.ReadLine ends a line at \n, \r and \r\n. */
function obeyed(text: string): { commands: number; shown: string[] } {
  const log = new StepLog([]);
  const shown = text.split(/\r\n|\r|\n/).map((line) => log.read(line));
  const hidden = shown.filter((line) => line === undefined).length;
  return {
    commands: log.annotations.length + log.masks.length + hidden + (/##\[/.test(text) ? 1 : 0),
    shown: shown.flatMap((line) => line ?? []),
  };
}

test.each(COMMANDS)('the runner executes no command in foreign text: %j', (text) => {
  expect(obeyed(inertLog(text)).commands).toBe(0);
  expect(inertLog(text)).toMatch(/forged|evil|add-mask/);
});

test('the runner would execute the first eight samples without escaping', () => {
  for (const text of COMMANDS.slice(0, 8)) expect(obeyed(text).commands).toBeGreaterThan(0);
});

test.each([
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001b]52;c;ZXZpbA==\u0007copied', 'copied'],
  ['\u001b[2J\u001b[1;1Hcleared', 'cleared'],
  ['\u009b31mred', 'red'],
  ['\u001bP1$r0m\u001b\\device', 'device'],
  ['\u001b]0;never ended', ''],
  ['bell\u0007, back\u0008space', 'bell, backspace'],
  ['progress 1%\rprogress 2%', 'progress 1%\nprogress 2%'],
  ['tab\tand\nnewline, ünïcödé ✓ 😀', 'tab\tand\nnewline, ünïcödé ✓ 😀'],
])('removes terminal sequences from foreign text: %j', (text, expected) => {
  expect(plainText(text)).toBe(expected);
});

test.each(['  at Object.<anonymous>', 'std::vector<int>', 'http://[::1]:80', '# [link](x)', '--- a/::b'])(
  'leaves other text unchanged: %s',
  (text) => {
    expect(inertLog(text)).toBe(text);
  },
);
