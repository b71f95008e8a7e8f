import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, ROOT } from './bundle.js';
import { compare, execute } from './compare.js';
import { note } from './report.js';

export function benchStart(): void {
  const run = { cwd: ROOT, env: process.env };
  compare(
    { claim: 'Start of the bundle to its first line', bar: '≤ 90 ms where empty node takes 45', pairs: 15 },
    { name: 'image-release --help', run: () => execute(process.execPath, [CLI, '--help'], run) },
    { name: 'node with an empty program', run: () => execute(process.execPath, ['-e', '0'], run) },
  );
  const scripts = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => statSync(join(ROOT, 'dist', name)).size);
  const size = scripts.reduce((sum, bytes) => sum + bytes, 0);
  note({
    claim: 'JavaScript in dist/, against 9.1 MB of the actions that it replaces',
    result: `${(size / 1e6).toFixed(2)} MB, a factor of ${(9.1e6 / size).toFixed(1)}`,
    bar: 'smaller by a factor of 3',
  });
  const { unpackedSize, files } = packed();
  note({
    claim: 'The npm package as it is installed, which depends on no other',
    result: `${(unpackedSize / 1e6).toFixed(2)} MB in ${files.length} files`,
    bar: '≤ 3 MB',
  });
}

function packed(): { unpackedSize: number; files: unknown[] } {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const text = execFileSync('npm', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (JSON.parse(text) as [{ unpackedSize: number; files: unknown[] }])[0];
}
