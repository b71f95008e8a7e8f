import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SERVICE_PATH } from './service.js';

const execute = promisify(execFile);

/** Absolute path of a program on PATH. */
export async function findProgram(name: string): Promise<string> {
  for (const folder of SERVICE_PATH.split(':').filter((part) => part !== '')) {
    const path = join(folder, name);
    if (await stat(path).catch(() => undefined)) return realpath(path);
  }
  throw new Error(`${name} is not on PATH.`);
}

/** busybox with all its commands, users `root` and `node` (uid 1000), certificates: enough for RUN to work. */
export async function layShell(root: string): Promise<void> {
  for (const folder of ['bin', 'etc/ssl/certs', 'root', 'tmp', 'usr/bin', 'usr/sbin', 'sbin', 'var/tmp']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  for (const folder of ['tmp', 'var/tmp']) await chmod(join(root, folder), 0o1777);
  const busybox = await findProgram('busybox');
  await layProgram(root, busybox, 'bin/busybox');
  const { stdout } = await execute(busybox, ['--list-full']);
  for (const path of stdout.trim().split('\n')) {
    const place = join(root, path);
    await mkdir(dirname(place), { recursive: true });
    await symlink('/bin/busybox', place).catch(() => {});
  }
  // The list has all shells and tools below usr/; scripts expect these few in bin as well.
  for (const name of ['sh', 'cat', 'ls', 'echo', 'true', 'false']) {
    await symlink('/bin/busybox', join(root, 'bin', name)).catch(() => {});
  }
  const etc = {
    passwd: 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000:node:/home/node:/bin/sh\n',
    group: 'root:x:0:\nnode:x:1000:\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
  for (const [name, text] of Object.entries(etc)) await writeFile(join(root, 'etc', name), text);
  await copyFile('/etc/ssl/certs/ca-certificates.crt', join(root, 'etc/ssl/certs/ca-certificates.crt'));
}

/** Copies a program to `place` with the shared libraries that it loads, at the paths where it looks for them. */
export async function layProgram(root: string, program: string, place: string): Promise<void> {
  const to = join(root, place);
  await mkdir(dirname(to), { recursive: true });
  await copyFile(program, to);
  await chmod(to, 0o755);
  // A static program makes ldd exit with 1 ("not a dynamic executable").
  const { stdout } = await execute('ldd', [program], { env: { PATH: SERVICE_PATH } }).catch(() => ({
    stdout: '',
  }));
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x[0-9a-f]+\)/g)) {
    await mkdir(dirname(join(root, library)), { recursive: true });
    await copyFile(await realpath(library), join(root, library));
    await chmod(join(root, library), 0o755);
  }
}

/** The machine's node and npm where the official images have them, npm without any need for a network. */
export async function layNode(root: string, npmCache: string): Promise<void> {
  await layProgram(root, process.execPath, 'usr/local/bin/node');
  const modules = join(root, 'usr/local/lib/node_modules');
  await mkdir(modules, { recursive: true });
  await layNpm(join(modules, 'npm'));
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  }
  const cache = 'usr/local/share/npm-cache';
  await mkdir(join(root, 'usr/local/etc'), { recursive: true });
  await cp(npmCache, join(root, cache), { recursive: true });
  await writeFile(
    join(root, 'usr/local/etc/npmrc'),
    [`cache=/${cache}`, 'offline=true', 'audit=false', 'fund=false', 'update-notifier=false', ''].join('\n'),
  );
}

/** npm as its own release packs it. Debian's npm is spread over /usr/share/nodejs: then a packed one is fetched. */
async function layNpm(to: string): Promise<void> {
  const own = dirname(dirname(await findProgram('npm')));
  if (await stat(join(own, 'node_modules')).catch(() => undefined)) {
    const unneeded = new Set([join(own, 'docs'), join(own, 'man')]);
    await cp(own, to, { recursive: true, filter: (source) => !unneeded.has(source) });
    return;
  }
  const { stdout: version } = await execute('npm', ['--version']);
  const folder = await mkdtemp(join(tmpdir(), 'npm-'));
  try {
    await execute('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `npm@${version.trim()}`]);
    await cp(join(folder, 'node_modules/npm'), to, { recursive: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fills an npm cache with every package that the lockfiles in `folders` name. Needs the npm registry. */
export async function fillNpmCache(cache: string, folders: readonly string[]): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (const folder of folders) {
    const work = await mkdtemp(join(tmpdir(), 'npm-cache-'));
    try {
      for (const name of ['package.json', 'package-lock.json']) await copyFile(join(folder, name), join(work, name));
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache];
      await execute('npm', ['ci', ...options], { cwd: work, maxBuffer: 1 << 26 });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  for (const name of ['_logs', '_update-notifier-last-checked']) {
    await rm(join(cache, name), { recursive: true, force: true });
  }
}
