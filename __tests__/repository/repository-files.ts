import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Paths of what git tracks and the work tree has, relative to the repository root. */
export function trackedFiles(...patterns: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--', ...patterns], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What people read; not fixtures, nor the pages that the example's frontend is made of. */
export const MARKDOWN = trackedFiles('*.md').filter((path) => !/\/(fixtures|pages)\//.test(path));

/** Our own, those that users are to copy; not fixtures, which are as people have them. */
export const WORKFLOWS = trackedFiles('*.yml', '*.yaml').filter(
  (path) =>
    !path.includes('/fixtures/') &&
    /(?:^|\/)(?:\.github\/workflows|workflow-templates)\/|^examples\/workflows\//.test(path),
);
