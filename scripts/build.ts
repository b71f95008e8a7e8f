import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { bundledLicenses } from './build/bundled-licenses.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Packages in CommonJS call `require` for what node itself brings, through one function that looks for it. */
const REQUIRE = "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);";

/**
 * esbuild makes a chunk for each set of entries that need the same modules. What the program always loads belongs to all
 * lazy entries too, so that it is in few chunks: a release loads 33 files in place of 70.
 */
const ALWAYS = ['app/connect', 'release', 'promote', 'report/terminal'].map((name) => join(root, `src/${name}.ts`));

/** Files that are imported lazily, and that `ALWAYS` doesn't need. What src/start.ts imports comes before all others. */
function lazyFiles(): string[] {
  const imported = (file: string, pattern: RegExp) =>
    [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, path = '']) => resolve(dirname(file), `${path}.ts`));
  const needed = new Set(ALWAYS);
  // The iterator of a Set also visits what is added meanwhile.
  for (const file of needed)
    for (const next of imported(file, /^(?:import|export) (?!type )[^;]*?'(\.[^']+)\.js'/gm)) needed.add(next);
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts') && name !== 'start.ts')
    .flatMap((name) => imported(join(root, 'src', name), /\bimport\('(\.[^']+)\.js'\)/g))
    .filter((file) => ALWAYS.includes(file) || !needed.has(file));
}

const fewChunks: Plugin = {
  name: 'few-chunks',
  setup({ onLoad }) {
    const lazy = new Set(lazyFiles());
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!lazy.has(path)) return undefined;
      const imports = ALWAYS.map((name) => `import ${JSON.stringify(name)};`);
      return { contents: [readFileSync(path, 'utf8'), ...imports].join('\n'), loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

/** An `import` of node:http makes node 24 read all that it exports, and so load its WebSocket client. `require` doesn't. */
const requiredHttp: Plugin = {
  name: 'required-http',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'node:http', namespace: 'required' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

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
        plugins: [fewChunks, requiredHttp],
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
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.includes('typeof require') ? `${REQUIRE}\n${text}` : text);
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(out, 'licenses.txt'), bundledLicenses([...modules]));
  // Its `bin` link needs the executable bit.
  chmodSync(join(out, 'cli/index.js'), 0o755);
}

const out = resolve(process.argv[2] ?? join(root, 'dist'));
await buildBundles(out);
console.log(`Built the bundle into ${out}.`);
