import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { UsageError, type Flags } from './flags.js';
import type { Log } from './log.js';
import { unpackContext } from './untar.js';

/** Where the executor keeps what it works on. */
export const KANIKO = '/kaniko';
const BUILD_CONTEXT = join(KANIKO, 'buildcontext');
export const DOCKERFILE = join(KANIKO, 'Dockerfile');
/** Of the stand-in alone. */
export const WORK = join(KANIKO, '.lab');
const LAID_DOCKERFILE = join(WORK, 'Dockerfile');

export type BuildContext =
  | { type: 'folder'; path: string }
  /** BuildKit fetches it: the image of the executor has no git. */
  | { type: 'git'; url: string; login: string };

export interface BuildSource {
  context: BuildContext;
  dockerfile: { type: 'own' | 'in-git'; path: string };
}

/** Unpacks the context and finds the Dockerfile. @throws UsageError with Kaniko's text */
export async function resolveSource(flags: Flags, log: Log): Promise<BuildSource> {
  const context = await resolveContext(flags, log).catch((error: unknown) => {
    throw new UsageError(`error resolving source context: ${(error as Error).message}`);
  });
  const wanted = flags.text('dockerfile') ?? 'Dockerfile';
  const places = [resolve(wanted), ...(context.type === 'folder' ? [join(context.path, wanted)] : [])];
  for (const place of places) {
    if (!(await isThere(place))) continue;
    await takeDockerfile(place);
    await layDockerfile(context);
    return { context, dockerfile: { type: 'own', path: LAID_DOCKERFILE } };
  }
  if (context.type === 'git') {
    // BuildKit looks for it below the sub-path.
    const folder = join(BUILD_CONTEXT, flags.text('context-sub-path') ?? '');
    const path = isAbsolute(wanted) ? relative(folder, wanted) : wanted;
    return { context, dockerfile: { type: 'in-git', path } };
  }
  throw new UsageError(
    'error resolving dockerfile path: ' +
      'please provide a valid path to a Dockerfile within the build context with --dockerfile',
  );
}

async function resolveContext(flags: Flags, log: Log): Promise<BuildContext> {
  const given = flags.text('context') ?? '/workspace/';
  const below = flags.text('context-sub-path') ?? '';
  if (given.startsWith('/')) return { type: 'folder', path: given };
  if (given.startsWith('git://')) return gitContext(given.slice('git://'.length), below);
  await mkdir(BUILD_CONTEXT, { recursive: true });
  log('info', "To simulate EOF and exit, press 'Ctrl+D'");
  await unpackContext(process.stdin, BUILD_CONTEXT);
  const path = join(BUILD_CONTEXT, below);
  if (!(await isThere(path))) throw new Error(`stat ${path}: no such file or directory`);
  return { type: 'folder', path };
}

/** `host/owner/name.git#branch#commit`: BuildKit knows one of the two, and the commit is the exact one. */
async function gitContext(text: string, below: string): Promise<BuildContext> {
  if (await isThere(BUILD_CONTEXT)) throw new Error('repository already exists');
  await mkdir(BUILD_CONTEXT);
  const [address = '', branch = '', commit = branch] = text.split('#');
  const method = process.env.GIT_PULL_METHOD ?? 'https';
  const url = `${method}://${address}#${commit}${below === '' ? '' : `:${below}`}`;
  const { GIT_TOKEN = '' } = process.env;
  return { type: 'git', url, login: GIT_TOKEN && `basic ${Buffer.from(`${GIT_TOKEN}:`).toString('base64')}` };
}

/** As Kaniko keeps both, also from one build to the next. */
async function takeDockerfile(from: string): Promise<void> {
  await copyFile(from, DOCKERFILE);
  const beside = `${from}.dockerignore`;
  if (await isThere(beside)) await copyFile(beside, `${DOCKERFILE}.dockerignore`);
}

/**
 * Lays the Dockerfile for BuildKit. The ignore file that was taken with it counts, even an empty one; then that of the
 * context. BuildKit would go on to the latter where the former is empty, so it gets a comment.
 */
async function layDockerfile(context: BuildContext): Promise<void> {
  await mkdir(WORK, { recursive: true });
  await copyFile(DOCKERFILE, LAID_DOCKERFILE);
  const places = [`${DOCKERFILE}.dockerignore`];
  if (context.type === 'folder') places.push(join(context.path, '.dockerignore'));
  const ignoreFile = `${LAID_DOCKERFILE}.dockerignore`;
  for (const place of places) {
    if (!(await isThere(place))) continue;
    await copyFile(place, ignoreFile);
    return writeFile(ignoreFile, '\n# as it was sent\n', { flag: 'a' });
  }
  await writeFile(ignoreFile, '# nothing is ignored\n');
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
