import { problem, type Problem } from '../../lib/errors.js';
import { FAILURE_HINTS, type FailureHint } from '../buildx/failure-hints.js';
import type { ExecutorRecord } from './executor-log.js';
import type { Target } from './targets.js';

export interface FailedBuild {
  target: Pick<Target, 'key' | 'dockerfile' | 'dockerfileInline'>;
  record: ExecutorRecord;
  text?: string;
  redact: (text: string) => string;
}

/**
 * Errors of Kaniko's executor, before the hints that all builders share. Sources: its own messages, and those of
 * go-containerregistry. The first match wins.
 */
const EXECUTOR_HINTS: readonly FailureHint[] = [
  {
    code: 'kaniko/executor',
    pattern: /unknown (?:shorthand )?flag: ?(\S+)|invalid argument "([^"]*)" for "[^"]*" flag/,
    cause: ([, flag, value]) => `the executor does not know ${flag ?? value}`,
  },
  {
    code: 'cluster/stream-cut',
    pattern: /resolving source context: (.*)|provide a valid path to a Dockerfile|no data found/,
    cause: ([, reason]) => `the build context arrived incomplete${reason ? ` (${reason})` : ''}`,
  },
  {
    code: 'build/no-space',
    within: 'output',
    pattern: /no space left on device|ENOSPC/,
    cause: () => 'the disk of the node is full',
    fix: 'Set `requests.ephemeral-storage` of the builder, so that a node with enough is chosen, or free the node.',
  },
  {
    code: 'build/out-of-memory',
    within: 'output',
    pattern: /exit (?:status|code:?) 137|signal: killed|annot allocate memory|ENOMEM/,
    cause: (_, step) => `\`${step}\` was killed, nearly always because memory ran short`,
    fix: 'Raise `limits.memory` of the builder, or limit the process: `NODE_OPTIONS=--max-old-space-size=…`.',
  },
  {
    code: 'build/dockerfile-invalid',
    pattern: /"(.+?)" is not a valid target build stage/,
    cause: ([, stage]) => `the Dockerfile has no stage named ${stage}`,
  },
  {
    code: 'build/step-failed',
    pattern: /stat \/kaniko\/buildcontext\/context\/?([^:\n]*): .*no such file/,
    cause: ([, path]) => `the build context has no ${path}`,
  },
  {
    code: 'build/secret-missing',
    pattern: /secret not defined: (\S+)/,
    cause: ([, id]) => `the Dockerfile uses the build secret ${id}, which is not configured`,
    fix: 'List it under `secrets` of this image, with its environment variable or file.',
  },
  {
    code: 'build/base-image-missing',
    pattern: /GET https?:\/\/([^/\s]+)\/v2\/(\S+)\/manifests\/([^\s:]+)[^\n]*(?:MANIFEST_UNKNOWN|NAME_UNKNOWN|404)/,
    cause: ([, host, repository, reference]) => `the image ${host}/${repository}:${reference} does not exist`,
  },
  {
    code: 'build/registry-denied',
    pattern: /UNAUTHORIZED[^\n]*|401 Unauthorized|TOOMANYREQUESTS[^\n]*|429 Too Many Requests/i,
    cause: ([text]) => `a registry requires a login from the pod, or refused it: ${lastWords(text)}`,
    fix: 'Correct the login in the secret that `builder.registry-secret` names. If it names none, log in here with `docker login`: the pod gets that login.',
  },
  {
    code: 'build/registry-denied',
    pattern: /\bDENIED: [^\n]*|403 Forbidden/,
    cause: ([text]) => `a registry refused the login of the pod: ${lastWords(text)}`,
    fix: 'Give the login of the pod (`builder.registry-secret`, or the one of this machine) the right to read base images and to push this image.',
  },
  {
    code: 'build/network',
    pattern: /x509: [^\n]*|server gave HTTP response to HTTPS client/,
    cause: ([text]) => `Kaniko can't connect to a registry by TLS: ${text}`,
    fix: 'For a private authority name an executor in `builder.image` that trusts it. For a registry without TLS use a name that ends in .svc or .local, or a private address.',
  },
  {
    code: 'build/network',
    pattern: /failed to push to destination (\S+): ([^\n]*)|checking push permission for "([^"]+)": ([^\n]*)/,
    cause: ([, ref, text, image, why]) => `${ref ?? image} can't be pushed: ${lastWords(text ?? why ?? '')}`,
    fix: 'Check that the registry runs, and that pods reach it under this name.',
  },
  {
    code: 'build/step-failed',
    pattern: /exit status 127|fork\/exec [^\n]*no such file|executable file not found/,
    cause: (_, step) => `\`${step}\` runs a command that the image does not have`,
  },
];

/** After the hints that all builders share, which read the output of a step. */
const EXIT_HINT: FailureHint = {
  code: 'build/step-failed',
  pattern: /exit status (\d+)/,
  cause: ([, code], step) => `\`${step}\` failed with exit code ${code}`,
};

const HINTS: readonly FailureHint[] = [...EXECUTOR_HINTS, ...FAILURE_HINTS, EXIT_HINT];

/** The problem of an executor that failed, with the line of the Dockerfile. */
export function executorProblem(failed: FailedBuild, exitCode: number): Problem {
  const { target, record, redact } = failed;
  const { last } = record;
  const output = last?.output ?? record.tail;
  const error = record.error ?? output.at(-1) ?? `the executor ended with exit code ${exitCode}`;
  const step = last === undefined ? 'the build' : shorten(last.text);
  const texts = { error, output: [error, ...output].join('\n'), step: `${last?.text ?? ''}\n${error}` };
  const found = HINTS.map((hint) => ({ hint, match: hint.pattern.exec(texts[hint.within ?? 'error']) })).find(
    ({ match }) => match !== null,
  );
  const reason = error.replace(/^error building image: (?:error building stage: )?/, '').split('\n')[0]!;
  const cause = found?.match ? found.hint.cause(found.match, step) : `the build failed: ${reason}`;
  const fix = found === undefined ? "Read Kaniko's message above." : found.hint.fix;
  const detail = [...excerpt(failed, error), ...(cause.includes(reason) ? [] : [`Kaniko's error: ${reason}`])];
  return problem({
    code: found?.hint.code ?? 'build/failed',
    message: redact(`Image ${target.key}: ${cause}.`),
    ...(fix !== undefined && { fix }),
    image: target.key,
    ...placeOf(failed),
    ...(detail.length > 0 && { detail: redact(detail.join('\n')) }),
  });
}

/** The problem of a pod, with the step that ran. */
export function withStep(found: Problem, failed: FailedBuild): Problem {
  const detail = [...(found.detail === undefined ? [] : [found.detail]), ...excerpt(failed)];
  return {
    image: failed.target.key,
    ...placeOf(failed),
    ...found,
    ...(detail.length > 0 && { detail: failed.redact(detail.join('\n')) }),
  };
}

/** The instruction that ran, as BuildKit shows it with two lines on either side, and its last output. */
function excerpt({ record, text }: FailedBuild, error?: string): string[] {
  const range = linesOf(record);
  const lines = text?.split(/\r?\n/) ?? [];
  const shown = lines.flatMap((content, index) => {
    const line = index + 1;
    if (range === undefined || line < range.first - 2 || line > range.last + 2) return [];
    if (line === lines.length && content === '') return [];
    const mark = line >= range.first && line <= range.last ? '>>>' : '   ';
    return [`${String(line).padStart(4)} | ${mark} ${content}`.trimEnd()];
  });
  const printed = record.last?.output.filter((each) => each !== error) ?? [];
  return [...shown, ...(printed.length > 0 ? ['Its last output:', ...printed.map((each) => `  ${each}`)] : [])];
}

function placeOf({ target, record }: FailedBuild): Pick<Problem, 'place'> {
  const range = linesOf(record);
  if (range === undefined || target.dockerfileInline !== undefined) return {};
  return { place: { file: target.dockerfile, line: range.first } };
}

function linesOf({ last, error }: ExecutorRecord): { first: number; last: number } | undefined {
  const instruction = last?.instruction;
  if (instruction) return { first: instruction.line, last: instruction.endLine };
  const line = Number(/dockerfile parse error on line (\d+)/.exec(error ?? '')?.[1]);
  return line > 0 ? { first: line, last: line } : undefined;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function lastWords(text: string): string {
  return text
    .trim()
    .replace(/[.;\s]+$/, '')
    .replace(/^.*?(?=[A-Z]+_?[A-Z]+: )/, '');
}
