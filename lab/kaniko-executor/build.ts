import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readProgress, splitLines, type SolveStatus } from '../../src/build/buildx/progress-stream.js';
import { DOCKERFILE, KANIKO, type BuildSource } from './context.js';
import { ExecutorError, buildError } from './failure.js';
import type { Flags } from './flags.js';
import type { Log } from './log.js';
import { type Registry, repositoryOf } from './registry.js';

const WORK = join(KANIKO, '.lab');
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
  const env = { ...process.env, BUILDX_CONFIG: join(WORK, 'buildx'), HOME: WORK };
  const metadata = join(WORK, 'metadata.json');
  await mkdir(WORK, { recursive: true });
  const endpoint = await findBuildkit();
  await buildx(['create', '--name', 'lab', '--driver', 'remote', endpoint], env, () => {});
  const cache = flags.text('cache-repo') ?? `${repositoryOf(flags.list('destination')[0] ?? 'none')}/cache`;
  const cacheFilled = flags.on('cache') && (await registry.has(`${cache}:${CACHE_TAG}`));
  const text: string[] = [];
  const steps = followSteps(log);
  const progress = readProgress(steps, (line) => text.push(line));
  const args = [
    ...['build', '--builder', 'lab', '--progress=rawjson', '--provenance=false', '--sbom=false'],
    ...['--metadata-file', metadata, '--output', output(flags)],
    ...(source.ownDockerfile
      ? ['--file', source.context.type === 'git' ? '-' : DOCKERFILE]
      : ['--file', source.dockerfile]),
    ...each(flags, 'build-arg', (value) =>
      value.includes('=') ? value : `${value}=${process.env[value] ?? ''}`,
    ),
    ...each(flags, 'label'),
    ...each(flags, 'annotation'),
    ...each(flags, 'secret', secretOption),
    ...flags
      .list('target')
      .slice(0, 1)
      .flatMap((target) => ['--target', target]),
    ...(flags.text('custom-platform') === undefined ? [] : ['--platform', flags.text('custom-platform')!]),
    ...cacheOptions(flags, cache, cacheFilled),
    source.context.type === 'git' ? source.context.url : source.context.path,
  ];
  if (source.context.type === 'git' && source.context.header !== undefined) {
    args.push('--secret', 'id=GIT_AUTH_HEADER,env=LAB_GIT_AUTH_HEADER');
    Object.assign(env, { LAB_GIT_AUTH_HEADER: source.context.header });
  }
  const input = source.ownDockerfile ? await readFile(DOCKERFILE) : undefined;
  const code = await buildx(args, env, progress.push, source.context.type === 'git' ? input : undefined);
  progress.end();
  if (code !== 0) throw buildError(text, flags);
  const written = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>;
  const digest = written['containerimage.digest'];
  if (digest === undefined) throw new ExecutorError('error building image: BuildKit names no digest', 1);
  return digest;
}

/** One manifest, no index; without a format the media types are Docker's, whatever the base image has. */
function output(flags: Flags): string {
  const repositories = [...new Set(flags.list('destination').map(repositoryOf))].join(',');
  const types = `oci-mediatypes=${flags.text('image-format') === 'oci'}`;
  if (flags.on('no-push')) return `type=image,push=false,${types}`;
  return `type=image,"name=${repositories}",push=true,push-by-digest=true,${types}`;
}

function each(flags: Flags, name: string, option = (value: string) => value): string[] {
  return flags.list(name).flatMap((value) => [`--${name}`, option(value)]);
}

/** buildx has no `type=file` with `src=`, only `type=file` alone. */
function secretOption(value: string): string {
  return value.replace(/(^|,)source=/, '$1src=');
}

/** Without a filled cache nothing may come from BuildKit's own: a first build has no cached steps. */
function cacheOptions(flags: Flags, cache: string, filled: boolean): string[] {
  if (!flags.on('cache')) return ['--no-cache'];
  const place = `type=registry,ref=${cache}:${CACHE_TAG}`;
  const to = flags.on('no-push-cache') ? [] : ['--cache-to', `${place},mode=max,ignore-error=true`];
  return filled ? ['--cache-from', place, ...to] : ['--no-cache', ...to];
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
  env: NodeJS.ProcessEnv,
  onProgress: (chunk: Buffer) => void,
  input?: Buffer,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(BUILDX, args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
    child.stderr.on('data', onProgress);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Tells of BuildKit's steps in Kaniko's words; what they print goes where they print it. */
function followSteps(log: Log): (status: SolveStatus) => void {
  const told = new Set<string>();
  const streams = new Map<string, ReturnType<typeof splitLines>>();
  return ({ vertexes = [], logs = [] }) => {
    for (const { digest, name, started, completed, cached } of vertexes) {
      const metadata = /^\[internal\] load metadata for (\S+)/.exec(name);
      const step = /^\[(?:[^\]]*\s)?\d+\/\d+\] ([^]*)$/.exec(name);
      if (started === undefined || told.has(digest)) continue;
      told.add(digest);
      if (metadata) log('info', `Retrieving image manifest ${metadata[1]}`);
      else if (step) tellStep(step[1]!, cached === true && completed !== undefined, log);
    }
    for (const { vertex, data, stream } of logs as { vertex: string; data: string; stream?: number }[]) {
      const target = stream === 2 ? process.stderr : process.stdout;
      const id = `${vertex} ${stream}`;
      if (!streams.has(id))
        streams.set(
          id,
          splitLines((line) => void target.write(`${line}\n`)),
        );
      streams.get(id)!.push(Buffer.from(data, 'base64'));
    }
  };
}

function tellStep(step: string, cached: boolean, log: Log): void {
  const base = /^FROM (\S+)/.exec(step);
  const command = /^RUN (?:--\S+ )*([^]*)$/.exec(step);
  if (base)
    return log('info', `Building stage '${base[1]!.replace(/@sha256:.*/, '')}' [idx: '0', base-idx: '-1']`);
  if (cached) log('info', `Using caching version of cmd: ${step}`);
  log('info', step);
  if (cached) return log('info', 'Found cached layer, extracting to filesystem');
  if (!command) return;
  log('info', 'Cmd: /bin/sh');
  log('info', `Args: [-c ${command[1]}]`);
  log('info', `Running: [/bin/sh -c ${command[1]}]`);
}
