import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, messageOf } from '../lib/errors.js';
import { parseJson } from '../lib/json.js';
import type { ProcessResult } from '../lib/process.js';
import { Secret } from '../lib/secret.js';
import { DOCKER_HUB } from '../plan/references.js';

export type Credentials = { username: string; password: Secret } | { identityToken: Secret };

/** Host as written in image names → the login to use; undefined: anonymous. */
export type CredentialLookup = (host: string) => Promise<Credentials | undefined>;

/** The parts of docker's `config.json` that hold logins. */
export interface DockerConfig {
  auths?: Record<string, DockerAuth | undefined>;
  /** Host → suffix of the `docker-credential-…` program. */
  credHelpers?: Record<string, string | undefined>;
  credsStore?: string;
}

interface DockerAuth {
  /** Base64 of `username:password`. */
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
}

export interface CredentialSources {
  /** Given by the user for one registry: they win over everything else. */
  explicit: { host: string; username: string; password: Secret }[];
  config?: DockerConfig;
  /** Runs `docker-credential-<suffix> get` with `input` on stdin. */
  runHelper: (program: string, args: string[], input: string) => Promise<ProcessResult>;
}

/**
 * Finds the login for a registry as docker does: explicit ones, then the helper for the host, then the
 * credentials store, then the entry in the file.
 * @throws ReleaseError `registry/unauthorized` when a helper fails
 */
export function createCredentialLookup(sources: CredentialSources): CredentialLookup {
  const { config = {}, explicit } = sources;
  return async (host) => {
    const given = explicit.find((entry) => serverKey(entry.host) === serverKey(host));
    if (given !== undefined) return { username: given.username, password: given.password };
    const helper = find(config.credHelpers, host) ?? config.credsStore;
    const fromHelper = helper ? await askHelper(helper, host, sources.runHelper) : undefined;
    return fromHelper ?? fromFile(find(config.auths, host));
  };
}

/**
 * Reads `config.json` in docker's configuration folder; undefined where there is none.
 * @throws ReleaseError `registry/unauthorized` when it can't be read as JSON
 */
export async function readDockerConfig(folder: string): Promise<DockerConfig | undefined> {
  const path = join(folder, 'config.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as DockerConfig;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // A JSON parser's message quotes the text, which holds passwords.
    const why = error instanceof SyntaxError ? 'it is not valid JSON' : messageOf(error);
    const message = `Docker's configuration ${path} can't be read: ${why}.`;
    const fix = 'Repair or remove the file, then log in again with `docker login`.';
    throw failure({ code: 'registry/unauthorized', message, fix });
  }
}

async function askHelper(suffix: string, host: string, runHelper: CredentialSources['runHelper']) {
  const program = `docker-credential-${suffix}`;
  const failed = (why: string) =>
    failure({
      code: 'registry/unauthorized',
      message: `${program}, which Docker's configuration names for ${host}, failed: ${why}.`,
      fix: `Make \`${program} get\` work, or give registry-username and registry-password.`,
    });
  const result = await runHelper(program, ['get'], serverKey(host)).catch((error: unknown) => {
    throw failed(messageOf(error));
  });
  const text = result.stdout.toString().trim();
  if (result.code !== 0) {
    if (/credentials not found/i.test(`${text} ${result.stderr.toString()}`)) return undefined;
    throw failed(text.split('\n')[0] || `exit code ${result.code}`);
  }
  const { Username, Secret: secret } = (parseJson(text) ?? {}) as { Username?: unknown; Secret?: unknown };
  if (typeof Username !== 'string' || typeof secret !== 'string') throw failed('it printed no credentials');
  // The helper protocol's mark for "this is an identity token, not a password".
  if (Username === '<token>') return { identityToken: new Secret(secret) };
  return { username: Username, password: new Secret(secret) };
}

function fromFile(entry: DockerAuth | undefined): Credentials | undefined {
  if (entry?.identitytoken) return { identityToken: new Secret(entry.identitytoken) };
  if (entry?.username && entry.password) {
    return { username: entry.username, password: new Secret(entry.password) };
  }
  const decoded = Buffer.from(entry?.auth ?? '', 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 1) return undefined;
  return {
    username: decoded.slice(0, colon),
    // Docker pads some passwords with NUL bytes and strips them when it reads.
    password: new Secret(decoded.slice(colon + 1).replace(/\0+$/, '')),
  };
}

/** The key under which docker files a registry; Docker Hub's is a URL for historical reasons. */
function serverKey(host: string): string {
  return DOCKER_HUB.includes(host) ? 'https://index.docker.io/v1/' : host;
}

/** Old clients wrote keys with a scheme and a path: `https://ghcr.io/v2/`. */
function find<T>(table: Record<string, T | undefined> | undefined, host: string): T | undefined {
  const exact = table?.[serverKey(host)];
  if (exact !== undefined) return exact;
  const hostOf = (key: string) => key.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  const same = (key: string) => (DOCKER_HUB.includes(host) ? DOCKER_HUB.includes(hostOf(key)) : hostOf(key) === host);
  return Object.entries(table ?? {}).find(([key]) => same(key))?.[1];
}
