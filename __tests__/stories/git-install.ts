import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, trackedFiles } from '../repository/repository-files.js';

/**
 * What git tracks, copied: a clone with what is not committed yet, and with the bundle as it stands.
 * @param isWanted by path; the bundle always is
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
 * Installs this repository from git into an empty project, as a user of npm does, with no network.
 * @param folder made here
 * @returns the project's folder
 */
export function installFromGit(folder: string): string {
  // Most files are tests, and no package holds them: git and npm would only carry them around.
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
