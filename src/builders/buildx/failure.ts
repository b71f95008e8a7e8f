import { posix } from 'node:path';
import type { Place, Problem } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import type { PlannedImage } from '../../plan/plan.js';
import { FAILURE_HINTS } from './failure-hints.js';
import type { BuildLog, FailedStep } from './progress.js';
import { scannerHints } from './sbom-scanner.js';

export interface FailedBuild {
  images: readonly PlannedImage[];
  /** Bake target by image key. */
  targets: Readonly<Record<string, string>>;
  log: BuildLog;
  /** Text of each image's Dockerfile by key, where it can be read. */
  dockerfiles: Readonly<Record<string, string>>;
  /** Takes secrets out of a text. */
  redact: (text: string) => string;
}

/** Says which image failed at which line of its Dockerfile, why probably, and what to do. */
export function explainFailure(build: FailedBuild): [Problem, ...Problem[]] {
  const excerpts = readExcerpts(build.log.text);
  const errors = readErrors(build.log.text);
  const steps = build.log.failed.filter((step) => !isConsequence(step, build.log.failed, errors));
  const problems = steps.map((step) => {
    // buildx shows an excerpt for the error that it ends with, which holds the words of one step.
    const shown = steps.length === 1 || errors.some((line) => line.includes(step.error));
    return explainStep(build, step, errors, shown ? excerpts : []);
  });
  const [first, ...rest] = problems.filter(
    ({ image, message }, at) =>
      image !== undefined || problems.findIndex((other) => other.message === message) === at,
  );
  return first === undefined ? [explainError(build, errors, excerpts)] : [first, ...rest];
}

/**
 * When one image fails, BuildKit cancels the others. An export that is cut off then ends with whatever its connection
 * said last, so its words prove nothing: another failure that came first does, or the error that buildx ends with,
 * which is the first one. Only what a registry answers (denied, unauthorized) can't come from a cancelled build.
 */
function isConsequence(step: FailedStep, failed: readonly FailedStep[], errors: readonly string[]): boolean {
  const isExport = EXPORT.test(step.step.name);
  if (!isExport && !CUT_OFF.test(step.error)) return false;
  if (isExport && REFUSED.has(findHint(step.error)?.code ?? 'build/failed')) return false;
  const first = failed.some(
    (other) =>
      other !== step &&
      !EXPORT.test(other.step.name) &&
      !CUT_OFF.test(other.error) &&
      (other.completed ?? 0) <= (step.completed ?? Infinity),
  );
  return first || (isExport && errors.length > 0 && !errors.some((line) => line.includes(step.error)));
}

const EXPORT = /^(?:exporting|pushing|sending|unpacking) /;
/** What containerd says to a step whose stream the cancel has closed, or whose lease it has released. */
const CUT_OFF = /: EOF: unknown$|lease does not exist: not found$/;
const REFUSED: ReadonlySet<ProblemCode> = new Set(['build/registry-denied', 'build/registry-unauthorized']);

const findHint = (error: string) =>
  FAILURE_HINTS.find(({ within, pattern }) => within !== 'step' && pattern.test(error));

function explainStep(build: FailedBuild, failed: FailedStep, errors: string[], excerpts: Excerpt[]): Problem {
  const whole = errors.find((line) => line.includes(failed.error)) ?? '';
  const excerpt = excerpts.at(-1);
  const image = build.images.find(({ key }) => key === failed.step.key);
  const instruction = failed.step.name.replace(/^\[[^\]]*\]\s*/, '').replace(/\s+/g, ' ');
  return compose(build, {
    image: image ?? attribute(build, whole, excerpt),
    excerpt,
    output: failed.output,
    error: [failed.error, whole].join('\n'),
    name: failed.step.name,
    step: instruction.length > 100 ? `${instruction.slice(0, 99)}…` : instruction,
  });
}

/** Errors without a failed step: an unreadable Dockerfile, a missing file, a builder that broke off. */
function explainError(build: FailedBuild, errors: string[], excerpts: Excerpt[]): Problem {
  const error = errors.at(-1) ?? build.log.text.filter((line) => line.trim() !== '').at(-1) ?? '';
  const excerpt = excerpts.at(-1);
  const image = attribute(build, error, excerpt);
  return compose(build, { image, excerpt, output: [], error, name: '', step: 'the build' });
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

function compose(build: FailedBuild, findings: Findings): Problem {
  const { excerpt, output, name, step } = findings;
  const error = findings.error.replace(UNKNOWN, '$1');
  const subjects = { error, output: [error, ...output].join('\n'), step: `${name}\n${error}` };
  const found = [...scannerHints(build.images), ...FAILURE_HINTS]
    .map((hint) => ({ hint, match: hint.pattern.exec(subjects[hint.within]) }))
    .find(({ match }) => match !== null);
  const image = found?.hint.shared ? undefined : findings.image;
  const words = error.trim().split('\n')[0]!;
  const cause = found?.match
    ? found.hint.cause(found.match, step)
    : `the build failed: ${words || 'buildx gave no reason'}`;
  // A Dockerfile that a bake file holds has no lines of its own on disk.
  const place =
    image && excerpt && image.dockerfileInline === undefined ? placeIn(image, excerpt) : undefined;
  const detail = [
    ...(error === findings.error ? (excerpt?.lines ?? []) : []),
    ...(output.length > 0 ? ['Its last output:', ...output.map((line) => `  ${line}`)] : []),
    ...(words && !cause.includes(words) ? [`BuildKit says: ${words}`] : []),
  ];
  return {
    code: found?.hint.code ?? 'build/failed',
    severity: 'error',
    message: build.redact(image === undefined ? `Build: ${cause}.` : `Image ${image.key}: ${cause}.`),
    fix: found?.hint.fix ?? "Read BuildKit's message above; the same build can be run with `docker build`.",
    ...(place && { place }),
    ...(image && { image: image.key }),
    ...(detail.length > 0 && { detail: build.redact(detail.join('\n')) }),
  };
}

/** Such a line may be a line of anything: what a file holds that was taken for a Dockerfile by mistake isn't printed. */
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

/** The image that an error without a step means: by its words, its excerpt, or because there is only one. */
function attribute(
  { images, targets, dockerfiles }: FailedBuild,
  error: string,
  excerpt: Excerpt | undefined,
): PlannedImage | undefined {
  if (images.length === 1) return images[0];
  const named = images.find(({ key }) => error.startsWith(`target ${targets[key]}: `));
  if (named !== undefined) return named;
  const candidates = excerpt
    ? images.filter((image) => placeIn(image, excerpt) && quotes(excerpt, dockerfiles[image.key]))
    : images.filter(({ image, dockerfile, context }) =>
        [`${image}:`, dockerfile, `${posix.dirname(dockerfile)}:`, `${context}:`].some((words) =>
          error.includes(words),
        ),
      );
  return candidates.length === 1 ? candidates[0] : undefined;
}

function placeIn(image: PlannedImage, excerpt: Excerpt): Place | undefined {
  if (posix.basename(image.dockerfile) !== posix.basename(excerpt.file)) return undefined;
  const { line, lines } = excerpt;
  const marked = lines.flatMap((shown) => Number(/^\s*(\d+) \| >>> /.exec(shown)?.[1] ?? 0));
  const endLine = Math.max(...marked, line);
  return { file: image.dockerfile, line, ...(endLine > line && { endLine }) };
}

/** The marked lines of the excerpt stand in this Dockerfile at the same numbers. */
function quotes(excerpt: Excerpt, dockerfile: string | undefined): boolean {
  if (dockerfile === undefined) return false;
  const lines = dockerfile.split(/\r?\n/);
  return excerpt.lines.every((line) => {
    const [, number, text] = /^\s*(\d+) \| >>> (.*)$/.exec(line) ?? [];
    return number === undefined || lines[Number(number) - 1]?.trimEnd() === text?.trimEnd();
  });
}
