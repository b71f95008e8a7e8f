import { renderAnnotations } from '../../src/report/annotations.js';

test("foreign text in an annotation can't start another workflow command", () => {
  const lines = renderAnnotations([
    {
      code: 'build/failed',
      severity: 'error',
      message: '50% denied\r::error::forged\u001b[31m',
      fix: 'Ask\n::add-mask::a',
      place: { file: 'a\r\nb,c:d', line: 1, column: 5 },
    },
  ]);
  expect(lines).toEqual([
    '::error title=build/failed,file=a%0Ab%2Cc%3Ad,line=1,col=5::50%25 denied%0A::error::forged%0A→ Ask%0A::add-mask::a',
  ]);
  expect(lines.join('').match(/[\r\n]/)).toBeNull();
});

test('prints at most ten warnings, those with a line first, and sums up the rest', () => {
  const warning = (number: number, line?: number) => ({
    code: 'build/dockerfile-invalid' as const,
    severity: 'warning' as const,
    message: `warning ${number}`,
    fix: 'Mend it.',
    ...(line !== undefined && { place: { file: 'Dockerfile', line, endLine: line + 1 } }),
  });
  const warnings = Array.from({ length: 14 }, (_, index) => warning(index, index >= 4 ? index : undefined));
  const error = { ...warning(99), severity: 'error' as const, code: 'build/failed' as const };
  const lines = renderAnnotations([...warnings, error]);
  expect(lines.map((line) => line.slice(0, 9))).toEqual(['::error t', ...Array<string>(10).fill('::warning')]);
  expect(lines[1]).toBe(
    '::warning title=build/dockerfile-invalid,file=Dockerfile,line=4,endLine=5::warning 4%0A→ Mend it.',
  );
  expect(lines[10]).toMatch(/^::warning title=5 more::build\/dockerfile-invalid%0A/);
});
