import { blobAt, sizeAt, type GitIndex } from './git-index.js';
import { askGit, type GitCall } from './git-settings.js';

/**
 * Leaves out files whose size on disk is not that of their blob. A file keeps the form it was once written in (line
 * ends, LFS content, an expanded `$Id$`) when the attribute or setting that asked for it is gone since, and git takes
 * it for unchanged; but another form hardly ever has the same size.
 * @returns undefined: the sizes are not to be had
 */
export async function withEqualSizes(index: GitIndex, call: GitCall): Promise<GitIndex | undefined> {
  const files = [...index.files];
  const ids = files.map(([, entry]) => `${blobAt(index, entry)}\n`).join('');
  const answer = await askGit(call, ['cat-file', '--buffer', '--batch-check=%(objectsize)'], ids);
  const sizes = answer?.split('\n');
  if (sizes?.length !== files.length + 1) return undefined;
  const equal = files.filter(([, entry], at) => sizes[at] === String(sizeAt(index, entry)));
  return { ...index, files: new Map(equal) };
}
