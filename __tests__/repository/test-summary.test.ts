import { replaceFiles, type TestFile } from '../../scripts/test/vitest.js';
import { countTests, skippedTests, slowest } from '../../scripts/test/summary.js';

const file = (name: string, statuses: string[], over: Partial<TestFile> = {}): TestFile => ({
  name: `/project/${name}`,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status, ancestorTitles: ['a group (no kustomize here)'] })),
  startTime: 0,
  endTime: 1000,
  ...over,
});

test("counts tests by outcome, and a file that doesn't load as one failed test", () => {
  const files = [
    file('a.test.ts', ['passed', 'passed', 'pending']),
    file('b.test.ts', ['failed', 'passed', 'todo']),
    file('c.test.ts', [], { status: 'failed' }),
  ];
  expect(countTests(files)).toEqual({ passed: 3, failed: 2, skipped: 2 });
});

test('lists skipped tests with the reason in the title of their group', () => {
  const files = [file('a.test.ts', ['pending', 'passed', 'pending']), file('b.test.ts', ['passed'])];
  expect(skippedTests(files, '/project')).toEqual(['Skipped 2 in a.test.ts: a group (no kustomize here)']);
});

test('a second run replaces the results of its files and decides the outcome', () => {
  const first = { files: [file('a.test.ts', ['failed']), file('b.test.ts', ['passed'])], ok: false };
  const second = { files: [file('a.test.ts', ['passed'])], ok: true };
  const { files, ok } = replaceFiles(first, second);
  expect(ok).toBe(true);
  expect(countTests(files)).toEqual({ passed: 2, failed: 0, skipped: 0 });
});

test('lists the slowest files first', () => {
  const files = [file('a.test.ts', [], { endTime: 2000 }), file('b.test.ts', [], { endTime: 9000 })];
  expect(slowest(files, 1, '/project')).toBe('The slowest files:\n    9 s  b.test.ts');
});
