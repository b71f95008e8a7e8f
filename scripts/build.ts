import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledLicenses } from './build/bundled-licenses.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Packages in CommonJS call `require` for what node itself brings; a module has none of its own. */
const REQUIRE =
  "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);";

/**
 * Bundles the entry points into `out`. What several need stands in chunks that they share; what is imported
 * lazily stands in chunks of its own. The same source gives the same bytes in any folder.
 * @throws when something can't be bundled
 */
async function buildBundles(out: string): Promise<void> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: {
      index: 'src/action.ts',
      post: 'src/post.ts',
      'cli/index': 'src/cli.ts',
      'actions-cache': 'src/actions-cache.ts',
    },
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    banner: { js: REQUIRE },
    // TUF is given a way to fetch, and its own is 0.9 MB.
    alias: { 'make-fetch-happen': './scripts/build/no-fetch.ts' },
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  // Only now: a build that fails leaves the one before.
  rmSync(out, { recursive: true, force: true });
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(out, 'licenses.txt'), bundledLicenses(Object.keys(metafile.inputs)));
  // Its `bin` link needs the executable bit.
  chmodSync(join(out, 'cli/index.js'), 0o755);
}

const out = resolve(process.argv[2] ?? join(root, 'dist'));
await buildBundles(out);
console.log(`Built the bundle into ${out}.`);
