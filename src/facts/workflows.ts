import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TextFile } from './build-files-checkout.js';

const FOLDER = '.github/workflows';

/** The workflows of the repository at `root`. */
export function readWorkflows(root: string, read: (path: string) => readonly TextFile[]): TextFile[] {
  let names: string[] = [];
  try {
    names = readdirSync(join(root, FOLDER)).sort();
  } catch {
    // A repository without workflows.
  }
  return names.filter((name) => /\.ya?ml$/.test(name)).flatMap((name) => read(`${FOLDER}/${name}`));
}
