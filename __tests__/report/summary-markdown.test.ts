import { cell, inline } from '../../src/report/summary/markdown.js';

test.each([
  ['see `a_b*` and ``c``', 'see `a_b*` and ``c``'],
  ['`one`, `two`', '`one`, `two`'],
  ['``` <b>', String.raw`\`\`\` &lt;b>`],
])('keeps code spans and escapes other markup: %s', (text, expected) => {
  expect(inline(text)).toBe(expected);
});

test.each([
  ['a longer run at the end', '`x`` <img src=y>'],
  ['a longer run at the beginning', '``x` <img src=y>'],
  ['an unclosed backtick', 'a ` <img src=y>'],
  ['two adjacent spans', '`a``<img src=y>`'],
  ['a span between longer runs', '``a`<img src=y>``b`'],
])('escapes backticks of unequal length, and the markup after them: %s', (_, text) => {
  expect(inline(text)).not.toMatch(/(?<!\\)`/);
  expect(cell(text)).toContain('&lt;img src=y>');
});
