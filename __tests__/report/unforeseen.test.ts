import { problemsOf } from '../../src/report/report.js';

test.each(['ENOSPC', 'EDQUOT'])('reports a full disk (%s) as build/no-space, without a stack', (code) => {
  const error = Object.assign(new Error(`${code}: no space left on device, mkdtemp '/tmp/x'`), {
    code,
    path: '/tmp/x',
  });
  const [problem] = problemsOf(error);
  expect(problem).toMatchObject({ code: 'build/no-space', message: expect.stringContaining('/tmp/x') });
  expect(problem?.detail).toBeUndefined();
});
