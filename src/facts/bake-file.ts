import { bakePrintSchema, readBakeImages, type BakeFile, type BakePrint } from '../config/bake-images.js';
import type { BakeSource, Config } from '../config/config.js';
import { checkImages } from '../config/check-config.js';
import { Cancelled, failure, messageOf, throwProblems, type Problem } from '../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import { ProgramMissing, type run as runProcess } from '../lib/process.js';
import { explainBakeError, warningsOf } from './bake-messages.js';

export interface BakeRequest {
  config: Config;
  /** Repository root; bake is run there. */
  root: string;
  /** Environment of docker; the variables of bake and compose files are taken from it. */
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  signal?: AbortSignal;
}

/**
 * Reads the bake or compose files that the configuration names, by `docker buildx bake --print`, which needs no
 * daemon. Without such a file the configuration comes back as it is.
 * @returns the configuration with all images, and warnings
 * @throws ReleaseError `config/bake-*`, `config/invalid`, `config/invalid`, `build/docker-missing`,
 *   `build/buildx-missing`
 * @throws Cancelled when the signal was aborted
 */
export async function loadBakeImages(request: BakeRequest): Promise<{ config: Config; problems: Problem[] }> {
  const { bake } = request.config;
  if (bake === undefined) return { config: request.config, problems: [] };
  const files = readFiles(bake, request);
  const { print, warnings, knows } = await printBake(bake, files, request);
  const { config, problems } = readBakeImages(request.config, print, files, request.root);
  throwProblems(problems);
  throwProblems(checkImages(config));
  return { config, problems: [...warnings, ...problems, ...(knows.network ? [] : unknownNetwork(files))] };
}

function readFiles({ files }: BakeSource, { root, config }: BakeRequest): BakeFile[] {
  const read = files.map((path): BakeFile | Problem => {
    try {
      return { path, text: readRepositoryFile(root, path).toString() };
    } catch (error) {
      const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = error instanceof RefusedFile ? `it ${error.message}` : messageOf(error);
      return {
        code: 'config/bake-invalid',
        severity: 'error',
        place: config.place('bake.file'),
        message: `The bake file ${path} ${absent ? 'does not exist' : `can't be read: ${reason}`}.`,
        fix: 'Correct its path: it is relative to the repository root.',
      };
    }
  });
  throwProblems(read.filter((file) => 'code' in file));
  return read.filter((file) => 'path' in file);
}

const CANARY = 'image-release-canary';
/**
 * A target of our own beside the others, by which is told what this buildx prints: whether it escapes what would be
 * a template, and whether it shows the network (0.13 does neither).
 */
const CANARY_FILE = JSON.stringify({
  target: {
    [CANARY]: {
      'dockerfile-inline': '$${x}',
      args: { x: '$${x}' },
      labels: { x: '$${x}' },
      annotations: ['x=$${x}'],
      network: 'none',
    },
  },
});

interface Printed {
  print: BakePrint;
  warnings: Problem[];
  knows: { network: boolean };
}

async function printBake(
  bake: BakeSource,
  files: readonly BakeFile[],
  request: BakeRequest,
): Promise<Printed> {
  const { root, env, run, signal, config } = request;
  const targets = bake.targets.length > 0 ? bake.targets : ['default'];
  const options = [...bake.files, '-'].flatMap((file) => ['-f', file]);
  const args = ['buildx', 'bake', '--print', '--progress=plain', ...options, ...targets, CANARY];
  const { code, stdout, stderr } = await run('docker', args, {
    cwd: root,
    env,
    signal,
    input: CANARY_FILE,
  }).catch((error: unknown) => {
    throw error instanceof ProgramMissing ? dockerMissing(config, error) : error;
  });
  if (signal?.aborted) throw new Cancelled('reading the bake file');
  const said = stderr.toString();
  if (code !== 0) throw explainBakeError(said, { files, targets, place: config.place('bake') });

  const parsed = bakePrintSchema.safeParse(parseJson(stdout.toString()));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw failure({
      code: 'config/bake-invalid',
      place: config.place('bake'),
      message: `What \`docker buildx bake --print\` prints is not understood: ${issue?.path.join('.')}: ${issue?.message}.`,
      fix: 'Write these images under `images`, and open an issue with the output of that command.',
    });
  }
  const { group, target } = parsed.data;
  const { [CANARY]: canary, ...others } = target;
  const escapes = canary?.args['x'] === '$${x}';
  return {
    print: {
      group: Object.fromEntries(
        Object.entries(group).map(([name, { targets: names }]) => [
          name,
          { targets: names.filter((other) => other !== CANARY) },
        ]),
      ),
      target: escapes
        ? Object.fromEntries(Object.entries(others).map(([name, item]) => [name, unescaped(item)]))
        : others,
    },
    warnings: warningsOf(said, config.place('bake')),
    knows: { network: canary?.['network'] === 'none' },
  };
}

/** Newer buildx writes `$${` for `${` in these fields, so that its output can be its input. */
function unescaped(target: BakePrint['target'][string]): BakePrint['target'][string] {
  const plain = (text: string) => text.replace(/([$%])\1(?=\{)/g, '$1');
  const values = (map: Record<string, string | null>) =>
    Object.fromEntries(
      Object.entries(map).map(([name, value]) => [name, value === null ? null : plain(value)]),
    );
  const { 'dockerfile-inline': inline, args, labels, annotations } = target;
  return {
    ...target,
    ...(inline !== undefined && { 'dockerfile-inline': plain(inline) }),
    args: values(args),
    labels: values(labels),
    annotations: annotations.map(plain),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unknownNetwork(files: readonly BakeFile[]): Problem[] {
  return files.flatMap(({ path, text }): Problem[] => {
    const line = text.split('\n').findIndex((candidate) => /^\s*["']?network["']?\s*[=:]/.test(candidate));
    if (line < 0) return [];
    return [
      {
        code: 'config/bake-warning',
        severity: 'warning',
        place: { file: path, line: line + 1 },
        message: `\`network\` in ${path} does not count: this buildx doesn't tell what it is set to.`,
        fix: 'Update buildx; 0.29 is known to tell it.',
      },
    ];
  });
}

function dockerMissing({ place }: Config, cause: unknown) {
  return failure(
    {
      code: 'build/docker-missing',
      place: place('bake'),
      message: 'The docker command is not on PATH, and it is needed to read a bake or compose file.',
      fix: 'Install docker with the buildx plugin (no daemon is needed for this), or write the images under `images`.',
    },
    { cause },
  );
}
