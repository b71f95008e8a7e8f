import stringWidth from 'string-width';
import { fitTo } from '../../src/cli/fit-lines.js';
import { colorStyle } from '../../src/report/terminal.js';

const fit = fitTo(40);

test.each([
  ['leaves a line that fits unchanged', '  short', 4, '  short'],
  [
    'breaks prose between words and indents the continuation',
    '  → Add a user to the image, and a health check.',
    4,
    '  → Add a user to the image, and a\n    health check.',
  ],
  [
    'never breaks a command',
    '  → Run `image-release rollback api --to main-1a2b3c4`, then look.',
    4,
    '  → Run\n    `image-release rollback api --to main-1a2b3c4`,\n    then look.',
  ],
  [
    'never breaks a word, even if it is too long',
    `  See https://github.com/${'x'.repeat(30)} now.`,
    2,
    `  See\n  https://github.com/${'x'.repeat(30)}\n  now.`,
  ],
  [
    'counts two columns for each wide character',
    `  ${'界'.repeat(15)} ${'界'.repeat(5)}`,
    4,
    `  ${'界'.repeat(15)}\n    ${'界'.repeat(5)}`,
  ],
])('%s', (_, line, hanging, lines) => {
  expect(fit(line, hanging)).toBe(lines);
});

test('ends colours at each line break and resumes them on the next line', () => {
  const lines = fit(`  ${colorStyle.good('one two three four five six seven eight nine')}`, 4).split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).toMatch(/^ +\u001b\[32m.*\u001b\[39m|^ +\u001b\[32m.*\u001b\[0m/);
    expect(stringWidth(line)).toBeLessThanOrEqual(40);
  }
});
