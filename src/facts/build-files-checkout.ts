import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { attempt } from '../lib/json.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';

export interface TextFile {
  /** Relative to the repository root, `/` between parts. */
  path: string;
  text: string;
}

/** Files of the checkout that belong to no single image, for the checks before a release. */
export interface CheckoutFiles {
  node: TextFile[];
  workflows: TextFile[];
  /** YAML files that may hold pods, Kustomizations or ConfigMaps. */
  manifests: TextFile[];
}

/** A larger repository is only searched in part: everything that is found this way is advice. */
const MOST_FOLDERS = 2000;
const DEEPEST = 6;
const LARGEST = 32 * 1024 * 1024;

const NODE_FILES = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'];

const WORKFLOWS = '.github/workflows';
const MOST_MANIFESTS = 300;
/** Generated manifests are larger; those that people write are a page or two. */
const LARGEST_MANIFEST = 256 * 1024;
const MANIFEST_CONTENT = /^\s*-?\s*"?(?:containers|images|configMapGenerator|data)"?\s*:|"containers"\s*:/m;

const NO_MANIFEST = /(?:^|\/)(?:pnpm-lock\.yaml|charts\/|templates\/|testdata\/)/;
const ELSEWHERE = /^(?:\..*|node_modules|vendor)$/s;

/** Walks the checkout once; unreadable files are left out. */
export function probeCheckout(root: string): CheckoutFiles {
  const paths = listFiles(root);
  const read = (path: string) => readText(root, path);
  return {
    node: paths.filter((path) => NODE_FILES.includes(posix.basename(path))).flatMap(read),
    workflows: entriesOf(join(root, WORKFLOWS))
      .filter(({ name }) => /\.ya?ml$/.test(name))
      .flatMap(({ name }) => read(`${WORKFLOWS}/${name}`)),
    manifests: paths
      .filter((path) => /\.ya?ml$/i.test(path) && !NO_MANIFEST.test(path))
      .slice(0, MOST_MANIFESTS)
      .flatMap(read)
      .filter(({ text }) => text.length <= LARGEST_MANIFEST && MANIFEST_CONTENT.test(text)),
  };
}

/** Breadth first, so that a bound cuts off the deepest files. */
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
        else if (entry.isDirectory() && !ELSEWHERE.test(entry.name)) below.push(path);
      }
    }
    folders = below;
  }
  return files;
}

function entriesOf(folder: string) {
  const entries = attempt(() => readdirSync(folder, { withFileTypes: true }), []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readText(root: string, path: string): TextFile[] {
  try {
    return [{ path, text: readRepositoryFile(root, path, LARGEST).toString() }];
  } catch (error) {
    // That the file exists counts, too.
    return error instanceof RefusedFile ? [{ path, text: '' }] : [];
  }
}
