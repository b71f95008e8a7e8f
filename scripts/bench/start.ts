import { CLI, ROOT } from './bundle.js';
import { compare, execute } from './compare.js';

export function benchStart(): void {
  const run = { cwd: ROOT, env: process.env };
  compare(
    'Start of the bundle to its first line',
    15,
    { name: 'image-release --help', run: () => execute(process.execPath, [CLI, '--help'], run) },
    { name: 'node with an empty program', run: () => execute(process.execPath, ['-e', '0'], run) },
  );
}
