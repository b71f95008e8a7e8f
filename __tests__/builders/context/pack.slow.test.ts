import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packContext } from '../../../src/builders/context/pack.js';
import { surveyContext } from '../../../src/builders/context/context.js';
import { padding, TAR_BLOCK, TAR_END, tarHeader } from '../../../src/builders/context/tar-header.js';
import { run } from '../../../src/lib/process.js';
import { collect, DOCKERFILE, listFolder, requestOf, packed, unpack } from './packed.js';

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pack-'));
  folder = join(home, 'in');
  mkdirSync(folder);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, content: string | Buffer = path): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function tar(input: Buffer, ...args: string[]): Promise<string[]> {
  const { stdout } = await run('tar', args, { env: process.env, input });
  return stdout.toString().trimEnd().split('\n');
}

test('keeps names, modes, times, links and empty folders, and sets the owner to root', async () => {
  const long = `${'folder/'.repeat(20)}${'n'.repeat(200)}`;
  const files = ['a', 'ü/日本 語', long, 'set', 'hard'];
  for (const path of files.slice(0, 4)) write(path);
  linkSync(join(folder, 'a'), join(folder, 'hard'));
  chmodSync(join(folder, 'set'), 0o4751);
  mkdirSync(join(folder, 'empty'), { mode: 0o700 });
  symlinkSync(`../${'t'.repeat(150)}/ö`, join(folder, 'link'));
  utimesSync(join(folder, 'a'), 1_000_000_000, 1_234_567_890.9);
  const archive = await packed(requestOf(folder));

  expect(await unpack(archive, join(home, 'out'))).toBe(0);
  const context = join(home, 'out', 'context');
  expect(listFolder(context)).toEqual(listFolder(folder));
  expect(lstatSync(join(context, 'a')).mtimeMs).toBe(1_234_567_890_000);
  const listed = await tar(archive, '-tzvf', '-', '--numeric-owner');
  expect(listed.every((line) => / 0\/0 /.test(line))).toBe(true);
  expect(listed.filter((line) => line.startsWith('h'))).toEqual([]);
});

test('packs the Dockerfile last, after the context and an empty ignore file, with reproducible bytes', async () => {
  write('Dockerfile', 'FROM other\n');
  write('.dockerignore', 'a\n');
  const archive = await packed(requestOf(folder));
  expect(await tar(archive, '-tzf', '-')).toEqual([
    'context/',
    'context/.dockerignore',
    'context/Dockerfile',
    'Dockerfile.dockerignore',
    'Dockerfile',
  ]);
  expect(await tar(archive, '-xzOf', '-', 'Dockerfile', 'Dockerfile.dockerignore')).toEqual(
    DOCKERFILE.trimEnd().split('\n'),
  );
  expect(await packed(requestOf(folder))).toEqual(archive);
});

test('a truncated stream never contains the Dockerfile without the complete context', async () => {
  for (let index = 0; index < 40; index++) write(`src/${index}`, randomBytes(index * 100));
  const archive = await packed(requestOf(folder));
  const whole = listFolder(folder);
  const steps = Array.from({ length: 40 }, (_, index) => Math.floor((archive.length * index) / 40));
  const close = Array.from({ length: 40 }, (_, index) => archive.length - 1 - index);
  const built: number[] = [];
  for (const cut of [...steps, ...close]) {
    const into = join(home, `out-${cut}`);
    expect(await unpack(archive.subarray(0, cut), into)).not.toBe(0);
    if (!readdirSync(into).includes('Dockerfile') || lstatSync(join(into, 'Dockerfile')).size === 0) continue;
    expect(listFolder(join(into, 'context'))).toEqual(whole);
    built.push(archive.length - cut);
  }
  // Only the end marker and gzip's checksum may be missing.
  expect(Math.max(0, ...built)).toBeLessThan(40);
}, 30_000);

test('the archive ends with the end marker of tar, at a block boundary', async () => {
  write('a', randomBytes(1_000_000));
  const archive = gunzipSync(await packed(requestOf(folder)));
  expect(archive.subarray(-TAR_END.length)).toEqual(TAR_END);
  expect(archive.length % TAR_BLOCK).toBe(0);
});

test('the tar header holds the full size of a file above 8 GB', async () => {
  const size = 9_000_000_000;
  const header = tarHeader({ path: 'context/big', type: 'file', mode: 0o644, modified: 1, size });
  expect((await tar(header, '-tvf', '-'))[0]).toMatch(new RegExp(` ${size} .* context/big$`));
});

test.each([0, 1, 511, 512, 513])('pads a file of %i bytes to a full block', (size) => {
  expect((size + padding(size)) % 512).toBe(0);
  expect(padding(size)).toBeLessThan(512);
});

test('leaves out a named pipe', async () => {
  write('a');
  await run('mkfifo', [join(folder, 'pipe')], { env: process.env });
  await surveyContext(requestOf(folder));
  const names = await tar(await packed(requestOf(folder)), '-tzf', '-');
  expect(names.filter((name) => name.startsWith('context/'))).toEqual(['context/', 'context/a']);
});

/** Packs a context until its stream waits in the middle of `big`. */
async function waiting() {
  const big = write('big', randomBytes(8_000_000));
  const controller = new AbortController();
  const { stream, done } = packContext(requestOf(folder, '', { signal: controller.signal }));
  const failed = once(stream, 'error').then(([error]: unknown[]) => error);
  stream.read(0);
  await once(stream, 'readable');
  return { big, stream, done, failed, abort: () => controller.abort() };
}

const isOpen = (file: string) =>
  readdirSync('/proc/self/fd').some((descriptor) => {
    const link = `/proc/self/fd/${descriptor}`;
    return lstatSync(link, { throwIfNoEntry: false }) !== undefined && readlinkSync(link) === file;
  });

test.each([
  ['grows', (file: string) => appendFileSync(file, 'x')],
  ['shrinks', (file: string) => truncateSync(file, 1_000_000)],
  ['is rewritten', (file: string) => writeFileSync(file, randomBytes(8_000_000))],
])('fails with the file name, and sends no Dockerfile, if a file %s while it is read', async (_, change) => {
  const { big, stream, done, failed } = await waiting();
  change(big);
  utimesSync(big, 1, 2);
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const wanted = {
    code: 'build/context-changed',
    message: 'In the build context api, big changed while it was read.',
  };
  expect(await failed).toMatchObject(wanted);
  await expect(done).rejects.toMatchObject(wanted);
  await unpack(Buffer.concat(chunks), join(home, 'out'));
  expect(readdirSync(join(home, 'out'))).not.toContain('Dockerfile');
  expect(isOpen(big)).toBe(false);
});

test.each(['abort', 'destroy'] as const)('%s closes the file that is being read', async (how) => {
  const { big, stream, done, failed, abort } = await waiting();
  expect(isOpen(big)).toBe(true);
  if (how === 'abort') {
    abort();
    expect(await failed).toMatchObject({ name: 'Cancelled' });
  } else {
    stream.destroy();
  }
  await expect(done).rejects.toMatchObject({ name: 'Cancelled' });
  expect(isOpen(big)).toBe(false);
});

test('fails as cancelled if the signal is aborted before packing starts', async () => {
  write('a');
  const { stream, done } = packContext(requestOf(folder, '', { signal: AbortSignal.abort() }));
  await expect(collect(stream)).rejects.toMatchObject({ name: 'Cancelled' });
  await expect(done).rejects.toMatchObject({ name: 'Cancelled' });
});

describe('unreadable paths', () => {
  const superuser = process.geteuid?.() === 0;
  beforeEach(() => {
    // The user that root switches to here may have no access to the temporary folder of the tests.
    rmSync(home, { recursive: true });
    home = mkdtempSync('/var/tmp/pack-');
    folder = join(home, 'in');
    mkdirSync(folder);
    for (const path of ['a', 'b/c', 'b/d', 'left', 'e/f']) write(path);
    for (const path of ['b/c', 'b/d', 'left', 'e']) chmodSync(join(folder, path), 0);
    for (const path of [home, folder]) chmodSync(path, 0o755);
    if (superuser) process.seteuid?.(65534);
  });
  afterEach(() => {
    if (superuser) process.seteuid?.(0);
    chmodSync(join(folder, 'e'), 0o755);
  });

  const wanted = {
    code: 'build/context-unreadable',
    problems: [
      {
        image: 'api',
        message: "In the build context api, 3 paths can't be read.",
        fix: 'Correct their permissions, or leave them out with a .dockerignore.',
        detail: 'b/c: permission denied\nb/d: permission denied\ne: permission denied',
      },
    ],
  };

  test('are all listed by the survey before packing', async () => {
    await expect(surveyContext(requestOf(folder, 'left'))).rejects.toMatchObject(wanted);
  });

  test('are all listed by packing without a survey', async () => {
    const { stream, done } = packContext(requestOf(folder, 'left'));
    await expect(collect(stream)).rejects.toMatchObject(wanted);
    await expect(done).rejects.toMatchObject(wanted);
  });

  test('are named in the message if there is only one', async () => {
    await expect(surveyContext(requestOf(folder, 'left\nb'))).rejects.toThrow(
      "In the build context api, e can't be read: permission denied.",
    );
  });

  test('are allowed if they are ignored', async () => {
    await expect(packed(requestOf(folder, 'left\nb/*\ne'))).resolves.toBeInstanceOf(Buffer);
  });
});

test("fails if the context doesn't exist", async () => {
  await expect(packed(requestOf(join(home, 'none')))).rejects.toMatchObject({
    code: 'build/context-unreadable',
    message: "In the build context api, . can't be read: no such file or directory.",
  });
});

test('follows a symbolic link to the context', async () => {
  write('a');
  chmodSync(folder, 0o750);
  symlinkSync(folder, join(home, 'link'));
  expect(await packed(requestOf(join(home, 'link')))).toEqual(await packed(requestOf(folder)));
});
