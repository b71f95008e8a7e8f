import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../../testing/random.js';
import { openIndexProof } from '../../../src/fingerprint/tree/index-proof.js';
import { Checkout, compareReadings, settle, type Compared } from './checkout.js';

const FILES = {
  'a.txt': 'one\ntwo\n',
  'src/b.js': 'b();\n',
  'src/deep/ü.md': '# ü\n',
  '.dockerignore': 'x\n',
};
const made: Checkout[] = [];

function create(name?: string, options?: string[]): Checkout {
  const checkout = new Checkout(name, options);
  made.push(checkout);
  return checkout;
}

afterAll(() => made.forEach((checkout) => checkout.remove()));

async function committed(files: Record<string, string | Buffer> = FILES): Promise<Checkout> {
  const checkout = create();
  await checkout.commit(files);
  return checkout;
}

const compare = ({ root, env }: Checkout) => compareReadings(root, env);

function expectSame(compared: Compared): void {
  expect(typeof compared.plain).toBe('object');
  expect(compared.fast).toEqual(compared.plain);
}

test('a clean checkout is proved without reading a file', async () => {
  const checkout = await committed();
  const compared = await compare(checkout);
  expectSame(compared);
  expect(compared.proven.sort()).toEqual(Object.keys(FILES).sort());
  for (const line of checkout.run('-c', 'core.quotePath=off', 'ls-files', '--stage').trim().split('\n')) {
    const [, id, , path] = /^\d+ (\w+) (\d)\t(.*)$/.exec(line)!;
    expect(compared.contents[path!]).toBe(id);
  }
});

/** Each leaves the index as it was, or lets it say something else than the work tree holds. */
const CHANGES: Record<string, (checkout: Checkout) => void | Promise<void>> = {
  'another content': (checkout) => checkout.write({ 'a.txt': 'one\ntoo much\n' }),
  'another content of the same size, with the old time': async ({ root }) => {
    await writeFile(join(root, 'a.txt'), 'two\none\n');
    utimesSync(join(root, 'a.txt'), 1, 1);
  },
  'the same size, under the time that the index has': async (checkout) => {
    utimesSync(join(checkout.root, 'a.txt'), 1_700_000_000, 1_700_000_000);
    checkout.run('update-index', '--refresh');
    await settle(checkout.env, checkout.root);
    checkout.write({ 'a.txt': 'two\none\n' });
    utimesSync(join(checkout.root, 'a.txt'), 1_700_000_000, 1_700_000_000);
    await settle(checkout.env, checkout.root);
  },
  'a file put in its place': ({ root }) => {
    writeFileSync(join(root, 'new'), 'two\none\n');
    renameSync(join(root, 'new'), join(root, 'a.txt'));
  },
  'written again within the tick of the clock in which it was added': (checkout) => {
    checkout.write({ 'a.txt': 'eno\nowt\n' });
    checkout.run('add', 'a.txt');
    checkout.write({ 'a.txt': 'two\none\n' });
  },
  'assumed to be unchanged': (checkout) => {
    checkout.run('update-index', '--assume-unchanged', 'a.txt');
    checkout.write({ 'a.txt': 'two\none\n' });
  },
  'core.ignoreStat': async (checkout) => {
    checkout.run('config', 'core.ignoreStat', 'true');
    await checkout.commit({ 'a.txt': 'a\n' });
    checkout.write({ 'a.txt': 'b\n' });
  },
  'skipped in the work tree': (checkout) => {
    checkout.run('update-index', '--skip-worktree', 'a.txt');
    checkout.write({ 'a.txt': 'two\none\n' });
  },
  'staged, not what is on disk': (checkout) => {
    const id = checkout.run('hash-object', '-w', 'src/b.js').trim();
    checkout.run('update-index', '--cacheinfo', `100644,${id},a.txt`);
    checkout.write({ 'src/c.js': 'c' });
  },
  'intent to add': (checkout) => {
    checkout.write({ 'a.txt': 'two\none\n', new: 'new\n' });
    checkout.run('add', '--intent-to-add', 'new');
  },
  'a merge that stopped': async (checkout) => {
    checkout.run('checkout', '--quiet', '-b', 'other');
    await checkout.commit({ 'a.txt': 'theirs\n' });
    checkout.run('checkout', '--quiet', 'main');
    await checkout.commit({ 'a.txt': 'ours\n' });
    expect(() => checkout.run('merge', 'other')).toThrow();
  },
  'removed, with an untracked one beside it': (checkout) => {
    checkout.run('rm', '--quiet', 'a.txt');
    checkout.write({ 'b.txt': 'b' });
  },
  'a link in the place of a file': ({ root }) => {
    rmSync(join(root, 'a.txt'));
    symlinkSync('src/b.js', join(root, 'a.txt'));
  },
  'another mode, which core.fileMode keeps from git': async (checkout) => {
    checkout.run('config', 'core.fileMode', 'false');
    await chmod(join(checkout.root, 'a.txt'), 0o755);
    checkout.run('update-index', '--refresh');
    await settle(checkout.env, checkout.root);
  },
};

test.each(Object.entries(CHANGES))(
  'the index hides no change: %s',
  async (_, change) => {
    const checkout = await committed();
    const before = await compare(checkout);
    await change(checkout);
    const after = await compare(checkout);
    expectSame(after);
    expect(after.fast).not.toEqual(before.fast);
  },
  20_000,
);

/** Other forms of an index; `proved`: whether they are understood. */
const FORMS: Record<string, { proved: boolean; make(): Promise<Checkout> }> = {
  'version 4, which cuts names within a character': {
    proved: true,
    make: async () => {
      const checkout = await committed({ ...FILES, 'src/deep/ý.md': 'y', 'src/deep/ý2.md': 'y2' });
      checkout.run('update-index', '--index-version', '4');
      return checkout;
    },
  },
  'version 3, with untracked cache': {
    proved: true,
    make: async () => {
      const checkout = await committed();
      checkout.write({ new: 'new' });
      checkout.run('add', '--intent-to-add', 'new');
      checkout.run('update-index', '--force-untracked-cache');
      checkout.run('status');
      await settle(checkout.env, checkout.root);
      return checkout;
    },
  },
  'a split index': {
    proved: false,
    make: async () => {
      const checkout = await committed();
      checkout.run('update-index', '--split-index');
      return checkout;
    },
  },
  'SHA-256': {
    proved: false,
    make: async () => {
      const checkout = create('repository', ['--object-format=sha256']);
      await checkout.commit(FILES);
      return checkout;
    },
  },
  'a linked work tree': {
    proved: true,
    make: async () => {
      const checkout = await committed();
      checkout.run('worktree', 'add', '--quiet', '../linked');
      const linked = Object.assign(Object.create(checkout) as Checkout, { name: 'linked' });
      await settle(linked.env, linked.root);
      return linked;
    },
  },
  'a sparse checkout with a sparse index': {
    proved: true,
    make: async () => {
      const checkout = await committed({ ...FILES, 'apps/one/x': 'x', 'apps/two/x': 'x' });
      checkout.run('sparse-checkout', 'set', '--cone', '--sparse-index', 'src');
      await settle(checkout.env, checkout.root);
      return checkout;
    },
  },
  'names of another case are the same file': {
    proved: false,
    make: async () => {
      const checkout = await committed();
      checkout.run('config', 'core.ignoreCase', 'true');
      return checkout;
    },
  },
  'a work tree elsewhere': {
    proved: false,
    make: async () => {
      const checkout = await committed();
      mkdirSync(join(checkout.home, 'other'));
      checkout.run('config', 'core.worktree', join(checkout.home, 'other'));
      return checkout;
    },
  },
};

test.each(Object.entries(FORMS))(
  'an index is understood, or left alone: %s',
  async (_, { proved, make }) => {
    const compared = await compare(await make());
    expectSame(compared);
    expect(compared.proven.includes('a.txt')).toBe(proved);
  },
  20_000,
);

test('files of a submodule are read', async () => {
  const inner = await committed({ 'inner.txt': 'inner\n' });
  const outer = await committed();
  outer.run('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.root, 'sub');
  await outer.commit({});
  const before = await compare(outer);
  expectSame(before);
  expect(before.contents['sub/inner.txt']).toBeDefined();
  outer.write({ 'sub/inner.txt': 'other\n' });
  const after = await compare(outer);
  expectSame(after);
  expect(after.contents['sub/inner.txt']).not.toBe(before.contents['sub/inner.txt']);
  expectSame(await compareReadings(join(outer.root, 'sub'), outer.env));
}, 20_000);

test('a copy of a checkout with all times kept is read', async () => {
  const checkout = await committed();
  cpSync(checkout.root, join(checkout.home, 'copy'), { recursive: true, preserveTimestamps: true });
  const compared = await compareReadings(join(checkout.home, 'copy'), checkout.env);
  expectSame(compared);
  expect(compared.proven).toEqual([]);
});

test('links that a checkout can only write as files are read', async () => {
  const checkout = await committed();
  symlinkSync('src/b.js', join(checkout.root, 'link'));
  await checkout.commit({});
  checkout.run('config', 'core.symlinks', 'false');
  rmSync(join(checkout.root, 'link'));
  checkout.run('checkout', '--quiet', 'link');
  await settle(checkout.env, checkout.root);
  const compared = await compare(checkout);
  expectSame(compared);
  expect(compared.plain).toContainEqual(expect.objectContaining({ path: 'link', type: 'file' }));
});

test('a context that a link leads to, or outside of the repository, is read', async () => {
  const checkout = await committed();
  symlinkSync(join(checkout.root, 'src'), join(checkout.home, 'away'));
  const away = await compareReadings(join(checkout.home, 'away'), checkout.env);
  expectSame(away);
  const within = await compareReadings(join(checkout.root, 'src'), checkout.env);
  expectSame(within);
  expect(within.contents).toEqual(away.contents);
  mkdirSync(join(checkout.home, 'outside'));
  writeFileSync(join(checkout.home, 'outside', 'x'), 'x');
  expectSame(await compareReadings(join(checkout.home, 'outside'), checkout.env));
});

test('there is no proof without index, without git, and for few files', async () => {
  const { root, env } = await committed();
  const open = (options = {}) => openIndexProof({ folder: root, env, from: 0, ...options });
  expect(await open()).toBeDefined();
  expect(await open({ from: 5 })).toBeUndefined();
  expect(await open({ env: { PATH: '/nowhere' } })).toBeUndefined();
  rmSync(join(root, '.git', 'index'));
  expect(await open()).toBeUndefined();
});

test('whatever bytes an index has, what is read is the truth or nothing is proved', async () => {
  const checkout = await committed();
  const file = join(checkout.root, '.git', 'index');
  const bytes = await readFile(file);
  checkout.write({ 'a.txt': 'two\none\n' });
  const { plain } = await compare(checkout);
  const random = createRandom(11);
  const at = () => Math.floor(random() * bytes.length);
  const stats = [0, 4, 8, 12, 20, 28, 36];
  for (let round = 0; round < 120; round++) {
    const damaged = Buffer.from(bytes.subarray(0, round % 3 === 0 ? at() : bytes.length));
    // An object id that says something else is nothing that could be told, nor would git.
    const place = round % 2 === 0 ? at() % 12 : 12 + stats[at() % stats.length]!;
    if (damaged.length > place) damaged[place] = at();
    await writeFile(file, damaged);
    expect((await compare(checkout)).fast).toEqual(plain);
  }
}, 60_000);
