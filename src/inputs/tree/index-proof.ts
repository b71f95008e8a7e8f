import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { run } from '../../lib/process.js';
import { isConverted, parseAttributes, type Conversions } from './git-attributes.js';
import { blobAt, countEntries, isUnchanged, parseIndex, type GitIndex } from './git-index.js';

/** Below this many tracked files reading them all is quick enough; see docs/architecture.md. */
const WORTHWHILE = 20_000;

/** What git's index proves: that a file still is what it was when git looked at its bytes. */
export interface IndexProof {
  /**
   * @param path absolute
   * @param hasAttributes whether a folder holds a `.gitattributes`
   * @returns the blob id of the file's bytes on disk; undefined: it has to be read
   */
  blobOf(path: string, stat: Stats, hasAttributes: (folder: string) => boolean): string | undefined;
}

export interface ProofRequest {
  /** Absolute path of a folder of the work tree. */
  folder: string;
  /** For git. */
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Tracked files from which it is worth its while; default 20,000. */
  from?: number;
}

/**
 * Opens the index of the work tree that a folder belongs to. Every doubt gives undefined, whose price is time: no git,
 * few files, a format that is not known, settings by which the work tree may differ from what the index names.
 */
export async function openIndexProof(request: ProofRequest): Promise<IndexProof | undefined> {
  const top = findTop(request.folder);
  const gitFolder = top && gitFolderOf(top);
  if (gitFolder === undefined) return undefined;
  const file = openIndex(join(gitFolder, 'index'), request.from ?? WORTHWHILE);
  if (file === undefined) return undefined;
  const settings = await readSettings(request, top!);
  const index = settings && parseIndex(file.bytes);
  if (index === undefined) return undefined;
  if (index.attributeFiles.some((path) => !existsSync(join(top!, path)))) return undefined;
  const common = commonFolderOf(gitFolder);
  if (hasReplacements(common)) return undefined;
  const everywhere = [...settings!.attributeFiles, join(common, 'info', 'attributes')].flatMap(
    readAttributes,
  );
  return everywhere.some(({ all }) => all) ? undefined : proveBy(index, top!, file.writtenMs, everywhere);
}

function proveBy(index: GitIndex, top: string, writtenMs: number, everywhere: Conversions[]): IndexProof {
  const rules = new Map<string, readonly Conversions[]>([[dirname(top), everywhere]]);
  const rulesOf = (folder: string, hasAttributes: (folder: string) => boolean): readonly Conversions[] => {
    let found = rules.get(folder);
    if (found === undefined) {
      found = rulesOf(dirname(folder), hasAttributes);
      if (hasAttributes(folder)) found = [...found, ...readAttributes(join(folder, '.gitattributes'))];
      rules.set(folder, found);
    }
    return found;
  };
  const prefix = top === '/' ? 1 : top.length + 1;
  return {
    blobOf(path, stat, hasAttributes) {
      if (!path.startsWith(top === '/' ? top : `${top}/`)) return undefined;
      const entry = index.files.get(path.slice(prefix));
      if (entry === undefined || !isUnchanged(index, entry, stat, writtenMs)) return undefined;
      const name = basename(path);
      for (const rule of rulesOf(dirname(path), hasAttributes)) if (isConverted(rule, name)) return undefined;
      return blobAt(index, entry);
    },
  };
}

/** The nearest folder at or above that holds `.git`. */
function findTop(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** `.git` itself, or where the file of that name leads (work trees, submodules). */
function gitFolderOf(top: string): string | undefined {
  const path = join(top, '.git');
  try {
    if (statSync(path).isDirectory()) return path;
    const target = /^gitdir: (.+?)\n*$/.exec(readFileSync(path, 'utf8'))?.[1];
    return target === undefined ? undefined : resolve(top, target);
  } catch {
    return undefined;
  }
}

function commonFolderOf(gitFolder: string): string {
  try {
    return resolve(gitFolder, readFileSync(join(gitFolder, 'commondir'), 'utf8').trim());
  } catch {
    return gitFolder;
  }
}

/** With replaced objects (git-replace(1)) a checkout writes other bytes than the index names. */
function hasReplacements(common: string): boolean {
  if (existsSync(join(common, 'refs', 'replace'))) return true;
  try {
    return readFileSync(join(common, 'packed-refs')).includes(' refs/replace/');
  } catch {
    return false;
  }
}

/** Time and bytes are those of one file: git puts a new one in its place. */
function openIndex(path: string, from: number): { bytes: Buffer; writtenMs: number } | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const head = Buffer.alloc(12);
    readSync(file, head, 0, head.length, 0);
    if (countEntries(head) < from) return undefined;
    return { writtenMs: fstatSync(file).mtimeMs, bytes: readFileSync(file) };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * @returns attribute files beside those of the work tree; undefined where a setting lets work tree and index differ,
 * or git is too old (before 2.41) to tell where its attribute files are
 */
async function readSettings(
  { env, signal }: ProofRequest,
  cwd: string,
): Promise<{ attributeFiles: string[] } | undefined> {
  if (env['GIT_ATTR_SOURCE'] !== undefined) return undefined;
  let lines: string[];
  try {
    const { code, stdout } = await run('git', ['var', '-l'], { cwd, env, signal });
    if (code !== 0) return undefined;
    lines = stdout.toString('utf8').split('\n');
  } catch {
    return undefined;
  }
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  const isOff = (value: string) => /^(false|no|off|0|)$/i.test(value);
  const converting = ['core.autocrlf', 'core.ignorecase', 'attr.tree']
    .flatMap(values)
    .some((value) => !isOff(value));
  const otherHash = values('extensions.objectformat').some((value) => value !== 'sha1');
  const attributeFiles = ['GIT_ATTR_SYSTEM', 'GIT_ATTR_GLOBAL'].map(values);
  // A setting without value is written without `=`, and means true.
  const bare = lines.some((line) => line === 'core.autocrlf' || line === 'core.ignorecase');
  if (converting || otherHash || bare || attributeFiles.some((paths) => paths.length === 0)) return undefined;
  return { attributeFiles: attributeFiles.flat() };
}

/** None where there is no such file; everything where it can't be read. */
function readAttributes(path: string): Conversions[] {
  try {
    return existsSync(path) ? [parseAttributes(readFileSync(path, 'utf8'))] : [];
  } catch {
    return [{ all: true, suffixes: [], names: [] }];
  }
}
