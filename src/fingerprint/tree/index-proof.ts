import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { withEqualSizes } from './blob-sizes.js';
import { isConverted, parseAttributes, type Conversions } from './git-attributes.js';
import { readRegularFile } from '../../lib/regular-file.js';
import { findGitFolder, hasReplacements, isFirstCheckout } from './git-folder.js';
import { blobAt, countEntries, isUnchanged, parseIndex, type GitIndex } from './git-index.js';
import { readGitSettings } from './git-settings.js';

/** Below this many tracked files reading them all is quick enough; see docs/decisions.md. */
const WORTHWHILE = 20_000;

/** What git's index proves: that a file still is what it was when git looked at its bytes. */
export interface IndexProof {
  /**
   * @param folder absolute path
   * @param hasAttributes whether a folder holds a `.gitattributes`
   * @returns undefined: the folder lies outside of the work tree, or git converts all of its files
   */
  inFolder(folder: string, hasAttributes: (folder: string) => boolean): FolderProof | undefined;
}

export interface FolderProof {
  /** @returns the blob id of the file's bytes on disk; undefined: it has to be read */
  blobOf(name: string, stat: Stats): string | undefined;
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
  const folder = findGitFolder(request.folder);
  if (folder === undefined) return undefined;
  const file = openIndex(join(folder.own, 'index'), request.from ?? WORTHWHILE);
  if (file === undefined) return undefined;
  const call = { folder, env: request.env, signal: request.signal };
  const settings = await readGitSettings(call);
  const read = settings && parseIndex(file.bytes);
  if (read === undefined || hasReplacements(folder)) return undefined;
  const attributes = standingOfAttributes(read, folder.top, file.writtenMs);
  if (attributes === 'missing') return undefined;
  const settled = attributes === 'unchanged' && isFirstCheckout(folder);
  const index = settled ? read : await withEqualSizes(read, call);
  if (index === undefined) return undefined;
  const everywhere = [...settings!.attributeFiles, join(folder.common, 'info', 'attributes')].flatMap(
    readAttributes,
  );
  return everywhere.some(({ all }) => all)
    ? undefined
    : proveBy(index, folder.top, file.writtenMs, everywhere);
}

/** Of the tracked attribute files: whether they are those by which the files were written. */
function standingOfAttributes(
  index: GitIndex,
  top: string,
  writtenMs: number,
): 'unchanged' | 'changed' | 'missing' {
  let standing: 'unchanged' | 'changed' = 'unchanged';
  for (const path of index.attributeFiles) {
    const stat = lstatSync(join(top, path), { throwIfNoEntry: false });
    if (stat === undefined) return 'missing';
    const entry = index.files.get(path);
    if (entry === undefined || !isUnchanged(index, entry, stat, writtenMs)) standing = 'changed';
  }
  return standing;
}

function proveBy(index: GitIndex, top: string, writtenMs: number, everywhere: Conversions[]): IndexProof {
  const rules = new Map<string, readonly Conversions[]>([[dirname(top), everywhere]]);
  // A sparse checkout lacks the file, but went by it.
  const hidden = new Set(index.hiddenAttributeFiles.map((path) => dirname(join(top, path))));
  const rulesOf = (folder: string, hasAttributes: (folder: string) => boolean): readonly Conversions[] => {
    let found = rules.get(folder);
    if (found === undefined) {
      found = rulesOf(dirname(folder), hasAttributes);
      if (hidden.has(folder)) found = [...found, EVERYTHING];
      if (hasAttributes(folder)) found = [...found, ...readAttributes(join(folder, '.gitattributes'))];
      rules.set(folder, found);
    }
    return found;
  };
  const inside = top === '/' ? '/' : `${top}/`;
  return {
    inFolder(folder, hasAttributes) {
      if (!`${folder}/`.startsWith(inside)) return undefined;
      const found = rulesOf(folder, hasAttributes);
      if (found.some(({ all }) => all)) return undefined;
      const prefix = folder === top ? '' : `${folder.slice(inside.length)}/`;
      return {
        blobOf(name, stat) {
          const entry = index.files.get(prefix + name);
          if (entry === undefined || !isUnchanged(index, entry, stat, writtenMs)) return undefined;
          return found.some((rule) => isConverted(rule, name)) ? undefined : blobAt(index, entry);
        },
      };
    },
  };
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

const EVERYTHING: Conversions = { all: true, suffixes: [], names: [] };

/** None where there is no such file; everything where it can't be read. */
function readAttributes(path: string): Conversions[] {
  try {
    return existsSync(path) ? [parseAttributes(readRegularFile(path).toString())] : [];
  } catch {
    return [EVERYTHING];
  }
}
