import { renderAnnotations } from '../../src/report/annotations.js';

test('what a registry or a build wrote makes no command of its own in an annotation', () => {
  const lines = renderAnnotations([
    {
      code: 'build/failed',
      severity: 'error',
      message: 'The registry says: denied\r::error::forged\u001b[31m',
      fix: 'Ask\n::add-mask::a',
      place: { file: 'a\r\nb,c:d', line: 1 },
    },
  ]);
  expect(lines).toEqual([
    '::error title=build/failed,file=a%0Ab%2Cc%3Ad,line=1::The registry says: denied%0A::error::forged%0A→ Ask%0A::add-mask::a',
  ]);
  expect(lines.join('').match(/[\r\n]/)).toBeNull();
});
