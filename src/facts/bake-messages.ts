import type { BakeFile } from '../config/bake-images.js';
import { failure, type Place, type Problem, type ReleaseError } from '../lib/errors.js';
import { closest } from '../lib/suggestion.js';

interface BakeRun {
  files: readonly BakeFile[];
  targets: readonly string[];
  /** Where the configuration names the files. */
  place: Place;
}

/** How buildx places what it finds in a file: `docker-bake.hcl:9,33-10,1: Invalid …`. */
const PLACED = /^(?:failed to [^:]*: )?(.+?):(\d+),(\d+)-[\d,]+: (.*)$/s;

/** What to do about errors that many people will meet. */
const FIXES: readonly [pattern: RegExp, fix: (match: RegExpExecArray, run: BakeRun) => string][] = [
  [
    /^failed to find target default$/,
    () => 'Name what is released: `bake: { file: …, targets: [api] }`, or give the file a group `default`.',
  ],
  [
    /^failed to find target (.*)$/,
    ([, name = ''], { files }) => {
      const near = closest(name, files.flatMap(namesIn));
      return near === undefined
        ? 'Name a target or group of the file in `bake.targets`.'
        : `Did you mean \`${near}\`?`;
    },
  ],
  [
    /required variable (\w+) is missing a value/,
    ([, name]) =>
      `The file can’t be read without ${name}: write \`${name}=…\` before this command, and set it in \`env\` of the step that releases.`,
  ],
  [
    /^failed to stat (.*?):/,
    ([, path]) => `${path} is the file of a build secret: write it in an earlier step, or correct its path.`,
  ],
  [
    /ssh agent socket/,
    () => 'The file asks for `ssh`: start an agent in an earlier step, so that SSH_AUTH_SOCK is set.',
  ],
];

/** The error of `docker buildx bake --print`, with its place where it tells one. */
export function explainBakeError(stderr: string, run: BakeRun): ReleaseError {
  const lines = stderr.split(/\r?\n/).filter((line) => !/^#\d+ /.test(line) && !line.startsWith('WARNING: '));
  const start = lines.findIndex((line) => line.startsWith('ERROR: '));
  const error = (start < 0 ? lines.join('\n') : lines.slice(start).join('\n').slice('ERROR: '.length)).trim();
  if (/is not a docker command|unknown (?:shorthand )?flag|unknown command/.test(error)) {
    return failure({
      code: 'build/buildx-missing',
      place: run.place,
      message: `Docker has no buildx that reads bake files: ${error.split('\n')[0]}`,
      fix: 'Install the buildx plugin (package docker-buildx-plugin, on Debian docker-buildx), 0.13 or newer.',
    });
  }
  const [, file, line, column, words] = PLACED.exec(error) ?? [];
  const excerpt = start < 0 ? '' : lines.slice(0, start).join('\n').trim();
  const [only, ...others] = run.files;
  const matched = FIXES.map(([pattern, fix]) => ({ fix, match: pattern.exec(error) })).find(
    ({ match }) => match,
  );
  const names = run.files.map(({ path }) => path).join(' and ');
  return failure({
    code: 'config/bake-invalid',
    place:
      file === undefined || !run.files.some(({ path }) => path === file)
        ? error.includes('find target') || others.length > 0 || only === undefined
          ? run.place
          : { file: only.path }
        : { file, line: Number(line), column: Number(column) },
    message:
      `docker buildx bake can't read ${file ?? names}: ${(words ?? error) || 'it gave no reason'}.`.replace(
        /\.\.$/,
        '.',
      ),
    fix: matched?.match
      ? matched.fix(matched.match, run)
      : `Correct it; \`docker buildx bake ${run.files.map(({ path }) => `-f ${path}`).join(' ')} --print\` shows the same.`,
    ...(excerpt !== '' && { detail: excerpt }),
  });
}

/** Targets and groups of HCL files, services of compose files, and other keys, which hurts no suggestion. */
function namesIn({ text }: BakeFile): string[] {
  return [...text.matchAll(/^\s*(?:target|group)\s+"([^"]+)"|^\s+["']?([\w.-]+)["']?\s*:/gm)].map(
    ([, block, key]) => block ?? key ?? '',
  );
}

/** What buildx and compose warn of, each once. */
export function warningsOf(stderr: string, place: Place): Problem[] {
  const said = [...stderr.matchAll(/^WARNING: (.*)$|^time=\S+ level=warning msg="(.*)"$/gm)].map(
    ([, plain, logged]) => (plain ?? logged ?? '').replaceAll('\\"', '"').trim(),
  );
  return [...new Set(said)].map((message) => ({
    code: 'config/bake-warning',
    severity: 'warning',
    place,
    message: `docker buildx bake: ${message}`,
    fix: /variable is not set/.test(message)
      ? 'Set it for this step (`env:`), or give it a default in the file.'
      : 'Nothing has to be done if it is meant that way.',
  }));
}
