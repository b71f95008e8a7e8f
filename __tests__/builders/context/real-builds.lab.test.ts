/** @programs docker */
import { chmodSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRandom, pick } from '../../../testing/random.js';
import { soak } from '../../../testing/soak.js';
import { labFromEnvironment } from '../../../lab/shared-lab.js';
import { parseIgnore } from '../../../src/dockerfile/ignore/ignore.js';
import { readTree } from '../../../src/fingerprint/tree/read-tree.js';
import { WorkTree } from '../../../src/fingerprint/tree/work-tree.js';
import { run } from '../../../src/lib/process.js';
import { DOCKERFILE, listFolder, requestOf, packed, unpack } from './packed.js';

// Another seed generates other trees.
const SEED = Number(process.env['SEED'] ?? 7);
const TREES = soak(6, 60);

const NAMES = ['a', 'b', 'ab', 'a.md', 'ä b', '.c', 'n'.repeat(60), '[id]'];
const PARTS = ['a', 'b', 'ab', '*', '**', '*.md', 'a*', '.c'];
const MODES = [0o644, 0o755, 0o600, 0o4755, 0o444];

const random = createRandom(SEED);
const parts = (most: number, of: string[]) =>
  Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(of, random)).join('/');

/** Writes random files, symbolic and hard links, and empty folders, with random modes. */
function writeTree(folder: string): void {
  mkdirSync(folder);
  const files: string[] = [];
  for (let count = 0; count < 14; count++) {
    const path = parts(4, NAMES);
    const file = join(folder, path);
    try {
      mkdirSync(dirname(file), { recursive: true });
    } catch {
      continue;
    }
    if (lstatSync(file, { throwIfNoEntry: false })) continue;
    const kind = random();
    if (kind < 0.15) symlinkSync(pick(['a', '/etc/passwd', '../b', 'nowhere'], random), file);
    else if (kind < 0.3) mkdirSync(file, { mode: pick([0o755, 0o700], random) });
    else if (kind < 0.4 && files.length > 0) linkSync(pick(files, random), file);
    else {
      writeFileSync(file, path.repeat(1 + Math.floor(random() * 200)));
      chmodSync(file, pick(MODES, random));
      files.push(file);
    }
  }
}

function ignoreOf(): string {
  const line = () => `${pick(['', '', '!'], random)}${parts(3, PARTS)}`;
  return Array.from({ length: 1 + Math.floor(random() * 4) }, line).join('\n');
}

let root: string;
const ignores: string[] = [];
beforeAll(async () => {
  const lab = labFromEnvironment();
  root = mkdtempSync(join(tmpdir(), 'packed-builds-'));
  const target: Record<string, unknown> = {};
  for (let index = 0; index < TREES; index++) {
    const context = join(root, `in-${index}`);
    writeTree(context);
    let ignore = ignoreOf();
    while ('doubt' in parseIgnore(ignore)) ignore = ignoreOf();
    ignores.push(ignore);
    writeFileSync(join(context, '.dockerignore'), ignore);
    target[`t${index}`] = {
      context: `in-${index}`,
      'dockerfile-inline': DOCKERFILE,
      output: [`type=local,dest=out-${index}`],
    };
  }
  const { code, stderr } = await run('docker', ['buildx', 'bake', '-f', '-'], {
    env: { ...process.env, DOCKER_HOST: lab.dockerHost },
    cwd: root,
    input: JSON.stringify({ group: { default: { targets: Object.keys(target) } }, target }),
  });
  if (code !== 0) throw new Error(stderr.toString().slice(-3000));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(Array.from({ length: TREES }, (_, index) => index))(
  `tree %i of seed ${SEED}: the packed context has the same files as a BuildKit build`,
  async (index) => {
    const order = requestOf(join(root, `in-${index}`), ignores[index]);
    const into = join(root, `packed-${index}`);
    expect(await unpack(await packed(order), into)).toBe(0);
    const own = listFolder(join(into, 'context'));
    const all = join(root, `out-${index}`, 'all');
    const ignore = ignores[index];
    expect({ ignore, own }).toEqual({ ignore, own: listFolder(all) });
  },
);

test('the fingerprint covers the same paths as the packed context', async () => {
  for (const [index, ignore] of ignores.entries()) {
    const { folder, rules } = requestOf(join(root, `in-${index}`), ignore);
    const reads = { status: 'all', reason: 'for a test' } as const;
    const tree = await readTree(new WorkTree(), { folder, rules, reads });
    if (tree.status !== 'read') throw new Error(tree.reason);
    const paths = tree.entries.map(({ path }) => path).sort();
    const sent = listFolder(join(root, `packed-${index}`, 'context'));
    expect(sent).toHaveLength(paths.length);
    for (const path of paths) expect(sent.some((line) => line.startsWith(path))).toBe(true);
  }
});

test('the ignore rules leave out files of most trees', () => {
  const shrunk = ignores.filter((_, index) => {
    const whole = listFolder(join(root, `in-${index}`)).length;
    return listFolder(join(root, `packed-${index}`, 'context')).length < whole;
  });
  expect(shrunk.length).toBeGreaterThan(TREES / 2);
});
