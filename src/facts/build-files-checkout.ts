import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import { isManifestFile, readManifestTexts } from './manifests.js';
import { isNodeFile } from './lockfiles.js';
import { readWorkflows } from './workflows.js';

/** A file of the checkout. */
export interface TextFile {
  /** Relative to the repository root, `/` between parts. */
  path: string;
  text: string;
}

/** What the checks before a release read of the checkout, beside what belongs to one image. */
export interface CheckoutFiles {
  /** package.json files and lockfiles. */
  node: TextFile[];
  /** Of `.github/workflows`. */
  workflows: TextFile[];
  /** YAML files that may hold pods, Kustomizations or ConfigMaps. */
  manifests: TextFile[];
}

/** A repository with more is looked at in part: all that is found this way is advice. */
const MOST_FOLDERS = 2000;
const DEEPEST = 6;
const LARGEST = 32 * 1024 * 1024;

/** Walks the checkout once; what can't be read is left out. */
export function probeCheckout(root: string): CheckoutFiles {
  const paths = listFiles(root);
  const read = (path: string) => readText(root, path);
  return {
    node: paths.filter(isNodeFile).flatMap(read),
    workflows: readWorkflows(root, read),
    manifests: readManifestTexts(paths.filter(isManifestFile), read),
  };
}

/** Breadth first, so that what a bound cuts off lies deepest. */
function listFiles(root: string): string[] {
  const files: string[] = [];
  let folders = [''];
  let visited = 0;
  for (let depth = 0; depth < DEEPEST && folders.length > 0; depth += 1) {
    const below: string[] = [];
    for (const folder of folders.slice(0, MOST_FOLDERS - visited)) {
      visited += 1;
      for (const entry of entriesOf(join(root, folder))) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        // A link may lead to a file; to a folder it is not followed.
        if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
        else if (entry.isDirectory() && !isElsewhere(entry.name)) below.push(path);
      }
    }
    folders = below;
  }
  return files;
}

function isElsewhere(folder: string): boolean {
  return folder.startsWith('.') || folder === 'node_modules' || folder === 'vendor';
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function readText(root: string, path: string): TextFile[] {
  try {
    return [{ path, text: readRepositoryFile(root, path, LARGEST).toString() }];
  } catch (error) {
    // That it is there counts, too.
    return error instanceof RefusedFile ? [{ path, text: '' }] : [];
  }
}
