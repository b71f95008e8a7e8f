import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Dockerfile, UnreadableDockerfile } from '../../dockerfile/dockerfile.js';
import { parseDockerfile } from '../../dockerfile/parse.js';
import { failure, throwProblems, type Problem } from '../../lib/errors.js';
import { readRepositoryFile, LARGEST_SECRET, readRegularFile } from '../../lib/regular-file.js';
import { DEFAULT_SCANNER, type Plan, type PlannedImage } from '../../plan/plan.js';
import type { BuildRequest } from '../built.js';
import { surveyContext, type ContextRequest } from '../context/context.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import type { KanikoPorts, RegistryCredentials } from './build.js';
import { basesIn, contextReferences, podPlatforms, targetsOf, type Target } from './targets.js';
import { copiedPaths, kanikoUnsupported, linkProblem, unpushedBase } from './unsupported.js';
import type { Manifest } from '../../kubernetes/pod.js';
import { foreignCode } from '../../plan/plan-deploys.js';
import { authKey } from '../docker-config.js';
import { cacheRepositoryOf, hostsOf } from './arguments.js';
import { SECRETS_FOLDER } from './pod-manifest.js';

/** A target with everything that is read before the first pod is created. */
export interface PreparedTarget {
  target: Target;
  text: string;
  bytes: Buffer;
  dockerfile: Dockerfile;
  /** References of the images that it reads; those that this run builds are without digest. */
  reads: string[];
  context: Omit<ContextRequest, 'dockerfile' | 'signal'>;
  secrets?: BuildSecrets;
}

/** @throws ReleaseError with the problems of all targets, before anything is built */
export async function prepareTargets(
  order: BuildRequest,
  settings: KanikoSettings,
  ports: KanikoPorts,
): Promise<PreparedTarget[]> {
  const { plan, root, signal } = order;
  throwProblems(await checkKaniko(plan, root, settings));
  const targets = targetsOf(plan.images);
  const prepared = await Promise.all(targets.map((target) => prepareTarget(target, targets, order, ports)));
  await Promise.all(prepared.map(({ context }) => surveyContext({ ...context, signal })));
  return prepared;
}

/** Why Kaniko can't build the plan. Unreadable Dockerfiles are reported by others. */
export async function checkKaniko(plan: Plan, root: string, settings: KanikoSettings): Promise<Problem[]> {
  const targets = targetsOf(plan.images);
  const problems = await Promise.all(
    targets.map(async (target) => {
      const bytes = await readDockerfile(root, target).catch(() => undefined);
      const text = bytes?.toString();
      const [base] = basesIn(target, targets);
      const unpushed = plan.publish.mode === 'build-only' && base !== undefined;
      return [
        ...kanikoUnsupported(target, text, settings),
        ...(await copiedLinks(root, target, text)),
        ...(unpushed ? [unpushedBase(target, base)] : []),
      ];
    }),
  );
  return problems.flat();
}

async function copiedLinks(root: string, target: Target, text: string | undefined): Promise<Problem[]> {
  const problems = await Promise.all(
    copiedPaths(target, text).map(async (copied) => {
      const path = join(root, target.context, copied.path).replace(/\/+$/, '');
      const stats = await lstat(path).catch(() => undefined);
      return stats?.isSymbolicLink() ? [linkProblem(target, copied)] : [];
    }),
  );
  return problems.flat();
}

async function prepareTarget(
  target: Target,
  targets: readonly Target[],
  { plan, root, env }: BuildRequest,
  ports: KanikoPorts,
): Promise<PreparedTarget> {
  const { key } = target;
  const bytes = await readDockerfile(root, target).catch((cause: unknown) => {
    const message = `Image ${key}: the Dockerfile ${target.dockerfile} can't be read.`;
    throw failure({ code: 'build/dockerfile-invalid', image: key, message }, { cause });
  });
  const text = bytes.toString();
  const dockerfile = accepted(target, parseDockerfile(text));
  const contexts = contextReferences(
    target,
    plan.images,
    (base) => targets.find((other) => other.key === base)?.repository,
  );
  const reads = podPlatforms(target).flatMap(
    (platform) =>
      accepted(target, rewriteDockerfile({ text, dockerfile, args: target.args, platform, contexts })).reads,
  );
  const ignore = ports.readIgnoreRules(target.context, target);
  if (ignore.status === 'unknown')
    throw failure({
      code: 'kaniko/unsupported',
      image: key,
      message: `Image ${key}: the ignored files of its context are unknown: ${ignore.reason}.`,
      fix: 'Write the pattern in a plainer way, or build with BuildKit.',
    });
  const secrets = buildSecrets(target, { root, env });
  const folder = join(root, target.context);
  return {
    ...{ target, text, bytes, dockerfile },
    reads: [...new Set(reads)],
    context: { image: key, name: target.context, folder, rules: ignore.rules },
    ...(secrets && { secrets }),
  };
}

async function readDockerfile(root: string, target: Target): Promise<Buffer> {
  return target.dockerfileInline === undefined
    ? readRepositoryFile(root, target.dockerfile)
    : Buffer.from(target.dockerfileInline);
}

/** @throws ReleaseError `build/dockerfile-invalid` if BuildKit would refuse the Dockerfile */
export function accepted<Read extends object>(
  { key, dockerfile, dockerfileInline }: Target,
  read: Read | UnreadableDockerfile,
): Read {
  if (!('unreadable' in read)) return read;
  const { unreadable, line } = read;
  throw failure({
    code: 'build/dockerfile-invalid',
    image: key,
    message: `Image ${key}: the Dockerfile can't be built: ${unreadable}.`,
    ...(line !== undefined && dockerfileInline === undefined && { place: { file: dockerfile, line } }),
  });
}

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
