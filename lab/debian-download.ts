import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProgramMissing, run } from '../src/lib/process.js';

export interface UnpackedPackages {
  /** Folder that holds `usr/bin/…` and so on; shared with other runs, never to be written to. */
  root: string;
  /** File names of the packages, with versions. */
  files: string[];
}

/** The packages can't be had: no Debian, no network, or the release doesn't carry them. */
export class PackagesUnavailable extends Error {
  override readonly name = 'PackagesUnavailable';
}

const DAY_MS = 24 * 60 * 60 * 1000;
const ASK_AGAIN_MS = 7 * DAY_MS;
const NOTE = 'packages.json';

/**
 * Unpacks packages of another Debian release than the machine's own. Mirror and key are those of the machine's
 * apt sources; what is installed and apt's own lists are neither used nor touched, and dependencies don't
 * come along. What was unpacked is kept in the user's cache folder by version, and is used for a week before
 * the mirror is asked again; after that, also when the mirror doesn't answer.
 * @param order.name begins the name of the folder in the cache
 * @param order.release such as `testing`
 * @throws PackagesUnavailable
 */
export async function unpackDebianPackages(order: {
  name: string;
  release: string;
  packages: readonly string[];
  env?: NodeJS.ProcessEnv;
}): Promise<UnpackedPackages> {
  const env = order.env ?? process.env;
  const cache = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'image-release-lab');
  // A further package in the order is another order.
  const prefix = `${order.name}-${digest([order.release, ...order.packages]).slice(0, 8)}-`;
  await mkdir(cache, { recursive: true });
  const [kept] = await keptFolders(cache, prefix);
  if (kept !== undefined && kept.asked > Date.now() - ASK_AGAIN_MS) return use(kept.folder);
  const draft = await mkdtemp(join(cache, '.draft-'));
  try {
    const folder = await fetchPackages({ ...order, env, draft, at: join(cache, prefix) });
    await removeUnused(cache, prefix);
    return await use(folder);
  } catch (error) {
    if (error instanceof PackagesUnavailable && kept !== undefined) return await use(kept.folder);
    throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @returns the folder `<at><digest of the packages>`, made unless it is there already */
async function fetchPackages(order: {
  release: string;
  packages: readonly string[];
  env: NodeJS.ProcessEnv;
  draft: string;
  at: string;
}): Promise<string> {
  const { draft, env, packages } = order;
  const apt = (args: string[], cwd = draft) => program('apt-get', args, { cwd, env });
  const options = await apartFromTheMachine(draft, await releaseSource(order.release, apt));
  await apt([...options, 'update', '-q']);
  const listed = await apt([...options, 'download', '--print-uris', ...packages]);
  const folder = order.at + digest(listed.split('\n').map((line) => line.replace(/^'[^']*' /, '')));
  const note = join(folder, NOTE);
  if (await modified(note)) {
    await utimes(note, new Date(), new Date());
    return folder;
  }
  process.stderr.write(`Downloading ${packages.join(', ')} of Debian ${order.release} …\n`);
  const made = join(draft, 'made');
  const archives = join(draft, 'archives');
  for (const path of [archives, join(made, 'root')]) await mkdir(path, { recursive: true });
  await apt([...options, 'download', '-q', ...packages], archives);
  const files = (await readdir(archives)).sort();
  for (const file of files) {
    await program('dpkg', ['-x', join(archives, file), join(made, 'root')], { cwd: draft, env });
  }
  await writeFile(join(made, NOTE), JSON.stringify(files, null, 2));
  // Whole or not at all; another run may have made the same in the meantime.
  await rename(made, folder).catch(async (error: unknown) => {
    if (!(await modified(note))) throw error;
  });
  return folder;
}

/** A deb822 stanza for the release, at the mirror that the machine's own release comes from. */
async function releaseSource(release: string, apt: (args: string[]) => Promise<string>): Promise<string> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SIGNED_BY)';
  const lines = (await apt(['indextargets', '--format', format, 'Created-By: Packages'])).split('\n');
  const own = lines
    .map((line) => line.split(' '))
    // Not updates or security (`trixie-updates`), which have no counterpart; not folders without a release.
    .find(([, name = '', component]) => /^\w+$/.test(name) && component === 'main');
  if (own === undefined) throw new PackagesUnavailable('the machine has no apt source with a Debian release');
  const [uri, , component, ...key] = own;
  const signedBy = key.join(' ').startsWith('/') ? [`Signed-By: ${key.join(' ')}`] : [];
  return ['Types: deb', `URIs: ${uri}`, `Suites: ${release}`, `Components: ${component}`, ...signedBy, ''].join('\n');
}

/** Options by which apt-get works in `draft` alone. */
async function apartFromTheMachine(draft: string, source: string): Promise<string[]> {
  const file = join(draft, 'release.sources');
  await writeFile(file, source);
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(join(draft, folder), { recursive: true });
  }
  const settings = {
    'Dir::Etc::sourcelist': file,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': join(draft, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(draft, 'cache'),
    'APT::Default-Release': '',
    // apt's own user can't enter a home folder.
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

async function program(
  name: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const env = { ...options.env, LC_ALL: 'C.UTF-8' };
  const result = await run(name, args, { cwd: options.cwd, env }).catch((error: unknown) => {
    if (error instanceof ProgramMissing) throw new PackagesUnavailable(`this is no Debian: ${error.message}`);
    throw error;
  });
  if (result.code === 0) return result.stdout.toString().trim();
  const said = result.stderr.toString().trim().split('\n');
  throw new PackagesUnavailable(said.find((line) => line.startsWith('E: ')) ?? said.at(-1) ?? `${name} failed`);
}

/** What earlier runs have unpacked, the one last asked for first. `asked`: milliseconds since 1970. */
async function keptFolders(cache: string, prefix: string): Promise<{ folder: string; asked: number }[]> {
  const names = (await readdir(cache)).filter((name) => name.startsWith(prefix));
  const found = await Promise.all(
    names.map(async (name) => ({
      folder: join(cache, name),
      asked: await modified(join(cache, name, NOTE)),
    })),
  );
  return found
    .flatMap(({ folder, asked }) => (asked === undefined ? [] : [{ folder, asked }]))
    .sort((a, b) => b.asked - a.asked);
}

async function use(folder: string): Promise<UnpackedPackages> {
  const files = JSON.parse(await readFile(join(folder, NOTE), 'utf8')) as string[];
  // Says to other runs that somebody works with it.
  await writeFile(join(folder, 'used'), '');
  return { root: join(folder, 'root'), files };
}

/** Older versions, and drafts of runs that were killed; not what another run may be using now. */
async function removeUnused(cache: string, prefix: string): Promise<void> {
  const [, ...older] = await keptFolders(cache, prefix);
  const drafts = (await readdir(cache)).filter((name) => name.startsWith('.draft-'));
  const folders = [
    ...older.map(({ folder }) => ({ folder, sign: join(folder, 'used') })),
    ...drafts.map((name) => ({ folder: join(cache, name), sign: join(cache, name) })),
  ];
  for (const { folder, sign } of folders) {
    if (((await modified(sign)) ?? 0) < Date.now() - DAY_MS) await rm(folder, { recursive: true, force: true });
  }
}

async function modified(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}
