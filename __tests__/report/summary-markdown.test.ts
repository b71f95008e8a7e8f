import { cell, inline } from '../../src/report/summary/markdown.js';

test.each([
  ['see `a_b*` and ``c``', 'see `a_b*` and ``c``'],
  ['`one`, `two`', '`one`, `two`'],
  ['``` <b>', String.raw`\`\`\` &lt;b>`],
])('code stays code: %s', (text, expected) => {
  expect(inline(text)).toBe(expected);
});

test.each([
  ['more at the end', '`x`` <img src=y>'],
  ['more at the beginning', '``x` <img src=y>'],
  ['one that is open', 'a ` <img src=y>'],
  ['two spans that touch', '`a``<img src=y>`'],
  ['a span within longer ones', '``a`<img src=y>``b`'],
])('backticks of unequal length open no code, and what follows them is no markup: %s', (_, text) => {
  expect(inline(text)).not.toMatch(/(?<!\\)`/);
  expect(cell(text)).toContain('&lt;img src=y>');
});
