import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Paths of tracked files that exist in the work tree, relative to the repository root. */
export function trackedFiles(...patterns: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--', ...patterns], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Documentation, without fixtures and the pages of the example's frontend. */
export const MARKDOWN = trackedFiles('*.md').filter((path) => !/\/(fixtures|pages)\//.test(path));

/** Workflows of this repository and workflows for users to copy, without fixtures. */
export const WORKFLOWS = trackedFiles('*.yml', '*.yaml').filter(
  (path) =>
    !path.includes('/fixtures/') &&
    /(?:^|\/)(?:\.github\/workflows|workflow-templates)\/|^examples\/workflows\//.test(path),
);
