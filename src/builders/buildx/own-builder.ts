import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Cancelled } from '../../lib/errors.js';
import { kubectlCacheOptions } from '../../lib/kubectl-options.js';
import { run, type ProcessOptions, type ProcessResult } from '../../lib/process.js';
import { csv } from './bake-definition.js';
import { bootBuilder, namespaceOf, notStarted, type BuilderPods } from './builder-boot.js';
import type { BuilderNodeOrder, NewBuilder } from './buildx-builder.js';
import { watchForLoss, type LossWatch } from './pod-loss.js';

export interface BuilderOrder {
  builder: NewBuilder;
  /** Paths of certificates are relative to it. */
  root: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** A sentence of progress. */
  say?: (line: string) => void;
  /** Takes secrets out of a text that is to be shown. */
  redact: (text: string) => string;
  /** Told before a builder is started what `removeBuilder` needs, so that a later process can do it after a kill. */
  onBuilder?: (mark: string) => void;
  /** To explain why pods do not start; undefined: only what buildx says is told. */
  pods?: BuilderPods;
  /** Runs docker as the build does. */
  docker(args: string[], options?: Partial<ProcessOptions>): Promise<ProcessResult>;
}

/** A builder that can be built with. */
export interface StartedBuilder {
  name: string;
  /** Begins to watch over one build, where the builder may be lost without a word. */
  watch?: () => LossWatch;
}

/** Makes a builder, has it used, and removes it whatever came of that; one with a name of its own is kept. */
export async function withOwnBuilder<T>(
  order: BuilderOrder,
  use: (builder: StartedBuilder) => Promise<T>,
): Promise<T> {
  const { keep } = order.builder;
  if (keep !== undefined) {
    const nodes = await findOrCreate(order, keep);
    await bootBuilder(order, keep, nodes);
    return use({ name: keep, watch: watchOf(order, nodes) });
  }
  await removeOrphans(order);
  const name = `image-release-${randomBytes(4).toString('hex')}`;
  const mark = markOf(order.builder, name);
  order.onBuilder?.(mark);
  try {
    const nodes = await createBuilder(order, name);
    await bootBuilder(order, name, nodes);
    return await use({ name, watch: watchOf(order, nodes) });
  } finally {
    await removeBuilder(mark, order.env);
  }
}

/** Those of killed runs take room on nodes; that they can't be removed is no reason not to build. */
async function removeOrphans({ builder, pods, say }: BuilderOrder): Promise<void> {
  if (builder.driver !== 'kubernetes') return;
  const removed = (await pods?.removeOrphans(namespaceOf(builder)).catch(() => [])) ?? [];
  if (removed.length > 0) say?.(`Removed what earlier runs had left in the cluster: ${removed.join(', ')}.`);
}

function watchOf({ builder, pods }: BuilderOrder, nodes: readonly string[]): StartedBuilder['watch'] {
  if (builder.driver !== 'kubernetes' || pods === undefined) return undefined;
  return () => watchForLoss(() => pods.list(nodes, namespaceOf(builder)), pods.loss);
}

/** @returns the names of its nodes */
async function findOrCreate(order: BuilderOrder, name: string): Promise<string[]> {
  const known = await inspect(order, name);
  if (known !== undefined) return known;
  try {
    return await createBuilder(order, name);
  } catch (error) {
    // Another run may have made it in the meantime.
    const made = await inspect(order, name);
    if (made === undefined) throw error;
    return made;
  }
}

async function inspect({ docker, builder, signal }: BuilderOrder, name: string) {
  const { code, stdout } = await docker(['buildx', 'inspect', name]);
  if (signal?.aborted) throw new Cancelled('looking for a builder');
  if (code !== 0) return undefined;
  const text = stdout.toString();
  const driver = /^Driver:\s+(\S+)/m.exec(text)?.[1];
  if (driver !== builder.driver) {
    throw notStarted(builder, {
      said: `there is a builder called ${name} already, of the driver ${driver}`,
      fix: `Choose another \`builder.name\`, or remove that one with \`docker buildx rm ${name}\`.`,
    });
  }
  const [, nodes = ''] = text.split(/^Nodes:$/m);
  return [...nodes.matchAll(/^Name:\s+(\S+)/gm)].map(([, node]) => node!);
}

/** Notes it with buildx; nothing runs yet. @returns the names of its nodes */
async function createBuilder(order: BuilderOrder, name: string): Promise<string[]> {
  const { builder, docker, signal, redact } = order;
  const names: string[] = [];
  const marks = await markOptions(order, name);
  for (const [index, node] of builder.nodes.entries()) {
    const nodeName = `${name}${index}`;
    const { code, stderr } = await docker([
      ...['buildx', 'create', '--name', name, '--driver', builder.driver, '--node', nodeName],
      ...(index > 0 ? ['--append'] : []),
      ...node.platforms.map((platform) => `--platform=${platform}`),
      ...[...optionsOf(order, node), ...marks].map((option) => `--driver-opt=${csv(option)}`),
      ...(node.endpoint === undefined ? [] : [node.endpoint]),
    ]);
    if (signal?.aborted) throw new Cancelled('making a builder');
    if (code !== 0) throw notStarted(builder, { said: redact(stderr.toString()) });
    names.push(nodeName);
  }
  return names;
}

function optionsOf({ builder, root }: BuilderOrder, { options }: BuilderNodeOrder): string[] {
  return builder.driver === 'remote' ? options.map((option) => withAbsolutePath(option, root)) : options;
}

/** For deployments and pods of a builder that is removed after the run. */
async function markOptions({ builder, pods }: BuilderOrder, name: string): Promise<string[]> {
  if (builder.driver !== 'kubernetes' || builder.keep !== undefined || pods === undefined) return [];
  const marks = Object.entries(await pods.marks(name));
  return marks.map(([option, pairs]) => {
    const list = Object.entries(pairs as Record<string, string>).map(([key, value]) => `${key}=${value}`);
    return `${option}=${list.join(',')}`;
  });
}

/** buildx wants the paths of certificates whole. */
function withAbsolutePath(option: string, root: string): string {
  const [, key, path] = /^(cacert|cert|key)=(.*)$/s.exec(option) ?? [];
  return path === undefined ? option : `${key}=${resolve(root, path)}`;
}

/** What a later process needs to remove it: `NAME`, or `kubernetes:NAMESPACE/NAME` (no namespace: the context's). */
function markOf(builder: NewBuilder, name: string): string {
  if (builder.driver !== 'kubernetes') return name;
  return `kubernetes:${namespaceOf(builder) ?? ''}/${name}`;
}

/**
 * Removes a builder that this program started, with its containers or pods and its state; a BuildKit that it was
 * connected to goes on. Does nothing when there is none, so it may be called again, and from a later process.
 * @param mark as `onBuilder` was told
 */
export async function removeBuilder(mark: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [, cluster, namespace, name = ''] = /^(?:(kubernetes):(.*)\/)?([^/]*)$/.exec(mark) ?? [];
  // Not the run's signal, which may be why it is removed; and a daemon that hangs must not hold up the end.
  const signal = AbortSignal.timeout(REMOVAL_MS);
  const { code } = await run('docker', ['buildx', 'rm', '--force', name], { env, signal });
  if (code === 0) return;
  // Unknown to buildx, as when it was killed before it had noted the builder: names are its own convention.
  if (cluster === undefined) {
    const container = `buildx_buildkit_${name}0`;
    await run('docker', ['rm', '--force', '--volumes', container], { env, signal });
    await run('docker', ['volume', 'rm', '--force', `${container}_state`], { env, signal });
    return;
  }
  const where = namespace ? ['--namespace', namespace] : [];
  // By name: a selector takes the right to list. buildx names what it makes after the nodes of the builder.
  const nodes = Array.from({ length: MOST_NODES }, (_, index) => `${name}${index}`);
  const objects = nodes.flatMap((node) => [`deployment/${node}`, `configmap/${node}-config`]);
  const options = ['--wait=false', '--ignore-not-found', ...where, ...kubectlCacheOptions(env)];
  await run('kubectl', ['delete', ...objects, ...options], { env, signal });
}

/** One for each architecture. */
const MOST_NODES = 8;
const REMOVAL_MS = 15_000;
