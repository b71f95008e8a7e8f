import { plainStyle, renderProblem, renderReport } from '../../src/report/terminal.js';
import { PROBLEM, reportOf } from './terminal-samples.js';

test('a problem is told with code and place, what happened, detail, and the way out', () => {
  expect(renderProblem(PROBLEM, plainStyle)).toBe(
    [
      'error [build/step-failed] api/Dockerfile:3',
      '  Image api: `RUN false` failed with exit code 1.',
      '       3 | >>> RUN false',
      '  → Read its last lines.',
    ].join('\n'),
  );
});

test('a failed release begins with its problems and ends with what has not changed', () => {
  const lines = renderReport(
    reportOf({ outcome: { status: 'failed', stage: 'build', problems: [PROBLEM] } }),
    plainStyle,
  ).split('\n');
  expect(lines[0]).toBe('error [build/step-failed] api/Dockerfile:3');
  expect(lines.at(-2)).toBe('✗ The build failed. No tag was moved, and the deployment did not change. (1 min 23 s)');
});
