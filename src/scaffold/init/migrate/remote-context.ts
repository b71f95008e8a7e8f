import { posix } from 'node:path';
import type { Repository } from '../found.js';
import { hasHoles } from './holes.js';

/** What a context that is no folder on this machine comes from. */
export type RemoteContext =
  /** This repository, cloned; the folder in it. */
  { status: 'own'; folder: string } | { status: 'elsewhere' };

const SCHEME = /^(?:[a-z][a-z0-9+]*:\/\/|git@)/;
/** `github.com/owner/name.git#ref:folder`, in any of its spellings. */
const OF_GIT = /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?(?:#[^:]*(?::(.+))?)?$/;

/** @returns undefined: a folder, or a part that only a run knows */
export function readRemoteContext(written: string, { name }: Repository): RemoteContext | undefined {
  if (!SCHEME.test(written) || /^(?:dir|tar):\/\//.test(written)) return undefined;
  const [, repository, folder = '.'] = OF_GIT.exec(written.replace(/\$\{\{.*?\}\}/g, '_')) ?? [];
  const isGit = /^(?:git|ssh):\/\/|^git@|\.git(?:[#/]|$)/.test(written);
  if (!isGit || repository === undefined) return { status: 'elsewhere' };
  const isOwn = name === undefined || hasHoles(written.split('#')[0]!) || same(repository, name);
  return isOwn ? { status: 'own', folder: posix.normalize(folder) } : { status: 'elsewhere' };
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
