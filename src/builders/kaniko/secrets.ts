import { resolve } from 'node:path';
import type { KanikoSettings } from '../../config/builder-settings.js';
import { failure } from '../../lib/errors.js';
import { LARGEST_SECRET, readRegularFile } from '../../lib/regular-file.js';
import { DEFAULT_SCANNER, type Plan, type PlannedImage } from '../../plan/plan.js';
import { foreignCode } from '../../plan/plan-deploys.js';
import { parseReference } from '../../plan/references.js';
import { cacheRepositoryOf } from './arguments.js';
import { SECRETS_FOLDER } from './pod-manifest.js';
import { labelValue } from './pod-names.js';
import type { KanikoPorts, RegistryCredentials } from './ports.js';
import type { Target } from './targets.js';

/** An object to be made in the cluster for the run. Its data never stands in a command line. */
export interface SecretManifest {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  type: string;
  immutable: true;
  /** Base64. */
  data: Record<string, string>;
}

/** What a secret is made of, for each pod anew. */
export interface SecretContent {
  type: string;
  data: Record<string, Buffer | string>;
}

/**
 * A docker configuration with the logins that this machine has for the registries; undefined: it has none. A laptop's
 * own file would not do: what its credential helpers know is not in it.
 */
export async function registrySecret(
  hosts: readonly string[],
  findLogin: KanikoPorts['findLogin'],
): Promise<SecretContent | undefined> {
  const logins = await Promise.all(hosts.map(async (host) => [host, await findLogin(host)] as const));
  const auths = Object.fromEntries(
    logins.flatMap(([host, login]) => (login === undefined ? [] : [[serverKey(host), entryOf(login)]])),
  );
  if (Object.keys(auths).length === 0) return undefined;
  return {
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': JSON.stringify({ auths }) },
  };
}

/** `named`: the secret that the user keeps for it; `made`: one with the logins of this machine for these hosts. */
export type PodLogins = { type: 'named'; secret: string } | { type: 'made'; hosts: string[] };

/** As pods get it. */
export type PodLogin = Extract<PodLogins, { type: 'named' }> | { type: 'made'; content: SecretContent };

/**
 * Which logins pods get. Every `RUN` of the build can read them, so a build that pushes nothing gets those alone that
 * its base images need, and the build of foreign code none. A named secret is for pushing.
 */
export function podLogins(
  { source, publish, images }: Plan,
  { registrySecret: named, cacheRepository }: KanikoSettings,
  prepared: readonly { target: Pick<Target, 'repository'>; reads: readonly string[] }[],
): PodLogins {
  const read = prepared.flatMap(({ reads }) => reads);
  if (publish.mode === 'build-only') {
    // With a named secret the user need not grant the right to make one.
    const none = foreignCode(source) !== undefined || named !== undefined;
    return { type: 'made', hosts: none ? [] : hostsOf(read) };
  }
  if (named !== undefined) return { type: 'named', secret: named };
  const written = prepared.flatMap(({ target: { repository } }) => [
    repository,
    cacheRepositoryOf(repository, cacheRepository),
  ]);
  const scanners = images.flatMap(({ attest }) =>
    attest.sbom === 'off' ? [] : [attest.sbom.scanner ?? DEFAULT_SCANNER],
  );
  return { type: 'made', hosts: hostsOf([...written, ...read, ...scanners]) };
}

/** Hosts that docker would ask for these images. */
export function hostsOf(references: readonly string[]): string[] {
  return [...new Set(references.flatMap((reference) => parseReference(reference)?.host ?? []))];
}

/** Docker Hub's is a URL for historical reasons. */
function serverKey(host: string): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
}

function entryOf(login: RegistryCredentials): object {
  if ('identityToken' in login) return { identitytoken: login.identityToken.reveal() };
  const { username, password } = login;
  return { auth: Buffer.from(`${username}:${password.reveal()}`).toString('base64') };
}

export interface BuildSecrets {
  content: SecretContent;
  /** For the executor. */
  files: { id: string; path: string }[];
}

/**
 * The build secrets of an image that have a value here. What has none is left to the step that asks for it: it may be
 * able to do without.
 * @throws ReleaseError `build/secret-missing` for a file that can't be read
 */
export async function buildSecrets(
  { key, secrets }: Pick<PlannedImage, 'key' | 'secrets'>,
  { root, env }: { root: string; env: NodeJS.ProcessEnv },
): Promise<BuildSecrets | undefined> {
  const data: Record<string, Buffer | string> = {};
  const files: BuildSecrets['files'] = [];
  for (const [index, secret] of secrets.entries()) {
    const value = 'env' in secret ? env[secret.env] : readSecret(key, resolve(root, secret.file));
    if (value === undefined) continue;
    // Ids may hold what names of files in a secret can't.
    const name = `secret-${index}`;
    data[name] = value;
    files.push({ id: secret.id, path: `${SECRETS_FOLDER}/${name}` });
  }
  if (files.length === 0) return undefined;
  return { content: { type: 'Opaque', data }, files };
}

function readSecret(key: string, file: string): Buffer {
  try {
    return readRegularFile(file, LARGEST_SECRET);
  } catch (cause) {
    const options = { cause };
    throw failure(
      {
        code: 'build/secret-missing',
        image: key,
        message: `Image ${key}: the file of a build secret can't be read: ${file}.`,
        fix: 'Write the file in an earlier step, or correct `secrets`.',
      },
      options,
    );
  }
}

export function secretManifest(
  name: string,
  { type, data }: SecretContent,
  { run, namespace }: { run: string; namespace?: string },
): SecretManifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: {
        'app.kubernetes.io/managed-by': 'image-release',
        'image-release.dev/run': labelValue(run),
      },
    },
    type,
    immutable: true,
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
