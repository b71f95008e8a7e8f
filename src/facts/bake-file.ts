import { bakePrintSchema, readBakeImages, type BakeFile, type BakePrint } from '../config/bake-images.js';
import type { Config } from '../config/config.js';
import { checkImages } from '../config/check-config.js';
import {
  Cancelled,
  failure,
  messageOf,
  problem,
  throwProblems,
  warning,
  type Place,
  type Problem,
  type ReleaseError,
} from '../lib/errors.js';
import { parseJson } from '../lib/json.js';
import { ProgramMissing } from '../lib/process.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import { didYouMean } from '../lib/suggestion.js';
import type { Probe } from './probe.js';

export interface BakeRequest extends Probe {
  config: Config;
  root: string;
}

/**
 * Reads the bake or compose files that the configuration names, by `docker buildx bake --print`, which needs no
 * daemon. Without such a file the configuration is returned unchanged.
 * @returns the configuration with all images, and warnings
 * @throws ReleaseError `config/bake-*`, `config/invalid`, `build/docker-missing`,
 *   `build/buildx-missing`
 * @throws Cancelled when the signal was aborted
 */
export async function loadBakeImages(request: BakeRequest): Promise<{ config: Config; problems: Problem[] }> {
  const { bake } = request.config;
  if (bake === undefined) return { config: request.config, problems: [] };
  const files = readFiles(bake.files, request);
  const targets = bake.targets.length > 0 ? bake.targets : ['default'];
  const { print, warnings } = await printBake(files, targets, request);
  const { config, problems } = readBakeImages(request.config, print, files, request.root);
  throwProblems(problems);
  throwProblems(checkImages(config));
  return { config, problems: [...warnings, ...problems] };
}

function readFiles(paths: readonly string[], { root, config }: BakeRequest): BakeFile[] {
  const read = paths.map((path): BakeFile | Problem => {
    try {
      return { path, text: readRepositoryFile(root, path).toString() };
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = error instanceof RefusedFile ? `it ${error.message}` : messageOf(error);
      return problem({
        code: 'config/bake-invalid',
        place: config.place('bake.file'),
        message: `The bake file ${path} ${isMissing ? 'does not exist' : `can't be read: ${reason}`}.`,
      });
    }
  });
  throwProblems(read.filter((file) => 'code' in file));
  return read.filter((file) => 'path' in file);
}

const PROBE = 'image-release-probe';
/** A target next to the others: older buildx (0.13) neither escapes its argument nor prints its network. */
const PROBE_FILE = JSON.stringify({
  target: { [PROBE]: { 'dockerfile-inline': 'FROM scratch', args: { x: '$${x}' }, network: 'none' } },
});

async function printBake(
  files: readonly BakeFile[],
  targets: readonly string[],
  { root, env, run, signal, config }: BakeRequest,
): Promise<{ print: BakePrint; warnings: Problem[] }> {
  const place = config.place('bake');
  const options = [...files.map(({ path }) => path), '-'].flatMap((file) => ['-f', file]);
  const args = ['buildx', 'bake', '--print', '--progress=plain', ...options, ...targets, PROBE];
  const result = await run('docker', args, { cwd: root, env, signal, input: PROBE_FILE }).catch((cause: unknown) => {
    if (!(cause instanceof ProgramMissing)) throw cause;
    const message = 'The docker command is not on PATH, and it is needed to read a bake or compose file.';
    const fix =
      'Install docker with the buildx plugin (no daemon is needed for this), or write the images under `images`.';
    throw failure({ code: 'build/docker-missing', place, message, fix }, { cause });
  });
  if (signal?.aborted) throw new Cancelled('reading the bake file');
  const stderr = result.stderr.toString();
  if (result.code !== 0) throw bakeFailure(stderr, files, place);
  const parsed = bakePrintSchema.safeParse(parseJson(result.stdout));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw failure({
      code: 'config/bake-invalid',
      place,
      message: `The output of \`docker buildx bake --print\` is not understood: ${issue?.path.join('.')}: ${issue?.message}.`,
      fix: 'Write these images under `images`, and open an issue with the output of that command.',
    });
  }
  return {
    print: withoutProbe(parsed.data),
    warnings: [...warningsOf(stderr, place), ...lostNetworks(parsed.data, files)],
  };
}

function withoutProbe({ group, target }: BakePrint): BakePrint {
  const { [PROBE]: probe, ...others } = target;
  const isEscaped = probe?.args['x'] === '$${x}';
  const result: BakePrint = { group: {}, target: {} };
  for (const [name, { targets }] of Object.entries(group))
    result.group[name] = { targets: targets.filter((other) => other !== PROBE) };
  for (const [name, item] of Object.entries(others)) result.target[name] = isEscaped ? unescaped(item) : item;
  return result;
}

/** `network: none` must not be lost without a word. */
function lostNetworks({ target }: BakePrint, files: readonly BakeFile[]): Problem[] {
  if (target[PROBE]?.['network'] === 'none') return [];
  return files.flatMap(({ path, text }) => {
    const index = text.split('\n').findIndex((line) => /^\s*["']?network["']?\s*[=:]/.test(line));
    if (index < 0) return [];
    return warning({
      code: 'config/bake-warning',
      place: { file: path, line: index + 1 },
      message: `\`network\` in ${path} is ignored, because this version of buildx doesn't print its value.`,
      fix: 'Update buildx to 0.29 or newer.',
    });
  });
}

/** Newer buildx writes `$${` for `${` in these fields, so that its output can be its input. */
function unescaped(target: BakePrint['target'][string]): BakePrint['target'][string] {
  const plain = (text: string) => text.replace(/([$%])\1(?=\{)/g, '$1');
  const values = (map: Record<string, string | null>) =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [name, value === null ? null : plain(value)]));
  const { 'dockerfile-inline': inline, args, labels, annotations } = target;
  return {
    ...target,
    ...(inline !== undefined && { 'dockerfile-inline': plain(inline) }),
    args: values(args),
    labels: values(labels),
    annotations: annotations.map(plain),
  };
}

/** How buildx places an error in a file: `docker-bake.hcl:9,33-10,1: Invalid …`. */
const PLACED = /^(?:failed to [^:]*: )?(.+?):(\d+),(\d+)-[\d,]+: (.*)$/s;

function bakeFailure(stderr: string, files: readonly BakeFile[], configPlace: Place): ReleaseError {
  const lines = stderr.split(/\r?\n/).filter((line) => !/^#\d+ /.test(line) && !line.startsWith('WARNING: '));
  const start = lines.findIndex((line) => line.startsWith('ERROR: '));
  const error = lines
    .slice(Math.max(start, 0))
    .join('\n')
    .replace(/^ERROR: /, '')
    .trim();
  if (/is not a docker command|unknown (?:shorthand )?flag|unknown command/.test(error))
    return failure({
      code: 'build/buildx-missing',
      place: configPlace,
      message: `Docker has no buildx that reads bake files: ${error.split('\n')[0]}`,
    });
  const [, file, line, column, reason] = PLACED.exec(error) ?? [];
  const [only, ...others] = files;
  const excerpt = lines.slice(0, Math.max(start, 0)).join('\n').trim();
  const place = files.some(({ path }) => path === file)
    ? { file: file!, line: Number(line), column: Number(column) }
    : error.includes('find target') || others.length > 0 || only === undefined
      ? configPlace
      : { file: only.path };
  const names = file ?? files.map(({ path }) => path).join(' and ');
  const fix = fixOf(error, files);
  return failure({
    code: 'config/bake-invalid',
    place,
    message: `docker buildx bake can't read ${names}: ${((reason ?? error) || 'it gave no reason').replace(/\.$/, '')}.`,
    ...(fix !== undefined && { fix }),
    ...(excerpt !== '' && { detail: excerpt }),
  });
}

/** A better fix than the catalogue's for errors that many people will meet. */
function fixOf(error: string, files: readonly BakeFile[]): string | undefined {
  const [, target] = /^failed to find target (.*)$/.exec(error) ?? [];
  const [, variable] = /required variable (\w+) is missing a value/.exec(error) ?? [];
  if (target === 'default')
    return 'Name targets (`bake: { file: …, targets: [api] }`), or give the file a group `default`.';
  if (target !== undefined)
    return didYouMean(target, files.flatMap(namesIn)) ?? 'Name a target or group of the file in `bake.targets`.';
  return variable === undefined ? undefined : `Set ${variable} in \`env\` of the step, or of this command.`;
}

/** Targets and groups of HCL files, services of compose files, and other keys, which harm no suggestion. */
function namesIn({ text }: BakeFile): string[] {
  return [...text.matchAll(/^\s*(?:target|group)\s+"([^"]+)"|^\s+["']?([\w.-]+)["']?\s*:/gm)].map(
    ([, block, key]) => block ?? key ?? '',
  );
}

function warningsOf(stderr: string, place: Place): Problem[] {
  const found = [...stderr.matchAll(/^WARNING: (.*)$|^time=\S+ level=warning msg="(.*)"$/gm)].map(([, plain, logged]) =>
    (plain ?? logged ?? '').replaceAll('\\"', '"').trim(),
  );
  return [...new Set(found)].map((text) =>
    warning({
      code: 'config/bake-warning',
      place,
      message: `docker buildx bake: ${text}`,
      ...(!/variable is not set/.test(text) && { fix: 'Nothing has to be done if this is intended.' }),
    }),
  );
}
