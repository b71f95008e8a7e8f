import { posix } from 'node:path';
import { WORKSPACE } from './scenarios.js';

/**
 * A path that is written in `folder`, from the root of the repository. Absolute ones below the workspace of a runner are
 * the repository's; any other stays as it is, and so does what leads out (`../…`).
 */
export function pathAt(folder: string, path: string): string {
  const inWorkspace = path === WORKSPACE || path.startsWith(`${WORKSPACE}/`);
  if (path.startsWith('/') && !inWorkspace) return posix.normalize(path);
  const joined = inWorkspace ? path.slice(WORKSPACE.length + 1) : posix.join(folder, path);
  const clean = posix.normalize(joined === '' ? '.' : joined).replace(/(?<=.)\/$/, '');
  return clean === '' ? '.' : clean;
}

/** Whether such a path lies in the repository. */
export function isInside(path: string): boolean {
  return !path.startsWith('/') && path !== '..' && !path.startsWith('../') && !path.includes('${{');
}
