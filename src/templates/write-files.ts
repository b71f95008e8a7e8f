import { lstatSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problem, throwProblems } from '../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';

/** A file that is written into the user's repository, and belongs to the user from then on. */
export interface ScaffoldFile {
  path: string;
  text: string;
  executable?: boolean;
}

export interface WrittenFile {
  path: string;
  status: 'written' | 'overwritten' | 'unchanged';
}

/**
 * Writes all files, or none if one can't be written.
 * @param options.existing what to do with a file that exists with another text
 * @throws ReleaseError `scaffold/file-exists` with all files that exist with another text
 */
export async function writeFiles(
  files: readonly ScaffoldFile[],
  { root, existing, mode }: { root: string; existing: 'keep' | 'overwrite'; mode: 'write' | 'preview' },
): Promise<WrittenFile[]> {
  const compared = files.map((file) => ({ file, status: compare(file, root) }));
  throwProblems(
    compared.flatMap(({ file: { path }, status }) => {
      const [message, fix] =
        status === 'refused'
          ? [`${path} is a link to elsewhere, or no regular file.`, 'Move it away.']
          : [`${path} exists with another text.`];
      const blocked = status === 'refused' || (status === 'overwritten' && existing === 'keep');
      return blocked
        ? [problem({ code: 'scaffold/file-exists', message, place: { file: path }, ...(fix && { fix }) })]
        : [];
    }),
  );
  const written: WrittenFile[] = [];
  for (const { file, status } of compared) {
    if (status === 'refused') continue;
    if (mode === 'write' && status !== 'unchanged') await write(file, root);
    written.push({ path: file.path, status });
  }
  return written;
}

/** Larger than any of our files. */
const LARGEST = 64 * 1024 * 1024;

/** `refused`: it is no file of the repository. */
function compare(file: ScaffoldFile, root: string): WrittenFile['status'] | 'refused' {
  try {
    const present = readRepositoryFile(root, file.path, LARGEST).toString();
    return present === file.text ? 'unchanged' : 'overwritten';
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    // Through a dangling link the file would be written to wherever it points.
    if (absent && lstatSync(join(root, file.path), { throwIfNoEntry: false }) === undefined) return 'written';
    if (absent || error instanceof RefusedFile) return 'refused';
    throw error;
  }
}

async function write({ path, text, executable }: ScaffoldFile, root: string): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  if (executable === true) await chmod(file, 0o755);
}
