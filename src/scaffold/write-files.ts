import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwProblems, type Problem } from '../lib/errors.js';
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
 * @throws ReleaseError `scaffold/file-exists` with all that would be overwritten
 */
export async function writeFiles(files: readonly ScaffoldFile[], order: WriteOrder): Promise<WrittenFile[]> {
  const planned = await Promise.all(files.map((file) => compare(file, order.root)));
  if (order.existing === 'keep') throwProblems(planned.filter(isOther).map(inTheWay));
  if (order.mode === 'write')
    for (const { file, status } of planned) if (status !== 'unchanged') await write(file, order.root);
  return planned.map(({ file: { path }, status }) => ({ path, status }));
}

interface Compared {
  file: ScaffoldFile;
  status: WrittenFile['status'];
}

async function compare(file: ScaffoldFile, root: string): Promise<Compared> {
  const present = await readFile(join(root, file.path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (present === undefined) return { file, status: 'written' };
  return { file, status: present === file.text ? 'unchanged' : 'overwritten' };
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
