/** @programs docker */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { labFromEnvironment } from '../../../lab/shared-lab.js';
import { createRandom, pick } from '../../../testing/random.js';
import { soak } from '../../../testing/soak.js';
import { parseDockerfile } from '../../../src/dockerfile/parse.js';
import { useOf } from '../../../src/dockerfile/use.js';
import { selectionOf } from '../../../src/dockerfile/ignore/selection.js';
import { parseIgnore } from '../../../src/dockerfile/ignore/ignore.js';
import { run } from '../../../src/lib/process.js';

// Another seed generates other trees.
const SEED = Number(process.env['SEED'] ?? 4);
const TREES = soak(12, 100);

const NAMES = ['a', 'b', 'ab', 'a.md', 'b.md', '(x)', 'a+b', 'my-app', 'ä', '.c', '#d', 'a|b', '[id]', '{e}'];
const PARTS = ['a', 'b', 'ab', '*', '**', '?', '*.md', 'a*', '[ab]', '[^a]', '(x)', 'a+b', 'my-app', '.*', '.', '..'];

interface Case {
  paths: string[];
  ignore: string;
  /** Source of a COPY, in addition to a COPY of everything. */
  source: string;
}

function generate(random: () => number): Case {
  const several = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, make);
  const files = new Set<string>();
  for (const parts of several(14, () => several(4, () => pick(NAMES, random)))) {
    const path = parts.join('/');
    const taken = [...files].some((file) => `${file}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${file}/`));
    if (!taken) files.add(path);
  }
  const ignore = several(5, () => {
    const sign = pick(['', '', '!'], random);
    return `${sign}${pick(['', '', '/', ' '], random)}${several(3, () => pick(PARTS, random)).join('/')}${pick(['', '', '/'], random)}`;
  }).join('\n');
  return {
    paths: [...files],
    ignore,
    source: several(2, () => pick(['*', 'a*', '?', '*.md', '[ab]*', 'a'], random)).join('/'),
  };
}

const dockerfileOf = ({ source }: Case) =>
  `FROM scratch AS some\nCOPY ["${source}", "/some/"]\nFROM some\nCOPY . /all/\n`;

const folders = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((_, index) =>
      path
        .split('/')
        .slice(0, index + 1)
        .join('/'),
    );

/** The files that the builder should receive, and those it should copy for the source. */
function expected({ paths, ignore }: Case, dockerfile: string) {
  const rules = parseIgnore(ignore);
  const parsed = parseDockerfile(dockerfile);
  if ('doubt' in rules || 'unreadable' in parsed) throw new Error('The case is doubtful.');
  const use = useOf(parsed, { args: {}, platforms: ['linux/amd64'], contexts: {}, target: 'some' }, {});
  const reads = 'unreadable' in use ? undefined : use.reads[''];
  if (!reads) throw new Error('The case reads nothing.');
  const pruned = (path: string) => folders(path).some((folder) => rules.prunes(folder));
  const sent = paths.filter((path) => !rules.ignores(path) && !pruned(path));
  const some = sent.flatMap((path) => {
    const source = [...folders(path), path].find(selectionOf(reads).selects);
    if (source === undefined) return [];
    return source === path ? path.slice(path.lastIndexOf('/') + 1) : path.slice(source.length + 1);
  });
  return { all: sent.sort(), some: [...new Set(some)].sort() };
}

/**
 * Whether only part of the tree is sent. Leaves out cases whose build fails: a file copied over a folder, or a first
 * folder that doesn't exist.
 */
function isTelling(made: Case): boolean {
  if ('doubt' in parseIgnore(made.ignore) || !/[*?[]/.test(made.source.split('/')[0]!)) return false;
  const { all, some } = expected(made, dockerfileOf(made));
  if (all.length === 0 || all.length === made.paths.length) return false;
  return some.every((file) => !some.some((other) => other.startsWith(`${file}/`)));
}

const cases: Case[] = [];
const random = createRandom(SEED);
while (cases.length < TREES) {
  const made = generate(random);
  if (isTelling(made)) cases.push(made);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

let root: string;
beforeAll(async () => {
  const lab = labFromEnvironment();
  root = await mkdtemp(join(tmpdir(), 'ignore-builds-'));
  const target: Record<string, unknown> = {};
  for (const [index, made] of cases.entries()) {
    const context = join(root, `in-${index}`);
    for (const path of made.paths) {
      await mkdir(dirname(join(context, path)), { recursive: true });
      await writeFile(join(context, path), path);
    }
    await writeFile(join(context, '.dockerignore'), made.ignore);
    target[`t${index}`] = {
      context: `in-${index}`,
      'dockerfile-inline': dockerfileOf(made),
      output: [`type=local,dest=out-${index}`],
    };
  }
  const bake = { group: { default: { targets: Object.keys(target) } }, target };
  const { code, stderr } = await run('docker', ['buildx', 'bake', '-f', '-'], {
    env: { ...process.env, DOCKER_HOST: lab.dockerHost },
    cwd: root,
    input: JSON.stringify(bake).replaceAll('${', '$${'),
  });
  if (code !== 0) throw new Error(stderr.toString().slice(-3000));
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

test.each(cases.map((made, index) => [index, made] as const))(
  `the builder copies the expected files: tree %# of seed ${SEED}`,
  async (index, made) => {
    const wanted = expected({ ...made, paths: [...made.paths, '.dockerignore'] }, dockerfileOf(made));
    const copied = {
      all: await filesIn(join(root, `out-${index}`, 'all')),
      some: await filesIn(join(root, `out-${index}`, 'some')),
    };
    expect({ ...made, copied }).toEqual({ ...made, copied: wanted });
  },
);

test('sources select files in more than a quarter of the trees', () => {
  const counts = cases.map((made) => expected(made, dockerfileOf(made)).some.length);
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(TREES / 4);
});
