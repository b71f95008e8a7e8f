import { posix } from 'node:path';

const NODE_FILES = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
];

export function isNodeFile(path: string): boolean {
  return NODE_FILES.includes(posix.basename(path));
}
