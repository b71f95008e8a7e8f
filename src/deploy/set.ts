import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { failure, messageOf, throwProblems, collect, type Problem } from '../lib/errors.js';
import { readRegularFile } from '../lib/regular-file.js';
import { unifiedDiff } from './diff.js';
import { parseImageSpec } from './kustomization/image-spec.js';
import { editKustomization, type EntryChange, type KustomizationEdit } from './kustomization/kustomization.js';
import { KUSTOMIZATION_NAMES } from './kustomization/location.js';

export interface SetRequest {
  /** A Kustomization, or a folder that contains exactly one; absolute or relative to `cwd`. */
  path: string;
  cwd: string;
  /** Each `NAME=[NEWNAME][:TAG][@DIGEST]`. */
  specs: readonly string[];
  /** For a name that has no entry. */
  missing: 'refuse' | 'add';
  mode: 'write' | 'preview';
}

export type SetResult =
  | {
      status: 'changed';
      /** Relative to `cwd` when it was given so. */
      path: string;
      changes: EntryChange[];
      diff: string;
    }
  | { status: 'unchanged'; path: string };

/** Not even read; the editor refuses less. */
const LARGEST = 64 * 1024 * 1024;

/** Sets images in a Kustomization on disk, all or none; a new file is renamed over it, with its mode. */
export async function setImages(request: SetRequest): Promise<SetResult> {
  const { cwd, mode } = request;
  const path = await findFile(request.path, cwd);
  const file = resolve(cwd, path);
  const bytes = await attempt(`read ${path}`, path, async () => readRegularFile(file, LARGEST));
  const edit = planEdit(path, bytes, request);
  if (edit.status === 'unchanged') return { status: 'unchanged', path };
  if (mode === 'write') await attempt(`write ${path}`, path, () => replaceFile(file, edit.bytes));
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const diff = unifiedDiff(path.replaceAll('\\', '/'), decoder.decode(bytes), decoder.decode(edit.bytes));
  return { status: 'changed', path, changes: edit.changes, diff };
}

/** The problems of specs and file are thrown together. */
function planEdit(path: string, bytes: Uint8Array, { specs, missing }: SetRequest): KustomizationEdit {
  const problems: Problem[] = [];
  if (specs.length === 0) {
    throw failure({
      code: 'image/invalid-reference',
      message: 'No image is given.',
      fix: 'Name at least one: NAME=:TAG, such as api=:main-1a2b3c4.',
    });
  }
  const edits = specs.flatMap((spec) => collect(problems, () => parseImageSpec(spec)) ?? []);
  const result = collect(problems, () => editKustomization({ path, bytes, edits, missing }));
  throwProblems(problems);
  return result!;
}

async function findFile(path: string, cwd: string): Promise<string> {
  const full = resolve(cwd, path);
  const found = await attempt(`find ${path}`, path, () => stat(full));
  if (!found.isDirectory()) return requireFile(path, cwd);
  const entries = new Set(await attempt(`read the folder ${path}`, path, () => readdir(full)));
  const [first, ...others] = KUSTOMIZATION_NAMES.filter((name) => entries.has(name));
  if (first === undefined) throw notFound(`The folder ${path} contains none of ${KUSTOMIZATION_NAMES.join(', ')}.`);
  if (others.length > 0) {
    throw failure({
      code: 'deploy/kustomize-rejects',
      message: `The folder ${path} contains ${[first, ...others].join(' and ')}; kustomize refuses it.`,
      fix: 'Keep one of the files.',
    });
  }
  return requireFile(join(path, first), cwd);
}

async function requireFile(path: string, cwd: string): Promise<string> {
  const found = await lstat(resolve(cwd, path));
  if (found.isFile()) return path;
  throw found.isSymbolicLink()
    ? notFound(`${path} is a symbolic link; writing would replace the link, not the file.`)
    : notFound(`${path} is not a file.`);
}

/** Writes a file next to it and renames that over it: a reader sees the old text or the new, never a part. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const { mode, uid, gid } = await stat(file);
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  // The file itself must be writable: a rename would pass over a mode that forbids writing.
  await (await open(file, 'r+')).close();
  try {
    await writeFile(temporary, bytes, { flag: 'wx', mode, flush: true });
    await chown(temporary, uid, gid).catch(() => {});
    await chmod(temporary, mode);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function attempt<T>(what: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(`There is no file or folder ${path}.`);
    const message = `Can't ${what}: ${messageOf(cause)}.`;
    throw failure({ code: 'deploy/write-failed', message, place: { file: path } }, { cause });
  }
}

function notFound(message: string) {
  return failure({
    code: 'deploy/kustomization-missing',
    message,
    fix: 'Name a Kustomization, or the folder that contains it.',
  });
}
