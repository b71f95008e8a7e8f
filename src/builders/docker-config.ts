import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { failure } from '../lib/errors.js';
import { parseJson } from '../lib/json.js';
import { run } from '../lib/process.js';
import type { Secret } from '../lib/secret.js';

export interface RegistryLogin {
  /** Registry host as in image names: `ghcr.io`, `127.0.0.1:5001`, `docker.io`. */
  host: string;
  username: string;
  password: Secret;
}

export interface DockerConfigRequest {
  logins: readonly RegistryLogin[];
  env: NodeJS.ProcessEnv;
  /** The user's home folder, with `.docker` unless `DOCKER_CONFIG` is set. */
  home: string;
  /** Folder for temporary files: `RUNNER_TEMP` or the system's. */
  temp: string;
  owner: {
    /** Of this process: letters, digits and dashes. */
    mark: string;
    /** Whether the process with this mark still runs; undefined: unknown. */
    isAlive(mark: string): Promise<boolean | undefined>;
  };
}

/**
 * Logs in to registries for this run alone: a private docker configuration with the user's other entries and these. The
 * user's own file is only read; plugins, contexts and builders remain available. Removes those of killed runs.
 * @returns `directory`: of mode 0700, for `removeDockerConfig` after a kill; `env`: for docker and what it starts
 * @throws ReleaseError `build/docker-config-unreadable`
 */
export async function createDockerConfig(request: DockerConfigRequest) {
  const { env, temp, owner } = request;
  await removeAbandoned(temp, owner.isAlive);
  const own = resolve(env['DOCKER_CONFIG'] || join(request.home, '.docker'));
  const config = await readConfig(join(own, 'config.json'));
  const stored = config.credsStore ? await listStored(config.credsStore, env) : [];
  const directory = await mkdtemp(join(temp, `${FOLDER}${owner.mark}-`));
  try {
    await linkEntries(own, directory);
    const text = JSON.stringify(withLogins(config, request.logins, stored), null, 2);
    await writeFile(join(directory, 'config.json'), text, { mode: 0o600 });
  } catch (error) {
    await removeDockerConfig(directory);
    throw error;
  }
  return {
    directory,
    env: { DOCKER_CONFIG: directory, BUILDX_CONFIG: env['BUILDX_CONFIG'] || join(own, 'buildx') },
    dispose: () => removeDockerConfig(directory),
  };
}

/** Also from a later process. Links in it are not followed. */
export async function removeDockerConfig(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

const FOLDER = 'image-release-docker-';
const ABANDONED = new RegExp(`^${FOLDER}(?:([\\w-]+)-)?\\w{6}$`);
/** Longer than any run takes. */
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** A killed command line has no post step. */
async function removeAbandoned(temp: string, isAlive: DockerConfigRequest['owner']['isAlive']): Promise<void> {
  for (const name of await readdir(temp).catch(() => [])) {
    const found = ABANDONED.exec(name);
    if (found === null) continue;
    const folder = join(temp, name);
    const stats = await lstat(folder).catch(() => undefined);
    if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) continue;
    const alive = found[1] === undefined ? undefined : await isAlive(found[1]);
    if (alive ?? Date.now() - stats.mtimeMs < WEEK_MS) continue;
    await removeDockerConfig(folder).catch(() => {});
  }
}

/** The parts of docker's config.json that matter here; the rest is copied. */
export interface DockerConfigFile {
  auths?: Record<string, object>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
  [other: string]: unknown;
}

/**
 * Adds logins. Docker prefers a `credsStore` to `auths`, so it becomes a helper per host for the hosts that it serves:
 * those in `auths` and those it lists.
 */
export function withLogins(
  config: DockerConfigFile,
  logins: readonly RegistryLogin[],
  storedHosts: readonly string[],
): DockerConfigFile {
  const { credsStore, ...rest } = config;
  const auths: Record<string, object> = { ...config.auths };
  const credHelpers: Record<string, string> = {};
  if (credsStore) for (const host of [...Object.keys(auths), ...storedHosts]) credHelpers[host] = credsStore;
  Object.assign(credHelpers, config.credHelpers);
  for (const { host, username, password } of logins) {
    for (const name of Object.keys({ ...auths, ...credHelpers })) {
      if (bareHost(name) !== bareHost(host)) continue;
      delete auths[name];
      delete credHelpers[name];
    }
    const auth = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
    auths[authKey(host)] = { auth };
  }
  return { ...rest, auths, credHelpers };
}

const DOCKER_HUB = 'https://index.docker.io/v1/';

/** Docker Hub's key is a URL for historical reasons. */
export function authKey(host: string): string {
  return bareHost(host) === 'docker.io' ? DOCKER_HUB : host;
}

/** `https://index.docker.io/v1/` and similar → `docker.io`; other keys lose scheme and path. */
function bareHost(name: string): string {
  const host = name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return /^(index\.|registry-1\.|registry\.)?docker\.io$/.test(host) ? 'docker.io' : host;
}

async function readConfig(file: string): Promise<DockerConfigFile> {
  const message = `Can't read Docker's configuration ${file} as JSON.`;
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw failure({ code: 'build/docker-config-unreadable', message }, { cause });
  });
  // The error of JSON.parse would quote the text, which may have credentials.
  const config = parseJson(text.trim() || '{}');
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as DockerConfigFile;
  throw failure({ code: 'build/docker-config-unreadable', message });
}

/** Hosts with logins in a credential store; a store that fails counts as empty. */
async function listStored(store: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  try {
    const { code, stdout } = await run(`docker-credential-${store}`, ['list'], {
      env,
      signal: AbortSignal.timeout(5000),
    });
    return code === 0 ? Object.keys(JSON.parse(stdout.toString()) as object) : [];
  } catch {
    return [];
  }
}

async function linkEntries(own: string, directory: string): Promise<void> {
  const entries = await readdir(own).catch(() => []);
  const linked = entries.filter((name) => name !== 'config.json' && name !== 'buildx');
  await Promise.all(linked.map((name) => symlink(join(own, name), join(directory, name))));
}
