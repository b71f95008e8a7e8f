import { applyPatch } from 'diff';
import { unifiedDiff } from '../../../src/deploy/diff.js';
import { type GoldenCase, goldenCases, edit, edited } from './fixtures.js';

describe('golden cases', () => {
  test.each(goldenCases)('$name: changes exactly the lines of its diff', ({ name, bytes, specs, missing, diff }) => {
    expect(unifiedDiff(name, bytes.toString(), edited(bytes.toString(), specs, missing))).toBe(diff);
  });

  const shapes: [string, (text: string) => string][] = [
    ['CRLF line endings', (text) => text.replaceAll('\n', '\r\n')],
    ['a byte-order mark', (text) => `\ufeff${text}`],
    ['no final newline', (text) => text.replace(/\n$/, '')],
    ['many blank lines at the end', (text) => `${text}\n\n\n`],
    ['a comment at the top', (text) => `# top\n\n${text}`],
  ];
  const shaped = shapes.flatMap(([shape, change]) => goldenCases.map((golden) => ({ shape, change, ...golden })));

  test.each(shaped)(
    '$name with $shape: makes the same change and no other',
    ({ change, bytes, specs, missing, diff }) => {
      const text = bytes.toString();
      const expected = applyPatch(text, diff);
      expect(expected).not.toBe(false);
      expect(edited(change(text), specs, missing)).toBe(change(String(expected)));
    },
  );

  test.each(goldenCases)('$name: repeating the edit changes nothing', ({ bytes, specs, missing }: GoldenCase) => {
    expect(edit(edited(bytes.toString(), specs, missing), specs, missing)).toEqual({ status: 'unchanged' });
  });
});
