import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitTo, createBareRepository, treeOf } from '../../testing/bare-repository.js';
import { isValidRefName, ZERO_OID, type RefMove } from '../../testing/git-refs.js';
import { isAncestor, listCommits, mergeBase, mergeTrees } from '../../testing/fake-github/commits.js';
import { gitEnvironment, tryGit } from '../../testing/fake-github/git.js';
import { resolveRevision } from '../../testing/fake-github/objects.js';
import { moveRefs } from '../../testing/fake-github/refs.js';

/** Output of git for each command, undefined for a failure. A shell starts git faster than this process does. */
function askGit(dir: string, ...commands: string[][]): (string | undefined)[] {
  const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  const lines = commands.map((args) => `git ${args.map(quote).join(' ')} 2>&1 || echo FAILED; printf '\\0'`);
  const { stdout } = spawnSync('sh', ['-s'], { cwd: dir, env: gitEnvironment(), input: lines.join('\n') });
  const answers = stdout.toString().split('\0').slice(0, -1);
  return answers.map((text) => (/FAILED\n$/.test(text) ? undefined : text.trimEnd()));
}

let scratch: string;
let dir: string;
const oids: Record<string, string> = {};
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'git-store-'));
  dir = join(scratch, 'app.git');
  createBareRepository(dir);
  const commit = (name: string, parents: string[], files: Record<string, string> = { [`${name}.txt`]: name }) => {
    const message = `${name}\n`;
    oids[name] = commitTo(dir, { branch: name, parents: parents.map((parent) => oids[parent] ?? ''), files, message });
  };
  commit('root', [], { '.github/workflows/x.yml': 'x', 'k8s/app.yml': 'y', 'shared.txt': '' });
  commit('main', ['root']);
  commit('next', ['main']);
  commit('side', ['main'], { 'shared.txt': 'side' });
  commit('empty', ['main'], {});
  commit('clash', ['main'], { 'shared.txt': 'clash' });
  commit('merge', ['next', 'side']);
  commit('onto', ['merge']);
  commit('cross', ['side', 'next']);
  commit('orphan', []);
  const { next = '', side = '' } = oids;
  askGit(dir, ['tag', '-a', '-m', 'one', 'v1', next], ['tag', side.slice(0, 8), next]);
  const [blob = '', tag = ''] = askGit(dir, ['rev-parse', `${next}:k8s/app.yml`], ['rev-parse', 'refs/tags/v1']);
  Object.assign(oids, { blob, tag });
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const PAIRS = [
  ...['next next', 'root onto', 'main next', 'next side', 'side clash', 'empty next', 'next empty', 'root cross'],
  ...['merge cross', 'side merge', 'merge onto', 'orphan next'],
];

async function compareHistories(pair: string, at = dir): Promise<void> {
  const [one = '', other = ''] = pair.split(' ').map((name) => oids[name] ?? '');
  const [before, after, base, list, tree] = askGit(
    at,
    ['merge-base', '--is-ancestor', one, other],
    ['merge-base', '--is-ancestor', other, one],
    ['merge-base', one, other],
    ['rev-list', `${one}..${other}`],
    ['merge-tree', '--write-tree', one, other],
  );
  expect(await isAncestor(at, one, other)).toBe(before !== undefined);
  expect(await isAncestor(at, other, one)).toBe(after !== undefined);
  expect(await mergeBase(at, one, other)).toBe(base);
  expect((await listCommits(at, one, other)).join('\n')).toBe(list);
  expect(await mergeTrees(at, one, other)).toBe(tree);
}

test.each(PAIRS)('computes ancestry, merge base, commit list and merged tree like git: %s', (pair) =>
  compareHistories(pair),
);

test('merges trees from a given base like git', async () => {
  const { root = '', next = '', side = '' } = oids;
  const [merged] = askGit(dir, ['merge-tree', '--write-tree', '--merge-base', root, next, side]);
  expect(await mergeTrees(dir, next, side, root)).toBe(merged);
  expect(await mergeTrees(dir, next, side, next)).toBe(treeOf(dir, side));
});

const TAILS = ['', '^{commit}', '^{tree}', '^{blob}', ':k8s/app.yml', ':k8s', ':k8s/', ':no.yml', ':/k8s'];
const MORE_TAILS = [':.github/workflows/x.yml', ':./k8s', ':.', ':k8s/app.yml/x'];
const REVISIONS = ['refs/heads/next', 'refs/heads/no', 'refs/heads', 'refs/tags/v1', 'refs/heads/next^{tree}'].concat(
  ...['refs/heads/next~1', 'next', 'next:k8s', 'v1^{commit}', 'HEAD', 'refs/heads/a..b', '0000000^{commit}'],
);

async function compareRevisions(expressions: string[], at = dir): Promise<void> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options'];
  const asked = askGit(at, ...expressions.map((expression) => [...args, expression]));
  const found = await Promise.all(expressions.map((expression) => resolveRevision(at, expression)));
  expect(Object.fromEntries(found.entries())).toEqual(Object.fromEntries(asked.entries()));
}

test('resolves revision expressions like git', async () => {
  const { next = '', side = '', tag = '', blob = '' } = oids;
  const heads = [next, next.slice(0, 9), treeOf(dir, next).slice(0, 9), side.slice(0, 8), tag, tag.slice(0, 7), blob];
  await compareRevisions([
    ...REVISIONS,
    ...[...TAILS, ...MORE_TAILS].map((tail) => `${next}${tail}`),
    ...heads.flatMap((head) => ['^{commit}', '^{tree}'].map((tail) => `${head}${tail}`)),
  ]);
});

test('answers simple questions without starting git', async () => {
  vi.stubEnv('PATH', '');
  try {
    const { main = '', next = '', side = '', empty = '' } = oids;
    expect(await isAncestor(dir, side, next)).toBe(false);
    expect(await mergeBase(dir, next, side)).toBe(main);
    expect(await listCommits(dir, side, next)).toEqual([next]);
    expect(await mergeTrees(dir, next, empty)).toBe(treeOf(dir, next));
    const expressions = ['refs/heads/next', `${next.slice(0, 9)}^{commit}`, `${next}:.github/none`, '0000000^{commit}'];
    const found = expressions.map((expression) => resolveRevision(dir, expression));
    expect(await Promise.all(found)).toEqual([next, next, undefined, undefined]);
    expect(await moveRefs(dir, [{ name: 'refs/simple/new', before: ZERO_OID, after: next }])).toBe('moved');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('gives the same answers as git in a packed repository', async () => {
  const packed = join(scratch, 'packed');
  cpSync(dir, packed, { recursive: true });
  askGit(packed, ['repack', '-a', '-d', '-q'], ['pack-refs', '--all']);
  for (const pair of ['merge onto', 'next side', 'orphan next']) await compareHistories(pair, packed);
  const { next = '', tag = '' } = oids;
  await compareRevisions(
    ['refs/heads/next', `${next.slice(0, 9)}^{tree}`, `${tag}:k8s/app.yml`, 'abcdef0^{commit}'],
    packed,
  );
});

test('accepts the same ref names as git', () => {
  const names = [
    ...['refs/heads/a', 'refs/x/a/b.c', "refs/heads/it's+100%25&more=@home", 'refs/heads/#12-ünïcode', 'refs/heads/-a'],
    ...['a', '@', 'refs/@', '/refs/a', 'refs/a/', 'refs//a', 'refs/.a', 'refs/a.', 'refs/a./b', 'refs/a.lock', ''],
    ...[
      'refs/a.lock/b',
      'refs/a..b',
      'refs/a b',
      'refs/a\tb',
      'refs/a\x7f',
      'refs/a~',
      'refs/a^',
      'refs/a:b',
      'refs/a?',
    ],
    ...['refs/a*', 'refs/[a', 'refs/a]', 'refs/a\\b', 'refs/a@{b', 'refs/a@b', 'refs/{a}', 'refs/\u0085'],
  ];
  const asked = askGit(dir, ...names.map((name) => ['check-ref-format', name]));
  const valid = names.filter((_, index) => asked[index] !== undefined);
  expect(names.filter((name) => isValidRefName(name))).toEqual(valid);
});

describe('moves refs like git:', () => {
  let own: string;
  let byGit: string;
  beforeEach(() => {
    [own = '', byGit = ''] = ['own', 'by-git'].map((name) => join(scratch, name));
    for (const copy of [own, byGit]) {
      cpSync(dir, copy, { recursive: true, filter: (path) => path !== join(dir, 'objects') });
      symlinkSync(join(dir, 'objects'), join(copy, 'objects'));
    }
    // If a reference-transaction hook exists, git makes the whole update.
    writeFileSync(join(byGit, 'hooks/reference-transaction'), '#!/bin/sh\n', { mode: 0o755 });
  });
  afterEach(() => [own, byGit].forEach((copy) => rmSync(copy, { recursive: true })));

  const filesOf = (path: string) =>
    readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  /** Values and logs of all refs, and the number of leftover lock files. */
  const stateOf = (at: string) => ({
    refs: askGit(at, ['for-each-ref'], ['symbolic-ref', 'HEAD']),
    logs: filesOf(join(at, 'logs'))
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(at.length), readFileSync(path, 'utf8').replaceAll(/\d{10}/g, 'TIME')])
      .sort(),
    locks: filesOf(at).filter(({ name }) => name.endsWith('.lock')).length,
  });
  const outcome = (at: string, moves: RefMove[]) =>
    moveRefs(at, moves).catch((error: Error) => error.message.replaceAll(at, 'DIR'));

  const NEW = { name: 'refs/x/new', before: ZERO_OID };
  const MAIN = 'refs/heads/main';
  type Story = (oid: Record<string, string>, dirs: string[]) => RefMove[][];
  const STORIES: Record<string, Story> = {
    'a ref that is created, moved, moved back, and moved to its current value': ({ root = '', next = '' }) => [
      [{ ...NEW, after: root }],
      [{ name: NEW.name, before: root, after: next }],
      [{ name: NEW.name, after: root }],
      [{ name: NEW.name, before: root, after: root }],
    ],
    'a ref that is created twice': ({ root = '', next = '' }) => [[{ ...NEW, after: root }], [{ ...NEW, after: next }]],
    'the branch of HEAD': ({ next = '' }) => [[{ name: MAIN, after: next }]],
    'several refs, all or none': ({ main = '', next = '', root = '' }) => [
      [
        { ...NEW, after: next },
        { name: MAIN, before: root, after: next },
      ],
      [
        { ...NEW, after: next },
        { name: MAIN, before: main, after: next },
      ],
      [
        { ...NEW, name: 'refs/x/other', after: next },
        { name: 'refs/heads/none', before: main, after: next },
      ],
    ],
    'names that are both file and folder': ({ root = '' }) => [
      [{ ...NEW, after: root }],
      [{ ...NEW, name: 'refs/x/new/below', after: root }],
      [{ ...NEW, name: 'refs/x', after: root }],
      [{ name: NEW.name, before: root, after: ZERO_OID }],
      [{ ...NEW, name: 'refs/x/new/below', after: root }],
      [
        { ...NEW, name: 'refs/y/new', after: root },
        { ...NEW, name: 'refs/y/new/below', after: root },
      ],
      [{ name: 'refs/x/new/below', after: ZERO_OID }],
      [{ ...NEW, after: root }],
    ],
    'moves that git refuses': ({ root = '', blob = '', tag = '' }) => [
      [{ ...NEW, after: 'f'.repeat(40) }],
      [{ ...NEW, name: 'refs/heads/new', after: blob }],
      [{ ...NEW, name: 'refs/heads/new', after: tag }],
      [{ ...NEW, name: 'refs/x/..', after: root }],
      [
        { ...NEW, after: root },
        { ...NEW, after: root },
      ],
      [{ ...NEW, after: ZERO_OID }],
    ],
    'refs to blobs and tags': ({ blob = '', tag = '' }) => [
      [{ ...NEW, after: blob }],
      [{ name: 'refs/tags/t', after: tag }],
    ],
    'packed refs': ({ main = '', next = '', side = '' }, dirs) => {
      for (const each of dirs) askGit(each, ['pack-refs', '--all']);
      return [
        [{ name: MAIN, before: side, after: next }],
        [{ name: MAIN, before: main, after: next }],
        [{ ...NEW, name: 'refs/heads/side', after: next }],
        [{ ...NEW, name: 'refs/heads/side/below', after: next }],
        [{ ...NEW, after: next }],
        [{ name: 'refs/heads/side', before: side, after: ZERO_OID }],
      ];
    },
    'symbolic refs': ({ next = '' }, dirs) => {
      for (const each of dirs) askGit(each, ['symbolic-ref', 'refs/heads/link', 'refs/heads/side']);
      return [[{ name: 'refs/heads/link', after: next }]];
    },
    'a locked ref': ({ next = '' }, dirs) => {
      for (const each of dirs) {
        mkdirSync(join(each, 'refs/x'));
        writeFileSync(join(each, 'refs/x/new.lock'), '');
      }
      return [
        [
          { name: MAIN, after: next },
          { ...NEW, after: next },
        ],
      ];
    },
  };
  test.each(Object.entries(STORIES))('%s', async (_, story) => {
    for (const moves of story(oids, [own, byGit])) expect(await outcome(own, moves)).toBe(await outcome(byGit, moves));
    expect(stateOf(own)).toEqual(stateOf(byGit));
  });

  test('exactly one of two concurrent moves succeeds, ours or one by git, and the log has no gap', async () => {
    const name = 'refs/x/race';
    const { next = '', side = '' } = oids;
    let before = ZERO_OID;
    for (let round = 0; round < 12; round++) {
      const after = round % 2 === 0 ? next : side;
      const rival = tryGit(own, ['update-ref', name, after, before]);
      await new Promise((resolve) => setTimeout(resolve, round));
      const moved = await moveRefs(own, [{ name, before, after }]);
      expect((await rival).code === 0).toBe(moved === 'stale');
      before = after;
    }
    const [log, fsck] = askGit(own, ['reflog', 'show', '--format=%H', name], ['fsck', '--strict', '--no-dangling']);
    expect(log?.split('\n')).toHaveLength(12);
    expect([fsck, stateOf(own).locks]).toEqual(['', 0]);
  });
});
