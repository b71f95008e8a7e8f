import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { at, flippedBy, image, inNewFolder, told, write } from './input-folder.js';

inNewFolder();

test('with five images on one root context, each fingerprint depends only on the Dockerfile and the files it copies', async () => {
  const copies = {
    web: 'COPY web package*.json /app/',
    api: 'COPY api /app/api\nCOPY shared/ /app/shared/',
    worker: 'COPY worker/src /app',
    proxy: 'RUN true',
    tests: 'COPY . .',
  };
  const builds = Object.keys(copies).map((key) => image(key, { dockerfile: `docker/${key}.Dockerfile` }));
  write({
    ...Object.fromEntries(
      Object.entries(copies).map(([key, copy]) => [`docker/${key}.Dockerfile`, `FROM scratch\n${copy}\n`]),
    ),
    '.dockerignore': 'docs\n*.md\n',
    ...{ 'web/page.js': '1', 'api/server.js': '1', 'shared/log.js': '1', 'worker/src/run.js': '1' },
    ...{ 'worker/README': '1', 'package.json': '{}', 'package-lock.json': '{}', 'README.md': '1' },
  });
  const CHANGES: [string, string[]][] = [
    ['web/page.js', ['web', 'tests']],
    ['package-lock.json', ['web', 'tests']],
    ['package-new.json', ['web', 'tests']],
    ['api/server.js', ['api', 'tests']],
    ['shared/log.js', ['api', 'tests']],
    ['worker/src/run.js', ['worker', 'tests']],
    ['worker/README', ['tests']],
    ['elsewhere/new.js', ['tests']],
    ['README.md', []],
    ['docs/guide.txt', []],
    ['docker/proxy.Dockerfile', ['proxy', 'tests']],
  ];
  for (const [path, flipped] of CHANGES) {
    const content = path.endsWith('Dockerfile') ? 'FROM scratch\nRUN false\n' : `changed ${path}`;
    expect([path, await flippedBy(builds, () => write({ [path]: content }))]).toEqual([path, flipped]);
  }
});

describe('the work tree as the builder sees it', () => {
  const builds = [image('all')];
  const CHANGES: Record<string, () => void> = {
    'new content of the same size': () => write({ 'a/file': 'two' }),
    'the mode of a file': () => chmodSync(at('a/file'), 0o664),
    'the mode of a folder': () => chmodSync(at('a'), 0o750),
    'a sticky bit': () => chmodSync(at('a'), 0o1755),
    'the target of a link': () => {
      rmSync(at('link'));
      symlinkSync('a/other', at('link'));
    },
    'a link target that is not UTF-8': () => {
      rmSync(at('odd'));
      symlinkSync(Buffer.from([0x61, 0xfe]), at('odd'));
    },
    'a link in place of a file': () => {
      rmSync(at('a/file'));
      symlinkSync('one', at('a/file'));
    },
    'an additional hard link': () => linkSync(at('a/file'), at('a/second')),
    'an empty folder': () => mkdirSync(at('a/empty')),
    'an untracked file': () => write({ 'new/file': '' }),
    'a renamed file': () => renameSync(at('a/file'), at('a/File')),
    'a file with a multi-byte name': () => write({ 'a/ü e\u0301 \u{1f600}': '' }),
  };
  test.each(Object.keys(CHANGES))('%s changes the fingerprint', async (name) => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'a/file': 'one' });
    chmodSync(at('a/file'), 0o644);
    symlinkSync('a/file', at('link'));
    symlinkSync(Buffer.from([0x61, 0xff]), at('odd'));
    expect(await flippedBy(builds, CHANGES[name]!)).toEqual(['all']);
  });

  test("a modification time doesn't change the fingerprint", async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'a/file': 'one' });
    expect(await flippedBy(builds, () => utimesSync(at('a/file'), 1, 1))).toEqual([]);
  });

  test('a context may be a link or a folder next to the repository', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'repo/x': '', 'beside/file': 'one' });
    symlinkSync('beside', at('away'));
    const away = image('away', { context: 'away' });
    const besides = await readFingerprints({
      root: at('repo'),
      builds: [image('beside', { context: '../beside', dockerfile: '../Dockerfile' })],
      bases: {},
    });
    expect(told(besides['beside']!)).toMatch(/^v1:/);
    expect(await flippedBy([away], () => write({ 'beside/file': 'two' }))).toEqual(['away']);
  });
});
