import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './bundle.js';
import { compare, execute } from './compare.js';
import { note } from './report.js';

const MB = 1024 * 1024;
const CHILD = join(ROOT, 'scripts', 'bench', 'stream-child.ts');
const MEMORY_BAR = 150;

/** Streaming a build context to a cluster: by the packed program, as a process of its own. */
export async function benchStream(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-stream-'));
  const program = join(dir, 'stream.mjs');
  try {
    await bundle(program);
    const small = join(dir, 'small');
    writeTree(small, 256);
    compare(
      {
        claim: 'A build context of 256 MB and 17,000 files as a gzipped tar, start of the process included',
        bar: '≤ 1.2',
        pairs: 7,
      },
      { name: 'packContext', run: () => void stream(program, small) },
      { name: '`tar -c | gzip`', run: () => tarAndGzip(small) },
    );
    rmSync(small, { recursive: true });
    const large = join(dir, 'large');
    writeTree(large, 2048);
    compareMemory(program, large);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function compareMemory(program: string, folder: string): void {
  const began = performance.now();
  const peak = stream(program, folder) / 1024;
  const between = performance.now();
  tarAndGzip(folder);
  const ratio = (between - began) / (performance.now() - between);
  note({
    claim: 'Peak memory of the process that streams a context of 2 GB',
    bar: `< ${MEMORY_BAR} MB`,
    result: `${peak.toFixed(0)} MB, in ${ratio.toFixed(2)} of the time of \`tar -c | gzip\``,
  });
}

/** @returns peak resident memory, KB */
function stream(program: string, folder: string): number {
  return Number(execute(process.execPath, [program, folder], { cwd: ROOT, env: process.env }));
}

function tarAndGzip(folder: string): void {
  const command = 'tar -c -C "$0" . | gzip | cat > /dev/null';
  execute('sh', ['-c', command, folder], { cwd: ROOT, env: process.env });
}

/** As the command line is bundled. */
async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [CHILD],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}

/** Half of it sources of some KB, a quarter large text, a quarter what can't be compressed further. */
function writeTree(folder: string, megabytes: number): void {
  const line = (index: number) => `export const value${index * 7919} = compute(${index % 977}, 'n${index * 31}');\n`;
  const source = (index: number) =>
    Array.from({ length: 20 + ((index * 37) % 250) }, (_, at) => line(index + at)).join('');
  let written = 0;
  for (let index = 0; written < (megabytes * MB) / 2; index++) {
    const text = source(index);
    const place = join(folder, `p${index % 40}`, `d${Math.floor(index / 40) % 50}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `file-${index}.js`), text);
    written += text.length;
  }
  const text = Buffer.from(source(1).repeat(Math.ceil((16 * MB) / source(1).length))).subarray(0, 16 * MB);
  for (let index = 0; index < megabytes / 64; index++) {
    writeFileSync(join(folder, `text-${index}`), text);
    writeFileSync(join(folder, `binary-${index}`), randomBytes(16 * MB));
  }
}
