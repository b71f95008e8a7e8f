import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { timeLimit } from '../../lib/cancel.js';
import { Cancelled } from '../../lib/errors.js';
import { run } from '../../lib/process.js';
import { withTemporaryFolder } from '../../lib/temporary-folder.js';
import type { ReadOptions, TargetFile } from '../target.js';

/** `kustomize build`, by whichever program is installed. */
export type Kustomize =
  | {
      status: 'found';
      command: string;
      /** Builds the Kustomization in `folder` of a tree of files (paths relative to its root). */
      build(tree: ReadonlyMap<string, TargetFile>, folder: string, options?: ReadOptions): Promise<KustomizeResult>;
    }
  /** Neither program is installed: only the names of images can be checked. */
  | { status: 'missing' };

export type KustomizeResult =
  /** `unrestricted`: it reads files outside of its own folder, which kustomize refuses by default. */
  | { status: 'built'; output: string; unrestricted: boolean }
  /** `output`: of the program, without the temporary folder. */
  | { status: 'failed'; output: string };

export interface KustomizeProbe {
  env: NodeJS.ProcessEnv;
  /** Parent of the folders that trees are written to, such as os.tmpdir(). */
  temp: string;
  signal?: AbortSignal;
  /** How long a build may take; remote bases are fetched within it. Default 60,000. */
  deadlineMs?: number;
}

/** kubectl contains kustomize as a library; both take the same folder and flags. */
const PROGRAMS = [
  { program: 'kustomize', test: ['version'], build: ['build'] },
  { program: 'kubectl', test: ['kustomize', '--help'], build: ['kustomize'] },
];

const UNRESTRICTED = ['--load-restrictor', 'LoadRestrictionsNone'];

/**
 * The environment of a build: enough to start, to find certificates and to fetch a public base. Tokens stay
 * out, because a Kustomization may name programs and servers.
 */
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|SSL_CERT_(?:FILE|DIR)|XDG_(?:CONFIG|CACHE|DATA)_HOME|(?:HTTPS?|ALL|NO)_PROXY)$/i;

/** Looks for `kustomize`, then for `kubectl`. Never throws for a program that is absent or does not start. */
export async function findKustomize(probe: KustomizeProbe): Promise<Kustomize> {
  const env = childEnvironment(probe.env);
  for (const { program, test, build } of PROGRAMS) {
    if (!(await starts(program, test, env, probe.signal))) continue;
    return {
      status: 'found',
      command: [program, ...build].join(' '),
      build: (tree, folder, options) => buildTree([program, ...build], tree, folder, { ...probe, env, ...options }),
    };
  }
  return { status: 'missing' };
}

async function starts(program: string, args: string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<boolean> {
  const code = await run(program, args, { env, signal }).then(
    (done) => done.code,
    () => undefined,
  );
  if (signal?.aborted) throw new Cancelled('looking for kustomize');
  return code === 0;
}

async function buildTree(
  command: readonly string[],
  tree: ReadonlyMap<string, TargetFile>,
  folder: string,
  options: KustomizeProbe,
): Promise<KustomizeResult> {
  const unsafe = [...tree.keys(), folder].find((path) => !isInside(path));
  if (unsafe !== undefined)
    return { status: 'failed', output: `the path ${JSON.stringify(unsafe)} leads out of the repository` };
  return withTemporaryFolder(options.temp, async (made): Promise<KustomizeResult> => {
    // kustomize resolves links itself, so its messages contain the real path.
    const scratch = await realpath(made);
    const root = join(scratch, 'tree');
    await writeTree(root, tree);
    const own = join(scratch, 'tmp');
    await mkdir(own);
    const env = { ...options.env, TMPDIR: own };
    const build = (flags: readonly string[]) =>
      runBuild([...command, `./${folder}`, ...flags], root, { ...options, env });
    const failed = ({ stderr }: { stderr: string }): KustomizeResult => {
      const output = stderr.replaceAll(`${root}/`, '').replaceAll(root, '.').replaceAll(`${scratch}/`, '');
      return { status: 'failed', output: output.trim() };
    };
    const strict = await build([]);
    if (strict.code === 0) return { status: 'built', output: strict.stdout, unrestricted: false };
    if (!strict.stderr.includes('is not in or below')) return failed(strict);
    const free = await build(UNRESTRICTED);
    return free.code === 0 ? { status: 'built', output: free.stdout, unrestricted: true } : failed(free);
  });
}

/**
 * Whether a path of a git tree stays inside of the folder that it is written to. git refuses the others at checkout
 * (verify_path in its read-cache.c), but a server stores any tree.
 */
function isInside(path: string): boolean {
  if (path === '.') return true;
  return path.split('/').every((part) => part !== '' && !UNSAFE_PART.test(part));
}

const UNSAFE_PART = /^(?:\.\.?|\.git)$|[\0\\]/i;

async function writeTree(root: string, tree: ReadonlyMap<string, TargetFile>): Promise<void> {
  await mkdir(root);
  const folders = new Set([...tree.keys()].map((path) => dirname(join(root, path))));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const entries = [...tree].map(([path, file]) => ({ path: join(root, path), ...file }));
  const isLink = ({ mode }: TargetFile) => mode === '120000';
  await Promise.all(entries.filter((file) => !isLink(file)).map(({ path, bytes }) => writeFile(path, bytes)));
  // After the files, so that none can be written through a link.
  await Promise.all(
    entries.filter(isLink).map(({ path, bytes }) => symlink(Buffer.from(bytes).toString('utf8'), path)),
  );
}

async function runBuild(
  [program = '', ...args]: readonly string[],
  cwd: string,
  { env, signal, deadlineMs = 60_000 }: KustomizeProbe,
): Promise<{ code: number; stdout: string; stderr: string }> {
  if (signal?.aborted) throw new Cancelled('building the Kustomization');
  const limit = timeLimit(deadlineMs, signal);
  // kustomize fetches remote bases by git, which has to end with it.
  const { code, stdout, stderr } = await run(program, args, { cwd, env, signal: limit, group: 'own' });
  if (signal?.aborted) throw new Cancelled('building the Kustomization');
  const late = limit.aborted && code !== 0 ? `It took longer than ${deadlineMs / 1000} seconds.\n` : '';
  return { code, stdout: stdout.toString('utf8'), stderr: late + stderr.toString('utf8') };
}

function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name))),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
  };
}
