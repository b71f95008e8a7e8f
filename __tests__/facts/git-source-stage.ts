import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const NOW = 1_740_903_400;

export let folder: string;
export let env: NodeJS.ProcessEnv;

export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .trim();
}

export function repository(name = 'shop'): string {
  const path = join(folder, name);
  mkdirSync(path);
  git(path, 'init', '-q', '-b', 'main');
  return path;
}

export function withCommit(path = repository(), message = 'Round prices'): string {
  git(path, 'commit', '-q', '--allow-empty', '-m', message);
  return path;
}

/** Each test of the file has a home of its own, so that no configuration of the user counts. */
export function inNewHome(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'git-source-'));
    env = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Developer',
      GIT_AUTHOR_EMAIL: 'developer@example.org',
      GIT_COMMITTER_NAME: 'Developer',
      GIT_COMMITTER_EMAIL: 'developer@example.org',
      GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
      GIT_COMMITTER_DATE: '2025-03-02T08:15:30Z',
    };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
}
