import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readProgress } from '../../src/builders/buildx/progress-stream.js';
import { writeRemoteBuilder } from '../remote-builder.js';
import { type BuildSource, KANIKO, WORK } from './context.js';
import { ExecutorError, buildError } from './failure.js';
import type { Flags } from './flags.js';
import type { Log } from './log.js';
import { type Registry, repositoryOf } from './registry.js';
import { followSteps } from './steps.js';

const BUILDX = join(KANIKO, 'docker-buildx');
const CACHE_TAG = '5b1f'.repeat(16);

/**
 * Builds for real, by BuildKit, and pushes the manifest by its digest where it is to be pushed.
 * @returns its digest
 * @throws ExecutorError with Kaniko's text and exit code
 */
export async function build(
  order: { flags: Flags; source: BuildSource; registry: Registry },
  log: Log,
): Promise<string> {
  const { flags, source, registry } = order;
  const { context, dockerfile } = source;
  const login = context.type === 'git' ? context.login : '';
  const env = {
    ...process.env,
    ...{ BUILDX_CONFIG: join(WORK, 'buildx'), HOME: WORK, TMPDIR: WORK, LAB_GIT_LOGIN: login },
  };
  await writeRemoteBuilder(env.BUILDX_CONFIG, 'lab', await findBuildkit());
  const text = dockerfile.type === 'own' ? await readFile(dockerfile.path, 'utf8') : undefined;
  const [target] = flags.list('target');
  const told: string[] = [];
  const cache = flags.on('cache') && !flags.on('no-push-cache') ? { cache: cacheRepository(flags) } : {};
  const steps = followSteps(
    { ...(text !== undefined && { text }), ...(target !== undefined && { target }), ...cache },
    log,
  );
  const progress = readProgress(steps, (line) => told.push(line));
  const metadata = join(WORK, 'metadata.json');
  const args = [
    ...['build', '--builder', 'lab', '--progress=rawjson', '--provenance=false', '--sbom=false'],
    ...['--metadata-file', metadata, '--output', output(flags)],
    ...options(flags),
    ...(await cacheOptions(flags, registry)),
    ...(login === '' ? [] : ['--secret', 'id=GIT_AUTH_HEADER,env=LAB_GIT_LOGIN']),
    // Next to a context in git buildx takes a Dockerfile only from its standard input.
    ...['--file', dockerfile.type === 'own' && context.type === 'git' ? '-' : dockerfile.path],
    context.type === 'git' ? context.url : context.path,
  ];
  const code = await buildx(args, {
    env,
    onProgress: progress.push,
    ...(text !== undefined && { input: text }),
  });
  progress.end();
  if (code !== 0) throw buildError(told, flags);
  const { 'containerimage.digest': digest } = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>;
  if (digest === undefined) throw new ExecutorError('error building image: BuildKit names no digest', 1);
  return digest;
}

function options(flags: Flags): string[] {
  const each = (name: string, option = (value: string) => value) =>
    flags.list(name).flatMap((value) => [`--${name}`, option(value)]);
  const fromEnvironment = (value: string) => (value.includes('=') ? value : `${value}=${process.env[value] ?? ''}`);
  const platform = flags.text('custom-platform');
  return [
    ...each('build-arg', fromEnvironment),
    ...each('label'),
    ...each('annotation'),
    ...each('secret'),
    ...flags
      .list('target')
      .slice(0, 1)
      .flatMap((target) => ['--target', target]),
    ...(platform === undefined ? [] : ['--platform', platform]),
  ];
}

/** One manifest, no index; without a format the media types are Docker's, whatever the base image has. */
function output(flags: Flags): string {
  const repositories = [...new Set(flags.list('destination').map(repositoryOf))].join(',');
  const types = `oci-mediatypes=${flags.text('image-format') === 'oci'}`;
  if (flags.on('no-push')) return `type=image,push=false,${types}`;
  return `type=image,"name=${repositories}",push=true,push-by-digest=true,${types}`;
}

/** Where the cache has nothing yet, nothing may come from BuildKit's own: a first build has no cached steps. */
async function cacheOptions(flags: Flags, registry: Registry): Promise<string[]> {
  if (!flags.on('cache')) return ['--no-cache'];
  const reference = `${cacheRepository(flags)}:${CACHE_TAG}`;
  const place = `type=registry,ref=${reference}`;
  const from = (await registry.has(reference)) ? ['--cache-from', place] : ['--no-cache'];
  const to = flags.on('no-push-cache') ? [] : ['--cache-to', `${place},mode=max,ignore-error=true`];
  return [...from, ...to];
}

function cacheRepository(flags: Flags): string {
  const [destination = ''] = flags.list('destination');
  return flags.text('cache-repo') ?? `${repositoryOf(destination)}/cache`;
}

async function findBuildkit(): Promise<string> {
  const port = Number(process.env.LAB_BUILDKIT_PORT);
  for (const host of ['127.0.0.1', process.env.LAB_BUILDKIT_GATEWAY ?? '']) {
    if (host !== '' && (await answers(host, port))) return `tcp://${host}:${port}`;
  }
  throw new ExecutorError(`error building image: the lab has no BuildKit at port ${port}`, 1);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false));
  });
}

function buildx(
  args: readonly string[],
  run: { env: NodeJS.ProcessEnv; onProgress?: (chunk: Buffer) => void; input?: string },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(BUILDX, args, { env: run.env, stdio: ['pipe', 'ignore', 'pipe'] });
    child.stderr.on('data', run.onProgress ?? (() => {}));
    child.stdin.on('error', () => {});
    child.stdin.end(run.input);
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
