import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, linkSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cancelled } from '../../src/lib/errors.js';
import type { BuildDescription, ImageInputs } from '../../src/inputs/description.js';
import { readInputs } from '../../src/inputs/read-inputs.js';
import { describeImage } from './description.js';
import { hashAtOnce, hashLargeFile, readFile } from '../../src/inputs/tree/blob-id.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'read-inputs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (path: string) => join(root, path);

function write(files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
}

const image = describeImage;

async function read(...builds: BuildDescription[]): Promise<Record<string, ImageInputs>> {
  return readInputs({ root, builds, bases: {} });
}

/** Fingerprint, or why there is none. */
const told = (inputs: ImageInputs) => (inputs.status === 'known' ? inputs.fingerprint : inputs.reason);

async function fingerprints(...builds: BuildDescription[]): Promise<Record<string, string>> {
  const inputs = await read(...builds);
  return Object.fromEntries(Object.entries(inputs).map(([key, each]) => [key, told(each)]));
}

/** Keys of images whose fingerprint a change flips. */
async function flippedBy(builds: BuildDescription[], change: () => void): Promise<string[]> {
  const before = await fingerprints(...builds);
  for (const fingerprint of Object.values(before)) expect(fingerprint).toMatch(/^v1:[0-9a-f]{64}$/);
  change();
  const after = await fingerprints(...builds);
  return Object.keys(before).filter((key) => before[key] !== after[key]);
}

test('need 3: five Dockerfiles on one root context: each is built for what it copies, `COPY . .` for all', async () => {
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

describe('a work tree counts as the builder sees it', () => {
  const builds = [image('all')];
  const CHANGES: Record<string, () => void> = {
    'a file of the same size': () => write({ 'a/file': 'two' }),
    'a mode': () => chmodSync(at('a/file'), 0o664),
    'the mode of a folder': () => chmodSync(at('a'), 0o750),
    'a sticky bit': () => chmodSync(at('a'), 0o1755),
    'the target of a link': () => {
      rmSync(at('link'));
      symlinkSync('a/other', at('link'));
    },
    'bytes of a link that are no text': () => {
      rmSync(at('odd'));
      symlinkSync(Buffer.from([0x61, 0xfe]), at('odd'));
    },
    'a link in the place of a file': () => {
      rmSync(at('a/file'));
      symlinkSync('one', at('a/file'));
    },
    'a further name': () => linkSync(at('a/file'), at('a/second')),
    'an empty folder': () => mkdirSync(at('a/empty')),
    'an untracked file': () => write({ 'new/file': '' }),
    'another name': () => renameSync(at('a/file'), at('a/File')),
    'a name of many bytes': () => write({ 'a/ü e\u0301 \u{1f600}': '' }),
  };
  test.each(Object.keys(CHANGES))('%s flips it', async (name) => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'a/file': 'one' });
    chmodSync(at('a/file'), 0o644);
    symlinkSync('a/file', at('link'));
    symlinkSync(Buffer.from([0x61, 0xff]), at('odd'));
    expect(await flippedBy(builds, CHANGES[name]!)).toEqual(['all']);
  });

  test('times do not', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'a/file': 'one' });
    expect(await flippedBy(builds, () => utimesSync(at('a/file'), 1, 1))).toEqual([]);
  });

  test('a context may be a link, or lie beside the repository', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'repo/x': '', 'beside/file': 'one' });
    symlinkSync('beside', at('away'));
    const away = image('away', { context: 'away' });
    const besides = await readInputs({
      root: at('repo'),
      builds: [image('beside', { context: '../beside', dockerfile: '../Dockerfile' })],
      bases: {},
    });
    expect(told(besides['beside']!)).toMatch(/^v1:/);
    expect(await flippedBy([away], () => write({ 'beside/file': 'two' }))).toEqual(['away']);
  });
});

describe('what can not be read is built', () => {
  const builds = [image('all')];
  const reason = async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': 'ignored\n' });
    return (await fingerprints(...builds))['all'];
  };
  const pipe = (path: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    execFileSync('mkfifo', [at(path)]);
  };

  test('a pipe, which nobody writes to', async () => {
    pipe('src/pipe');
    expect(await reason()).toBe('in the context ., src/pipe is neither file, folder nor link');
  });
  test('but one that is ignored or not copied does not matter', async () => {
    pipe('ignored/pipe');
    expect(await reason()).toMatch(/^v1:/);
    pipe('src/pipe');
    write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    expect((await fingerprints(...builds))['all']).toMatch(/^v1:/);
  });
  test.each([
    ['a name that is no text', Buffer.from([0x66, 0xff])],
    ['a name that looks like one', Buffer.from('f\uFFFD')],
  ])('%s', async (_, name) => {
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), 'x');
    expect(await reason()).toBe('in the context ., the name of f\uFFFD is not UTF-8');
  });
  test('a context that is not there', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n' });
    const inputs = await fingerprints(image('all', { context: 'gone' }));
    expect(inputs['all']).toBe("in the context gone, its folder can't be read: no such file or directory");
  });
  test('a file that grows or shrinks while it is read', () => {
    write({ file: 'four' });
    for (const size of [0, 3, 5]) {
      const file = openSync(at('file'), 'r');
      expect(() => hashAtOnce(file, size)).toThrow('it changes while it is read');
      closeSync(file);
    }
    write({ large: Buffer.alloc(3 << 20) });
    const steps = hashLargeFile(at('large'));
    steps.next();
    write({ large: Buffer.alloc(2 << 20) });
    expect(() => [...steps]).toThrow('it changes while it is read');
  });
  test('what became a link or a pipe since its folder was listed', () => {
    symlinkSync('Dockerfile', at('link'));
    pipe('pipe');
    expect(() => readFile(at('link'))).toThrow('ELOOP');
    expect(() => readFile(at('pipe'))).toThrow('it changes while it is read');
  });
});

test('files of any size have the id that git gives them', () => {
  const sizes = [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 33, 5 << 20];
  for (const size of sizes) write({ [String(size)]: Buffer.alloc(size, `content of ${size}`) });
  const ids = execFileSync('git', ['hash-object', '--no-filters', ...sizes.map((size) => at(String(size)))]);
  const ours = sizes.map((size) => {
    const path = at(String(size));
    if (size < 1 << 20) return readFile(path).content;
    expect(readFile(path).content).toBeUndefined();
    const steps = hashLargeFile(path);
    let count = 0;
    for (;;) {
      const step = steps.next();
      if (!step.done) count += 1;
      else {
        expect(count).toBeGreaterThanOrEqual(size >> 20);
        return step.value;
      }
    }
  });
  expect(ours).toEqual(ids.toString().trim().split('\n'));
});

test('a large file is copied by several images and a cancel ends its reading', async () => {
  write({ Dockerfile: 'FROM scratch\nCOPY . /\n', large: Buffer.alloc(3 << 20, 'x') });
  const { one, two } = await fingerprints(image('one'), image('two'));
  expect(one).toBe(two);
  const request = { root, builds: [image('one')], bases: {}, signal: AbortSignal.abort() };
  await expect(readInputs(request)).rejects.toThrow(Cancelled);
});

describe("`paths` narrows what counts, by the user's word", () => {
  const narrowed = (...paths: string[]) => [image('web', { paths }), image('whole')];
  beforeEach(() => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'package.json': '{}', 'a.test.js': '' });
    write({ 'src/page.js': '1', 'src/docs/guide.md': '1', 'src/lib/(app)/x.js': '1' });
  });

  test.each<[string[], string, boolean]>([
    [['src', 'package*.json'], 'src/page.js', true],
    [['src', 'package*.json'], 'src/new/file.js', true],
    [['src', 'package*.json'], 'package.json', true],
    [['src', 'package*.json'], 'README.md', false],
    [['src', '!src/docs'], 'src/docs/guide.md', false],
    [['!src/docs', 'src'], 'src/docs/guide.md', true],
    [['!src/docs', '!**/*.test.js'], 'a.test.js', false],
    [['!src/docs', '!**/*.test.js'], 'other/file', true],
    [['**/*.js'], 'src/page.js', true],
    [['**/*.js'], 'src/docs/guide.md', false],
    [['/src/', './package.json'], 'src/page.js', true],
    [['src/lib/(app)'], 'src/lib/(app)/x.js', true],
    [['src/lib/(app)'], 'src/page.js', false],
    [['src'], 'SRC/page.js', false],
  ])('%j: %s', async (paths, path, counts) => {
    const flipped = await flippedBy(narrowed(...paths), () => write({ [path]: 'changed' }));
    expect(flipped).toEqual(counts ? ['web', 'whole'] : ['whole']);
  });

  test('the Dockerfile and the settings count in any case', async () => {
    const before = await fingerprints(...narrowed('src'));
    expect(await fingerprints(image('web', { paths: ['src'], platforms: ['linux/arm64'] }))).not.toEqual({
      web: before['web'],
    });
    const change = () => write({ Dockerfile: 'FROM scratch\nCOPY . /app\n' });
    expect(await flippedBy(narrowed('src'), change)).toEqual(['web', 'whole']);
  });

  test('a pattern that matches nothing is a slip, not a reason to skip', async () => {
    expect(await fingerprints(...narrowed('src', 'srv'))).toMatchObject({
      web: 'in the context ., `paths` names srv, but nothing that is copied matches it',
    });
  });

  test('a pattern that can be understood in several ways is not relied on', async () => {
    expect(await fingerprints(...narrowed('src/{a,b}*'))).toMatchObject({
      web: "in the context ., `paths` can't be relied on: it has one of `{ | } ^` beside a wildcard",
    });
  });

  test('what does not count need not be readable', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const { web, whole } = await fingerprints(...narrowed('src'));
    expect(web).toMatch(/^v1:/);
    expect(whole).toMatch(/pipe is neither/);
  });
});

describe('arguments', () => {
  const BUILD = 'ARG A=1\nARG B=${A}x\nARG UNUSED=1\nFROM scratch AS base\nARG B\nRUN echo $B\n';
  const of = async (args: Record<string, string>) => (await fingerprints(image('x', { args })))['x'];
  test('one that reaches a stage only through the default of another counts', async () => {
    write({ Dockerfile: BUILD });
    expect(await of({ A: '2' })).not.toBe(await of({}));
    expect(await of({ A: '2' })).not.toBe(await of({ A: '3' }));
  });
  test('one that nothing declares or needs does not', async () => {
    write({ Dockerfile: BUILD });
    expect(await of({ OTHER: '2' })).toBe(await of({}));
    expect(await of({ UNUSED: '2' })).toBe(await of({}));
  });
  test('values are in the record as hashes alone', async () => {
    write({ Dockerfile: 'FROM scratch\nARG TOKEN\n' });
    const inputs = await read(
      image('x', { args: { TOKEN: 'very-secret' }, labels: { l: 'label-text' }, extra: { network: 'host' } }),
    );
    expect(JSON.stringify(inputs)).toMatch(/arg TOKEN.*label l.*setting network/);
    expect(JSON.stringify(inputs)).not.toMatch(/very-secret|label-text|"host"/);
  });
});
