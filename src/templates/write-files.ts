import { lstatSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwProblems, type Problem } from '../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import type { ScaffoldFile } from './scaffold-file.js';

export interface WrittenFile {
  path: string;
  status: 'written' | 'overwritten' | 'unchanged';
}

export interface WriteOrder {
  /** Repository root: paths are relative to it. */
  root: string;
  /** Whether a file that is there with another text is replaced. */
  existing: 'keep' | 'overwrite';
  /** `preview` writes nothing and tells what would be. */
  mode: 'write' | 'preview';
}

/**
 * Writes files into a repository: all of them, or none where one is in the way.
 * @throws ReleaseError `scaffold/file-exists` with all that would be overwritten, or can't be
 */
export async function writeFiles(files: readonly ScaffoldFile[], order: WriteOrder): Promise<WrittenFile[]> {
  const planned = files.map((file) => compare(file, order.root));
  throwProblems(planned.flatMap(({ file, status }) => (status === 'refused' ? [refused(file)] : [])));
  if (order.existing === 'keep') throwProblems(planned.filter(isOther).map(inTheWay));
  if (order.mode === 'write')
    for (const { file, status } of planned) if (status !== 'unchanged') await write(file, order.root);
  return planned.flatMap(({ file: { path }, status }) => (status === 'refused' ? [] : [{ path, status }]));
}

interface Compared {
  file: ScaffoldFile;
  /** `refused`: something is there that is no file of the repository. */
  status: WrittenFile['status'] | 'refused';
}

function compare(file: ScaffoldFile, root: string): Compared {
  try {
    const present = readRepositoryFile(root, file.path, LARGEST).toString();
    return { file, status: present === file.text ? 'unchanged' : 'overwritten' };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    // A link to nothing would have the file written wherever it leads.
    if (absent && lstatSync(join(root, file.path), { throwIfNoEntry: false }) === undefined)
      return { file, status: 'written' };
    if (absent || error instanceof RefusedFile) return { file, status: 'refused' };
    throw error;
  }
}

/** A text of ours is far smaller; what is larger is another one. */
const LARGEST = 64 * 1024 * 1024;

function refused({ path }: ScaffoldFile): Problem {
  return {
    code: 'scaffold/file-exists',
    severity: 'error',
    message: `${path} is a link to elsewhere, or no regular file: nothing is written there.`,
    fix: 'Move it away.',
    place: { file: path },
  };
}

function isOther({ status }: Compared): boolean {
  return status === 'overwritten';
}

function inTheWay({ file }: Compared): Problem {
  return {
    code: 'scaffold/file-exists',
    severity: 'error',
    message: `${file.path} is there already, with another text.`,
    fix: 'Give --force to overwrite it (git keeps the old text), or move it away.',
    place: { file: file.path },
  };
}

async function write({ path, text, executable }: ScaffoldFile, root: string): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  if (executable === true) await chmod(file, 0o755);
}
