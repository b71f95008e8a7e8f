import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { bundledLicenses } from './build/bundled-licenses.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Packages in CommonJS call `require` for what node itself brings; a module has none of its own. */
const REQUIRE = "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);";

const NO_FETCH = './scripts/build/no-fetch.ts';

const BUNDLES: Pick<BuildOptions, 'entryPoints' | 'alias'>[] = [
  {
    entryPoints: { index: 'src/action.ts', post: 'src/post.ts', 'cli/index': 'src/start.ts' },
    // Clients of HTTP that these entries never use: 0.9 MB for TUF, and 0.4 MB that each start would compile.
    alias: {
      'make-fetch-happen': NO_FETCH,
      '@actions/http-client/lib/auth': NO_FETCH,
      '@actions/http-client': NO_FETCH,
    },
  },
  {
    entryPoints: { 'actions-cache': 'src/actions-cache.ts' },
    alias: { undici: './scripts/build/no-undici.ts' },
  },
];

/**
 * Bundles the entry points into `out`. Code that several entries need is in chunks that they share; code that is
 * imported lazily is in separate chunks. The same source gives the same bytes in any folder.
 * @throws when something can't be bundled
 */
async function buildBundles(out: string): Promise<void> {
  const results = await Promise.all(
    BUNDLES.map((bundle) =>
      build({
        ...bundle,
        absWorkingDir: root,
        outdir: out,
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        minify: true,
        legalComments: 'none',
        banner: { js: REQUIRE },
        chunkNames: 'chunks/[name]-[hash]',
        metafile: true,
        write: false,
        logLevel: 'warning',
      }),
    ),
  );
  const outputFiles = results.flatMap((result) => result.outputFiles);
  const modules = new Set(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
  // Only now: a build that fails leaves the one before.
  rmSync(out, { recursive: true, force: true });
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(out, 'licenses.txt'), bundledLicenses([...modules]));
  // Its `bin` link needs the executable bit.
  chmodSync(join(out, 'cli/index.js'), 0o755);
}

const out = resolve(process.argv[2] ?? join(root, 'dist'));
await buildBundles(out);
console.log(`Built the bundle into ${out}.`);
