import { randomBytes } from 'node:crypto';
import { Cancelled, failure } from '../../lib/errors.js';
import { run, type ProcessOptions, type ProcessResult } from '../../lib/process.js';
import type { NewBuilder } from './buildx-builder.js';

export interface BuilderOrder {
  builder: NewBuilder;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Takes secrets out of a text that is to be shown. */
  redact: (text: string) => string;
  /** Told before a builder is started, so that a later process can remove it after a kill. */
  onBuilder?: (name: string) => void;
  /** Runs docker as the build does. */
  docker(args: string[], options?: Partial<ProcessOptions>): Promise<ProcessResult>;
}

/** Makes a builder, has it used, and removes it whatever came of that. */
export async function withOwnBuilder<T>(order: BuilderOrder, use: (name: string) => Promise<T>): Promise<T> {
  const name = `image-release-${randomBytes(4).toString('hex')}`;
  order.onBuilder?.(name);
  try {
    await startBuilder(order, name);
    return await use(name);
  } finally {
    await removeBuilder(name, order.env);
  }
}

async function startBuilder({ builder, docker, signal, redact }: BuilderOrder, name: string): Promise<void> {
  const [node] = builder.nodes;
  const options = node.options.map((option) => `--driver-opt=${option}`);
  const args = ['buildx', 'create', '--bootstrap', '--name', name, '--driver', builder.driver, ...options];
  const { code, stderr } = await docker(args);
  if (signal?.aborted) throw new Cancelled('starting a builder');
  if (code === 0) return;
  const said = stderr.toString().trim().split('\n').at(-1) ?? '';
  throw failure({
    code: 'build/builder-not-started',
    message: redact(`A BuildKit builder could not be started: ${said.replace(/^ERROR: /, '')}.`),
    fix: `${builder.reason}, so one is needed. Let the machine pull its image (from a mirror: \`builder: {type: buildx, image: …}\`), or switch Docker to the containerd image store: \`"features": {"containerd-snapshotter": true}\` in daemon.json.`,
  });
}

/**
 * Removes a builder that this program started, with its container and state. Does nothing when there is none,
 * so it may be called again, and from a later process.
 */
export async function removeBuilder(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  // Not the run's signal, which may be why it is removed; and a daemon that hangs must not hold up the end.
  const signal = AbortSignal.timeout(REMOVAL_MS);
  const { code } = await run('docker', ['buildx', 'rm', '--force', name], { env, signal });
  if (code === 0) return;
  // Unknown to buildx, as when it was killed before it had noted the builder: names are its own convention.
  const container = `buildx_buildkit_${name}0`;
  await run('docker', ['rm', '--force', '--volumes', container], { env, signal });
  await run('docker', ['volume', 'rm', '--force', `${container}_state`], { env, signal });
}

const REMOVAL_MS = 15_000;
