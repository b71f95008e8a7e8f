import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Cancelled } from '../../lib/errors.js';
import { kubectlCacheOptions } from '../../lib/kubectl-options.js';
import { run } from '../../lib/process.js';
import { csv } from './bake-definition.js';
import { watchPods, type BuildWatch } from './build-watch.js';
import { bootBuilder, namespaceOf, notStarted, type BuilderRequest } from './builder-boot.js';
import type { BuilderNode } from './buildx-builder.js';
import { pairs } from './drivers.js';

export interface StartedBuilder {
  name: string;
  /** Watches one build; undefined: buildx notices itself when the builder is lost. */
  watch?: () => BuildWatch;
}

/** Creates a builder, uses it, and removes it in any case; one with a configured name is kept. */
export async function withOwnBuilder<T>(
  request: BuilderRequest,
  use: (builder: StartedBuilder) => Promise<T>,
): Promise<T> {
  const { builder, pods, env, say } = request;
  const start = async (name: string, nodes: readonly string[]) => {
    await bootBuilder(request, name, nodes);
    if (builder.driver !== 'kubernetes' || pods === undefined) return use({ name });
    const list = () => pods.list(nodes, namespaceOf(builder));
    return use({ name, watch: () => watchPods(list, pods.loss) });
  };
  if (builder.keep !== undefined) return start(builder.keep, await findOrCreate(request, builder.keep));
  if (builder.driver === 'kubernetes') {
    // Builders of killed runs use resources of nodes; a failure to remove them is no reason not to build.
    const removed = (await pods?.removeOrphans(namespaceOf(builder)).catch(() => [])) ?? [];
    if (removed.length > 0) say(`Removed what earlier runs had left in the cluster: ${removed.join(', ')}.`);
  }
  const name = `image-release-${randomBytes(4).toString('hex')}`;
  const id = builder.driver === 'kubernetes' ? `kubernetes:${namespaceOf(builder) ?? ''}/${name}` : name;
  request.onBuilder?.(id);
  try {
    return await start(name, await createBuilder(request, name));
  } finally {
    await removeBuilder(id, env);
  }
}

/** @returns the names of its nodes */
async function findOrCreate(request: BuilderRequest, name: string): Promise<string[]> {
  const known = await inspect(request, name);
  if (known !== undefined) return known;
  try {
    return await createBuilder(request, name);
  } catch (error) {
    // Another run may have created it in the meantime.
    const created = await inspect(request, name);
    if (created === undefined) throw error;
    return created;
  }
}

async function inspect({ docker, builder, signal }: BuilderRequest, name: string) {
  const { code, stdout } = await docker(['buildx', 'inspect', name]);
  if (signal.aborted) throw new Cancelled('looking for a builder');
  if (code !== 0) return undefined;
  const text = stdout.toString();
  const driver = /^Driver:\s+(\S+)/m.exec(text)?.[1];
  if (driver !== builder.driver) {
    throw notStarted(
      builder,
      `a builder ${name} with the driver ${driver} exists already`,
      `Choose another \`builder.name\`, or remove that one with \`docker buildx rm ${name}\`.`,
    );
  }
  const [, nodes = ''] = text.split(/^Nodes:$/m);
  return [...nodes.matchAll(/^Name:\s+(\S+)/gm)].map(([, node]) => node!);
}

/** Registers it with buildx; nothing runs yet. @returns the names of its nodes */
async function createBuilder(request: BuilderRequest, name: string): Promise<string[]> {
  const { builder, docker, signal, redact } = request;
  const names: string[] = [];
  const marks = await markOptions(request, name);
  for (const [index, node] of builder.nodes.entries()) {
    const nodeName = `${name}${index}`;
    const { code, stderr } = await docker([
      ...['buildx', 'create', '--name', name, '--driver', builder.driver, '--node', nodeName],
      ...(index > 0 ? ['--append'] : []),
      ...node.platforms.map((platform) => `--platform=${platform}`),
      ...[...optionsOf(request, node), ...marks].map((option) => `--driver-opt=${csv(option)}`),
      ...(node.endpoint === undefined ? [] : [node.endpoint]),
    ]);
    if (signal.aborted) throw new Cancelled('creating a builder');
    if (code !== 0) throw notStarted(builder, redact(stderr.toString()));
    names.push(nodeName);
  }
  return names;
}

/** buildx needs absolute paths of certificates. */
function optionsOf({ builder, root }: BuilderRequest, { options }: BuilderNode): string[] {
  if (builder.driver !== 'remote') return options;
  const absolute = (_: string, key: string, path: string) => `${key}=${resolve(root, path)}`;
  return options.map((option) => option.replace(/^(cacert|cert|key)=(.*)$/s, absolute));
}

/** Labels for deployments and pods of a builder that is removed after the run. */
async function markOptions({ builder, pods }: BuilderRequest, name: string): Promise<string[]> {
  if (builder.driver !== 'kubernetes' || builder.keep !== undefined || pods === undefined) return [];
  const marks = Object.entries(await pods.marks(name));
  return marks.map(([option, values]) => `${option}=${pairs(values)}`);
}

/**
 * Removes a builder that this program started, with its containers or pods and its state. Does nothing if there is none,
 * so it may be called again, and from a later process.
 * @param id as `onBuilder` got it: `NAME`, or `kubernetes:NAMESPACE/NAME` (no namespace: the context's)
 */
export async function removeBuilder(id: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [, cluster, namespace, name = ''] = /^(?:(kubernetes):(.*)\/)?([^/]*)$/.exec(id) ?? [];
  // Not the run's signal, which may be why it is removed; and a daemon that hangs must not delay the end.
  const signal = AbortSignal.timeout(REMOVAL_MS);
  const { code } = await run('docker', ['buildx', 'rm', '--force', name], { env, signal });
  if (code === 0) return;
  // buildx doesn't know it if it was killed before it had registered the builder: names follow its convention.
  if (cluster === undefined) {
    const container = `buildx_buildkit_${name}0`;
    await run('docker', ['rm', '--force', '--volumes', container], { env, signal });
    await run('docker', ['volume', 'rm', '--force', `${container}_state`], { env, signal });
    return;
  }
  // By name: a selector requires the right to list.
  const nodes = Array.from({ length: MOST_NODES }, (_, index) => `${name}${index}`);
  const objects = nodes.flatMap((node) => [`deployment/${node}`, `configmap/${node}-config`]);
  const options = ['--wait=false', '--ignore-not-found', ...(namespace ? ['--namespace', namespace] : [])];
  await run('kubectl', ['delete', ...objects, ...options, ...kubectlCacheOptions(env)], { env, signal });
}

/** One for each architecture. */
const MOST_NODES = 8;
const REMOVAL_MS = 15_000;
