import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, trackedFiles } from '../repository/repository-files.js';

/**
 * Copies the tracked files, with uncommitted changes, and the current bundle.
 * @param isWanted decides by path; the bundle is always copied
 */
export function copyRepository(folder: string, isWanted = (_path: string) => true): string {
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const path of trackedFiles().filter((tracked) => !tracked.startsWith('dist/') && isWanted(tracked))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(folder, path));
  }
  return folder;
}

/**
 * Installs this repository from git into an empty project, as npm users do, but offline.
 * @param folder created if it doesn't exist
 * @returns the project's folder
 */
export function installFromGit(folder: string): string {
  // Tests and docs aren't part of the package; without them, git and npm are faster.
  const clone = copyRepository(join(folder, 'clone'), (path) => !/^(?:__tests__|testing|lab|docs)\//.test(path));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: clone, stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all', '--force');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=test');
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{}\n');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', `git+file://${clone}`], {
    cwd: project,
    stdio: 'pipe',
  });
  return project;
}
