import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Entry → folder under dist/. */
const BUNDLES = [
  { entry: 'action.js', folder: '.' },
  { entry: 'cli.js', folder: 'cli' },
];

/**
 * Bundles both entry points into `out`; the same source gives the same bytes in any folder.
 * `tsc` first: ncc's own TypeScript loader turns imports into `require`, which ESM-only packages refuse.
 */
function buildBundles(out: string): void {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'build-'));
  try {
    writeFileSync(join(work, 'package.json'), '{"type":"module"}\n');
    runTool('tsc', ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(work, 'src')]);
    rmSync(out, { recursive: true, force: true });
    for (const { entry, folder } of BUNDLES) {
      const bundle = join(work, 'out', folder);
      runTool('ncc', [
        'build',
        join(work, 'src', entry),
        '-o',
        bundle,
        '-m',
        '-q',
        '--license',
        'licenses.txt',
      ]);
      cpSync(bundle, join(out, folder), { recursive: true });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function runTool(tool: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', tool, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(`${stdout}${stderr}`.slice(-4000));
  throw new Error(`${tool} failed with exit code ${status}`);
}

const out = resolve(process.argv[2] ?? join(root, 'dist'));
buildBundles(out);
console.log(`Built ${BUNDLES.length} bundles into ${out}.`);
