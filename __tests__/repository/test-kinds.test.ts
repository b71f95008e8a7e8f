import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT, trackedFiles } from './repository-files.js';

const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?!type\b)[^;'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g;

/** Modules of this repository that a module loads, as absolute paths. */
function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)]
    .map(([, by, later]) => resolve(dirname(file), (by ?? later)!).replace(/\.js$/, '.ts'))
    .filter((path) => existsSync(path));
}

function reach(file: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(file)) {
    seen.add(file);
    for (const next of importsOf(file)) reach(next, seen);
  }
  return seen;
}

/** The linter checks direct imports of tests; this test also checks the imports of their helpers. */
test('only tests named `.lab.test.ts` load modules of the lab', () => {
  const unit = trackedFiles('__tests__').filter((path) => path.endsWith('.test.ts') && !path.endsWith('.lab.test.ts'));
  expect(unit.length).toBeGreaterThan(150);
  const wrong = unit.flatMap((path) =>
    [...reach(join(ROOT, path))]
      .map((found) => relative(ROOT, found))
      .filter((found) => found.startsWith('lab/'))
      .map((found) => `${path} loads ${found}`),
  );
  expect(wrong).toEqual([]);
});
