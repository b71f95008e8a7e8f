import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where git keeps what it knows of a work tree. */
export interface GitFolder {
  /** Absolute path of the work tree. */
  top: string;
  /** Holds the index: `.git`, or what the file of that name leads to (work trees, submodules). */
  own: string;
  /** Shared by all work trees of the repository. */
  common: string;
}

/** @returns undefined where neither the folder nor one above it is a work tree */
export function findGitFolder(folder: string): GitFolder | undefined {
  const top = findTop(folder);
  const own = top && ownFolderOf(top);
  return own === undefined ? undefined : { top: top!, own, common: commonFolderOf(own) };
}

/** The nearest folder at or above that holds `.git`. */
function findTop(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function ownFolderOf(top: string): string | undefined {
  const path = join(top, '.git');
  try {
    if (statSync(path).isDirectory()) return path;
    const target = /^gitdir: (.+?)\n*$/.exec(readFileSync(path, 'utf8'))?.[1];
    return target === undefined ? undefined : resolve(top, target);
  } catch {
    return undefined;
  }
}

function commonFolderOf(own: string): string {
  try {
    return resolve(own, readFileSync(join(own, 'commondir'), 'utf8').trim());
  } catch {
    return own;
  }
}

/** With replaced objects (git-replace(1)) a checkout writes other bytes than the index names. */
export function hasReplacements({ common }: GitFolder): boolean {
  if (existsSync(join(common, 'refs', 'replace'))) return true;
  try {
    return readFileSync(join(common, 'packed-refs')).includes(' refs/replace/');
  } catch {
    return false;
  }
}

/** Whether nothing was checked out over it since: its log has one line. */
export function isFirstCheckout({ own }: GitFolder): boolean {
  try {
    return readFileSync(join(own, 'logs', 'HEAD'), 'utf8').split('\n').length === 2;
  } catch {
    return false;
  }
}
