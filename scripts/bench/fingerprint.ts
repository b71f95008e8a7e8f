import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildDescription } from '../../src/dockerfile/description.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { CLI } from './bundle.js';
import { compare, compareAwaited, execute } from './compare.js';

const SIZES = [1000, 10_000, 100_000];
/** Lines: files of 0.3 to 4 KB, as in a repository of TypeScript. */
const [LEAST, FURTHER] = [10, 120];
const FILES_IN_FOLDER = 16;

const IMAGE: BuildDescription = {
  key: 'app',
  context: '.',
  dockerfile: 'Dockerfile',
  args: {},
  platforms: ['linux/amd64'],
  contexts: {},
  secrets: [],
  labels: {},
  annotations: {},
  extra: {},
};

export async function benchFingerprint(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-fingerprint-'));
  const env = { ...process.env, HOME: dir, GITHUB_TOKEN: '', GH_TOKEN: '' };
  try {
    for (const size of SIZES) {
      const root = join(dir, String(size));
      writeCheckout(root, size, env);
      await benchSize(root, size, env);
      rmSync(root, { recursive: true });
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A clone, so that its objects are packed. */
function writeCheckout(root: string, size: number, env: NodeJS.ProcessEnv): void {
  const origin = `${root}-origin`;
  for (let index = 0; index < size; index++) {
    const folder = Math.floor(index / FILES_IN_FOLDER);
    const path = join(origin, `packages/p${folder % 50}/src/d${Math.floor(folder / 50)}/file-${index}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `export const n${index} = ${index};\n`.repeat(LEAST + (index % FURTHER)));
  }
  writeFileSync(join(origin, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
  writeFileSync(join(origin, '.dockerignore'), '.git\n');
  writeFileSync(
    join(origin, 'image-release.yml'),
    'registry: registry.example.org/acme\nimages: { app: { context: . } }\n',
  );
  const git = (...args: string[]) => execute('git', args, { cwd: origin, env });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'gc.auto=0', '-c', 'user.name=Acme developer', '-c', 'user.email=developer@acme.example', 'commit', '--quiet', '--message', 'First'); // oxfmt-ignore
  git('clone', '--quiet', `file://${origin}`, root);
  rmSync(origin, { recursive: true });
}

async function benchSize(root: string, size: number, env: NodeJS.ProcessEnv): Promise<void> {
  const files = size.toLocaleString('en');
  const ours = {
    name: 'readFingerprints, in process',
    run: async () => {
      const { app } = await readFingerprints({ root, builds: [IMAGE], bases: {} });
      if (app?.status !== 'known') throw new Error(`The inputs of ${root} are not known: ${app?.reason}`);
    },
  };
  const lsTree = {
    name: '`git ls-tree -r HEAD`, a process',
    run: () => void execute('git', ['ls-tree', '-r', 'HEAD'], { cwd: root, env }),
  };
  await compareAwaited(
    { claim: `Fingerprint of ${files} files, one image that copies all`, bar: '≤ 1.3 ×', pairs: 9 },
    ours,
    { name: 'walk and SHA-1 of each file with node, in process', run: () => void hashAll(root) },
  );
  await compareAwaited(
    { claim: `The same against git, which opens no file, for ${files} files`, pairs: 9 },
    ours,
    lsTree,
  );
  if (size < SIZES.at(-1)!) return;
  compare(
    { claim: `The whole of \`plan --offline\` for ${files} files, start of the process included`, pairs: 5 },
    {
      name: 'image-release plan --offline',
      run: () => void execute(process.execPath, [CLI, 'plan', '--offline', '--json'], { cwd: root, env }),
    },
    lsTree,
  );
}

/** The least that must be done without git: no modes, no links, no ignore rules, no record. */
function hashAll(folder: string): number {
  let count = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === '.git') continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) count += hashAll(path);
    else count += createHash('sha1').update(readFileSync(path)).digest('hex').length;
  }
  return count;
}
