import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledLicenses } from './build/bundled-licenses.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Entry → folder under dist/. The command line is a program of its own: its `bin` link needs the executable bit. */
const BUNDLES = [
  { entry: 'action.js', folder: '.', mode: 0o644 },
  { entry: 'cli.js', folder: 'cli', mode: 0o755 },
];

/**
 * Bundles both entry points into `out`; the same source gives the same bytes in any folder: webpack derives the
 * ids of modules from their paths seen from the working directory, so ncc runs in the one that it bundles.
 * `tsc` first: ncc's own TypeScript loader turns imports into `require`, which ESM-only packages refuse.
 */
function buildBundles(out: string): void {
  const scratch = join(root, '.lab');
  mkdirSync(scratch, { recursive: true });
  const work = mkdtempSync(join(scratch, 'build-'));
  try {
    writeFileSync(join(work, 'package.json'), '{"type":"module"}\n');
    runTool('tsc', ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(work, 'src')], root);
    for (const { entry, folder, mode } of BUNDLES) {
      const bundle = join(work, 'out', folder);
      const stats = `${entry}.stats.json`;
      runTool('ncc', ['build', join('src', entry), '-o', bundle, '-m', '-q', '--stats-out', stats], work);
      const licenses = bundledLicenses(JSON.parse(readFileSync(join(work, stats), 'utf8')));
      writeFileSync(join(bundle, 'licenses.txt'), licenses);
      chmodSync(join(bundle, 'index.js'), mode);
    }
    rmSync(out, { recursive: true, force: true });
    cpSync(join(work, 'out'), out, { recursive: true });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function runTool(tool: string, args: string[], cwd: string): void {
  const program = join(root, 'node_modules', '.bin', tool);
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status === 0) return;
  console.error(`${stdout}${stderr}`.slice(-4000));
  throw new Error(`${tool} failed with exit code ${status}`);
}

const out = resolve(process.argv[2] ?? join(root, 'dist'));
buildBundles(out);
console.log(`Built ${BUNDLES.length} bundles into ${out}.`);
