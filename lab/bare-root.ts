import { cp, mkdir, readFile, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../src/lib/process.js';
import { ensureDebianPackages } from './packages.js';
import { findProgram } from './root-filesystem.js';
import { SERVICE_PATH } from './service.js';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What programs of a root need of this machine to reach the package registries. */
const SETTINGS = [
  '/etc/apt/apt.conf.d',
  '/etc/ssl',
  '/usr/local/share/ca-certificates',
  '/etc/resolv.conf',
  '/etc/hosts',
];

/**
 * Makes the root file system of a Debian that has node, npm and git, and nothing that the tests have installed.
 * @param dir made here; on a disk, not on overlayfs, so that a Docker daemon can run in it
 * @throws Error with the end of debootstrap's output
 */
export async function makeBareRoot(dir: string): Promise<void> {
  await ensureDebianPackages(['debootstrap']);
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  if (release === undefined) throw new Error('A bare root can be made on Debian only.');
  await command('debootstrap', ['--variant=minbase', '--include=git,ca-certificates', release, dir, await mirror()]);
  await rm(join(dir, 'etc/apt/sources.list'), { force: true });
  await cp('/etc/apt/sources.list.d/debian.sources', join(dir, 'etc/apt/sources.list.d/debian.sources'));
  // Debian's own npm brings three hundred packages.
  await cp(process.execPath, join(dir, 'usr/bin/node'));
  const npm = dirname(dirname(await realpath(await findProgram('npm'))));
  await cp(npm, join(dir, 'usr/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(dir, 'usr/bin', name));
  }
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  for (const path of [...SETTINGS, ...(await npmSettings()), ...(authorities ? [authorities] : [])]) {
    if (!existsSync(path)) continue;
    await mkdir(dirname(join(dir, path)), { recursive: true });
    // Into the folder that debootstrap has made, links as they are.
    await command('cp', ['--archive', '--no-target-directory', path, join(dir, path)]);
  }
}

/** The mirror of the machine's own sources. */
async function mirror(): Promise<string> {
  for (const name of await readdir('/etc/apt/sources.list.d')) {
    const text = await readFile(join('/etc/apt/sources.list.d', name), 'utf8');
    const uri = /^URIs:\s*(\S+)/m.exec(text)?.[1];
    if (uri !== undefined && !uri.includes('security')) return uri;
  }
  throw new Error('No mirror of Debian is named in /etc/apt/sources.list.d.');
}

async function npmSettings(): Promise<string[]> {
  const files = ['userconfig', 'globalconfig'].map(async (key) =>
    (await command('npm', ['config', 'get', key])).trim(),
  );
  return Promise.all(files);
}

/** Copies a root, so that what is installed in the copy is gone with it. */
export async function copyRoot(from: string, to: string): Promise<void> {
  await command('cp', ['--archive', '--reflink=auto', from, to]);
}

/**
 * Runs a command in a root, in mount namespaces of its own, with nothing of this process's environment but what
 * reaches the package registries. Its output is this process's.
 * @returns the exit code
 */
export async function runInRoot(
  root: string,
  cwd: string,
  words: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  for (const folder of ['.outside', 'var/tmp']) await mkdir(join(root, folder), { recursive: true });
  const variables = { HOME: '/root', LANG: 'C.UTF-8', PATH, ...env };
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  const assignments = Object.entries({ ...variables, ...(ca && { NODE_EXTRA_CA_CERTS: ca }) }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const child = spawn('unshare', ['--mount', 'sh', '-euc', ENTER, 'sh', root, cwd, ...assignments, ...words], {
    env: { PATH: SERVICE_PATH },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Not chroot alone: runc can't enter containers from a root that isn't the namespace's own. */
const ENTER = `
  root=$1 cwd=$2; shift 2
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mount --bind "$root/var/tmp" "$root/var/tmp"
  cd "$root"
  pivot_root . .outside
  exec chroot . /usr/bin/env -i sh -euc '
    cwd=$1; shift
    umount -l /.outside
    cd "$cwd"
    exec /usr/bin/env -i "$@"
  ' sh "$cwd" "$@"
`;

async function command(program: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, { env: { ...process.env, PATH: SERVICE_PATH } });
  if (code === 0) return stdout.toString();
  const output = Buffer.concat([stdout, stderr]).toString().trimEnd().split('\n').slice(-10).join('\n');
  throw new Error(`${program} ${args.join(' ')} failed (exit code ${code}):\n${output}`);
}
