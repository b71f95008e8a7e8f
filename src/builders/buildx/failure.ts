import { posix } from 'node:path';
import { problem, type Place } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import { FAILURE_HINTS, remediesFor, scannerHints } from './failure-hints.js';
import type { BuildLog, FailedStep } from './progress.js';
import type { BuildFailure } from './retries.js';

export interface FailedBuild {
  images: readonly PlannedImage[];
  /** Bake target by image key. */
  targets: Readonly<Record<string, string>>;
  log: BuildLog;
  /** Text of each image's Dockerfile by key; empty: unreadable. */
  dockerfiles: Readonly<Record<string, string>>;
  /** Takes secrets out of a text. */
  redact: (text: string) => string;
}

/** Finds which image failed at which line of its Dockerfile, why probably, and what to do. */
export function explainFailure(build: FailedBuild): [BuildFailure, ...BuildFailure[]] {
  const excerpts = readExcerpts(build.log.text);
  const errors = readErrors(build.log.text);
  const failures = causesOf(build.log.failed, errors).map((step) => {
    // buildx shows an excerpt for the error that it ends with, which holds the words of one step.
    const isQuoted = build.log.failed.length === 1 || errors.some((line) => line.includes(step.error));
    return explain(build, errors, isQuoted ? excerpts : [], step);
  });
  const [first, ...rest] = failures.filter(
    ({ problem: { image, message } }, at) =>
      image !== undefined || failures.findIndex((other) => other.problem.message === message) === at,
  );
  return first === undefined ? [explain(build, errors, excerpts)] : [first, ...rest];
}

/**
 * When one image fails, BuildKit cancels the others. An export that is cut off then fails with any message, so it counts
 * only if buildx ends with that message, if a registry refused it, or if nothing else failed.
 */
function causesOf(failed: readonly FailedStep[], errors: readonly string[]): readonly FailedStep[] {
  const isExport = ({ step }: FailedStep) => /^(?:exporting|pushing|sending|unpacking) /.test(step.name);
  const isNamed = ({ error }: FailedStep) => errors.some((line) => line.includes(error));
  const isRefused = ({ error }: FailedStep) =>
    FAILURE_HINTS.find(({ within, pattern }) => within !== 'step' && pattern.test(error))?.code ===
    'build/registry-denied';
  const causes = failed.filter((step) => !isExport(step) || isNamed(step) || isRefused(step));
  return causes.length === 0 && errors.length === 0 ? failed : causes;
}

/** @param failed undefined: an unreadable Dockerfile, a missing file, a lost builder */
function explain(build: FailedBuild, errors: string[], excerpts: Excerpt[], failed?: FailedStep): BuildFailure {
  const shown = failed
    ? errors.find((line) => line.includes(failed.error))
    : (errors.at(-1) ?? build.log.text.findLast((line) => line.trim() !== ''));
  const excerpt = excerpts.at(-1);
  const image = build.images.find(({ key }) => key === failed?.step.key);
  const name = failed?.step.name ?? '';
  const step = name.replace(/^\[[^\]]*\]\s*/, '').replace(/\s+/g, ' ') || 'the build';
  return toFailure(build, {
    image: image ?? imageOf(build, shown ?? '', excerpt),
    excerpt,
    output: failed?.output ?? [],
    error: failed ? [failed.error, shown].join('\n') : (shown ?? ''),
    name,
    step: step.length > 100 ? `${step.slice(0, 99)}…` : step,
  });
}

interface Findings {
  image?: PlannedImage;
  excerpt?: Excerpt;
  output: readonly string[];
  error: string;
  /** Of the step, in full. */
  name: string;
  /** The step for a sentence. */
  step: string;
}

function toFailure(build: FailedBuild, findings: Findings): BuildFailure {
  const { excerpt, output, name, step } = findings;
  const error = findings.error.replace(UNKNOWN, '$1');
  const subjects = { error, output: [error, ...output].join('\n'), step: `${name}\n${error}` };
  const found = [...scannerHints(build.images), ...FAILURE_HINTS]
    .map((hint) => ({ hint, match: hint.pattern.exec(subjects[hint.within ?? 'error']) }))
    .find(({ match }) => match !== null);
  const image = found?.hint.shared ? undefined : findings.image;
  const words = error.trim().split('\n')[0]!;
  const cause = found?.match
    ? found.hint.cause(found.match, step)
    : `the build failed: ${words || 'buildx gave no reason'}`;
  // An inline Dockerfile has no lines on disk.
  const place = image && excerpt && image.dockerfileInline === undefined ? placeIn(image, excerpt) : undefined;
  const detail = [
    ...(error === findings.error ? (excerpt?.lines ?? []) : []),
    ...(output.length > 0 ? ['Its last output:', ...output.map((line) => `  ${line}`)] : []),
    ...(words && !isSaid(words, cause) ? [`BuildKit says: ${words}`] : []),
  ];
  return {
    problem: problem({
      code: found?.hint.code ?? 'build/failed',
      message: build.redact(image === undefined ? `Build: ${cause}.` : `Image ${image.key}: ${cause}.`),
      ...(found?.hint.fix !== undefined && { fix: found.hint.fix }),
      ...(place && { place }),
      ...(image && { image: image.key }),
      ...(detail.length > 0 && { detail: build.redact(detail.join('\n')) }),
    }),
    remedies: found ? remediesFor(found.hint, cause) : [],
  };
}

function isSaid(words: string, cause: string): boolean {
  const [, code] = /did not complete successfully: (exit code: \d+)$/.exec(words) ?? [];
  return cause.includes(words) || (code !== undefined && cause.includes(code.replace(':', '')));
}

/** Any file may have been taken for a Dockerfile by mistake, so its lines aren't printed. */
const UNKNOWN = /(unknown instruction): \S+/g;

/** Lines of a Dockerfile around the failing ones, which are marked `>>>`. */
interface Excerpt {
  /** As BuildKit names the file, without its folder. */
  file: string;
  line: number;
  lines: string[];
}

/** Blocks such as `Dockerfile:9`, a rule of dashes, `   9 | >>> RUN …`, another rule. */
function readExcerpts(text: readonly string[]): Excerpt[] {
  return text.flatMap((header, index) => {
    const match = /^(\S.*):(\d+)$/.exec(header);
    if (!match || !isRule(text[index + 1])) return [];
    const end = text.findIndex((line, at) => at > index + 1 && isRule(line));
    const lines = text.slice(index + 2, end === -1 ? undefined : end).map((line) => line.trimEnd());
    return [{ file: match[1]!, line: Number(match[2]), lines }];
  });
}

function isRule(line: string | undefined): boolean {
  return line !== undefined && /^-{10,}$/.test(line);
}

function readErrors(text: readonly string[]): string[] {
  return text.filter((line) => line.startsWith('ERROR: ')).map((line) => line.slice('ERROR: '.length));
}

/** The image of an error without a step: by its target or excerpt, or because there is only one. */
function imageOf(
  { images, targets, dockerfiles }: FailedBuild,
  error: string,
  excerpt: Excerpt | undefined,
): PlannedImage | undefined {
  if (images.length === 1) return images[0];
  const named = images.find(({ key }) => error.startsWith(`target ${targets[key]}: `));
  if (named !== undefined || excerpt === undefined) return named;
  const quoted = images.filter((image) => placeIn(image, excerpt) && quotes(excerpt, dockerfiles[image.key]));
  return quoted.length === 1 ? quoted[0] : undefined;
}

function placeIn(image: PlannedImage, excerpt: Excerpt): Place | undefined {
  if (posix.basename(image.dockerfile) !== posix.basename(excerpt.file)) return undefined;
  const { line, lines } = excerpt;
  const marked = lines.flatMap((shown) => Number(/^\s*(\d+) \| >>> /.exec(shown)?.[1] ?? 0));
  const endLine = Math.max(...marked, line);
  return { file: image.dockerfile, line, ...(endLine > line && { endLine }) };
}

/** This Dockerfile has the marked lines of the excerpt at the same numbers. */
function quotes(excerpt: Excerpt, dockerfile = ''): boolean {
  const lines = dockerfile.split(/\r?\n/);
  return excerpt.lines.every((line) => {
    const [, number, text] = /^\s*(\d+) \| >>> (.*)$/.exec(line) ?? [];
    return number === undefined || lines[Number(number) - 1]?.trimEnd() === text?.trimEnd();
  });
}
