import { resolve } from 'node:path';
import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Manifest } from '../../kubernetes/pod.js';
import { failure } from '../../lib/errors.js';
import { LARGEST_SECRET, readRegularFile } from '../../lib/regular-file.js';
import { DEFAULT_SCANNER, type Plan, type PlannedImage } from '../../plan/plan.js';
import { foreignCode } from '../../plan/plan-deploys.js';
import { authKey } from '../docker-config.js';
import { cacheRepositoryOf, hostsOf } from './arguments.js';
import { SECRETS_FOLDER } from './pod-manifest.js';
import type { KanikoPorts, RegistryCredentials } from './ports.js';
import type { Target } from './targets.js';

export interface SecretContent {
  type: string;
  data: Record<string, Buffer | string>;
}

/** The logins of pods: a secret that the user keeps, or a new one. */
export type PodLogin = { type: 'named'; secret: string } | { type: 'created'; content: SecretContent };

/** Registries whose logins pods need; `named`: the user keeps a secret with them. */
export type NeededLogins = { type: 'named'; secret: string } | { type: 'created'; hosts: string[] };

/**
 * Every `RUN` of a build can read the logins of its pod. So a build that pushes nothing gets only those for its base
 * images, and the build of foreign code none. A named secret is for pushing.
 */
export function neededLogins(
  { source, publish, images }: Plan,
  { registrySecret: named, cacheRepository }: KanikoSettings,
  prepared: readonly { target: Pick<Target, 'repository'>; reads: readonly string[] }[],
): NeededLogins {
  const read = prepared.flatMap(({ reads }) => reads);
  if (publish.mode === 'build-only') {
    // With a named secret the run may lack the right to create one.
    const none = foreignCode(source) !== undefined || named !== undefined;
    return { type: 'created', hosts: none ? [] : hostsOf(read) };
  }
  if (named !== undefined) return { type: 'named', secret: named };
  const written = prepared.flatMap(({ target: { repository } }) => [
    repository,
    cacheRepositoryOf(repository, cacheRepository),
  ]);
  const scanners = images.flatMap(({ attest }) =>
    attest.sbom === 'off' ? [] : [attest.sbom.scanner ?? DEFAULT_SCANNER],
  );
  return { type: 'created', hosts: hostsOf([...written, ...read, ...scanners]) };
}

/**
 * The logins of this machine as a docker configuration; undefined: it has none. The user's own file would not do: it
 * lacks what credential helpers know.
 */
export async function readLogins(
  needed: NeededLogins,
  findLogin: KanikoPorts['findLogin'],
): Promise<PodLogin | undefined> {
  if (needed.type === 'named') return needed;
  const logins = await Promise.all(needed.hosts.map(async (host) => [host, await findLogin(host)] as const));
  const auths = Object.fromEntries(
    logins.flatMap(([host, login]) => (login === undefined ? [] : [[authKey(host), entryOf(login)]])),
  );
  if (Object.keys(auths).length === 0) return undefined;
  const data = { '.dockerconfigjson': JSON.stringify({ auths }) };
  return { type: 'created', content: { type: 'kubernetes.io/dockerconfigjson', data } };
}

function entryOf(login: RegistryCredentials): object {
  if ('identityToken' in login) return { identitytoken: login.identityToken.reveal() };
  const { username, password } = login;
  return { auth: Buffer.from(`${username}:${password.reveal()}`).toString('base64') };
}

export interface BuildSecrets {
  content: SecretContent;
  files: { id: string; path: string }[];
}

/**
 * The build secrets of an image that have a value. A step can do without the others, or fails.
 * @throws ReleaseError `build/secret-missing` for an unreadable file
 */
export function buildSecrets(
  { key, secrets }: Pick<PlannedImage, 'key' | 'secrets'>,
  { root, env }: { root: string; env: NodeJS.ProcessEnv },
): BuildSecrets | undefined {
  const data: Record<string, Buffer | string> = {};
  const files: BuildSecrets['files'] = [];
  for (const [index, secret] of secrets.entries()) {
    const value = 'env' in secret ? env[secret.env] : readSecret(key, resolve(root, secret.file));
    if (value === undefined) continue;
    // An id may contain characters that a key of a secret can't.
    const name = `secret-${index}`;
    data[name] = value;
    files.push({ id: secret.id, path: `${SECRETS_FOLDER}/${name}` });
  }
  return files.length === 0 ? undefined : { content: { type: 'Opaque', data }, files };
}

function readSecret(key: string, file: string): Buffer {
  try {
    return readRegularFile(file, LARGEST_SECRET);
  } catch (cause) {
    const message = `Image ${key}: the file of a build secret can't be read: ${file}.`;
    const fix = 'Write the file in an earlier step, or correct `secrets`.';
    throw failure({ code: 'build/secret-missing', image: key, message, fix }, { cause });
  }
}

/** Its data is never part of a command line. */
export function secretManifest(name: string, { type, data }: SecretContent, namespace?: string): Manifest {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    type,
    immutable: true,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
  return secret;
}
