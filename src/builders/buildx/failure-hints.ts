import type { ProblemCode } from '../../lib/problem-catalogue.js';
import { DEFAULT_SCANNER, type PlannedImage } from '../../plan/plan.js';
import { parseReference } from '../../plan/references.js';
import type { Remedy } from './retries.js';

/** What a message of BuildKit or of a step means. */
export interface FailureHint {
  code: ProblemCode;
  /** Default: BuildKit's message. `output`: also what the step printed; `step`: name of the step, a line of the error. */
  within?: 'output' | 'step';
  pattern: RegExp;
  /** Sentence without a full stop; `step` is such as `RUN npm ci`. */
  cause: (match: RegExpExecArray, step: string) => string;
  /** Default: that of the catalogue. */
  fix?: string;
  /** Several images meet it, whichever of them comes first. */
  shared?: boolean;
  remedies?: readonly Remedy[];
}

type Cause = string | FailureHint['cause'];
type More = Partial<Omit<FailureHint, 'code' | 'pattern' | 'cause'>>;

function hint(code: ProblemCode, pattern: RegExp, cause: Cause, more: More = {}): FailureHint {
  const toClause = typeof cause === 'string' ? () => cause : cause;
  return { code, pattern, cause: toClause, ...more };
}

/**
 * Errors of a registry, or of the connection to it, that pass. BuildKit itself tries again for some seconds, and not
 * everywhere. Docker Hub's pull limit lasts for hours; a refused connection or an unknown name is mostly a mistake.
 */
const PASSING = new RegExp(
  [
    String.raw`unexpected (?:HTTP )?status(?![^\n]*pull rate limit)[^\n]*?: (?:5\d\d|429)\b[^\n]*`,
    String.raw`toomanyrequests: (?!You have reached)[^\n]*`,
    String.raw`(?:failed to do request: |httpReadSeeker: |failed to (?:copy|push|fetch|authorize)[^\n]*: )[^\n]*?(?:EOF|connection reset by peer|broken pipe|TLS handshake timeout|i/o timeout|closed network connection)`,
  ].join('|'),
);

const LOST = { shared: true, remedies: ['wait-for-builder'] } as const;
const VANISHED = { remedies: ['without-cache-import'] } as const;

/** First match wins, so special messages come before general ones. */
export const FAILURE_HINTS: readonly FailureHint[] = [
  hint(
    'build/nested-overlay',
    // The last one is all that BuildKit prints for a COPY.
    /overlay[^\n]*: invalid argument|failed to mount[^\n]*invalid argument|did not complete successfully: invalid argument|^(?:failed to solve: )?invalid argument$/m,
    "the builder's state is on overlayfs, and overlayfs can't be mounted on it again",
  ),
  hint('build/no-space', /no space left on device|ENOSPC/i, 'the disk of the builder is full', { within: 'output' }),
  hint(
    'build/out-of-memory',
    /exit code: 137|signal: killed|annot allocate memory|ENOMEM|JavaScript heap out of memory/,
    (_, step) => `\`${step}\` probably ran out of memory`,
    { within: 'output' },
  ),
  hint(
    'build/no-emulation',
    /exec format error/i,
    (_, step) => `\`${step}\` runs a program that was built for another processor`,
    { within: 'output' },
  ),
  hint('build/secret-missing', /secret "?([^\s":]+)"?: not found|failed to stat ([^\n:]+): stat/, ([, id, file]) =>
    id === undefined
      ? `the file of a build secret does not exist: ${file}`
      : `the Dockerfile needs the build secret ${id}, which was not given`,
  ),
  hint(
    'build/base-image-missing',
    /invalid reference format[^\n]*|repository name must be lowercase/,
    ([text]) => `an image name is not valid: ${text}`,
    { fix: 'Write image names in lower case: letters, digits, dots, dashes, slashes.' },
  ),
  // Before the hints on registries and networks: this is the client of the Actions cache.
  hint(
    'build/cache-lost',
    /failed to copy: (?:invalid status response (\d+)|(?:GET|Get|HEAD|Head) "?https?:)|BlobNotFound|RESPONSE \d+: \d+ The specified blob/,
    ([, status]) => `a part of the build cache could not be read${status === undefined ? '' : ` (status ${status})`}`,
    VANISHED,
  ),
  hint(
    'build/cache-lost',
    // The first are containerd's; a build that was broken off can leave the third to the next one.
    /failed to stat active key during commit|snapshot \w+ does not exist: not found|error writing data blob sha256:\w+: [^\n]*commit failed: EOF|(?:blob|content digest|ref|content descriptor) sha256:[0-9a-f]{8}[^\n]*: not found/,
    'a layer or a part of the build cache vanished during the build',
    VANISHED,
  ),
  hint(
    'build/network',
    /x509: [^\n]*|server gave HTTP response to HTTPS client/,
    ([text]) => `BuildKit and a registry do not agree on TLS: ${text}`,
    {
      fix: 'Name the registry in the buildkitd.toml of the builder: `http = true` if it has no TLS, `ca` for a private authority. BuildKit pods: see "Private registries" in docs/builders.md.',
    },
  ),
  hint('build/registry-failing', PASSING, ([text]) => `a registry, or the connection to it, fails: ${text}`, {
    remedies: ['pause'],
  }),
  hint('build/registry-denied', /toomanyrequests|429 Too Many Requests/, 'the registry limits pulls of this address', {
    within: 'output',
    fix: 'Log in to that registry, use a mirror, or run again later.',
  }),
  hint(
    'build/registry-denied',
    /(?:https?:\/\/([^\s/"]+)[^\n]*?)?(?:401 Unauthorized|unexpected status[^\n]*: 401|no basic auth credentials|authentication required|authorization failed|may require authorization|unauthorized:)/,
    ([, host = 'a registry']) => `${host} requires a login, or refused the given one`,
  ),
  hint(
    'build/registry-denied',
    /\bdenied: [^\n]*|403 Forbidden|insufficient_scope/,
    ([text]) => `a registry refused: ${text}`,
  ),
  hint('build/network', /failed to push ([^\s]+?): (.*)/, ([, ref, text]) => `can't push ${ref}: ${text}`, {
    fix: 'Check that the registry runs and that the builder reaches it under this name.',
  }),
  hint(
    'build/step-failed',
    /calculate checksum of ref [^\n]*?"(\/[^"\n]*)": not found/,
    ([, path]) => `the build context has no ${path!.slice(1)}`,
    { fix: 'Check the path, which is relative to the context, and .dockerignore.' },
  ),
  hint('build/base-image-missing', /(?:^|\s)([\w.:/@-]+): not found$/m, ([, ref]) => `the image ${ref} does not exist`),
  hint(
    'build/dockerfile-invalid',
    /failed to read dockerfile: open ([^\n:]+)|resolve ?: lstat ([^\n:]+)/,
    ([, file, folder]) =>
      `the ${file === undefined ? 'folder of the Dockerfile' : 'Dockerfile'} was not found: ${file ?? folder}`,
    { fix: 'Correct `dockerfile` of the image: it is relative to `context`.' },
  ),
  hint(
    'build/dockerfile-invalid',
    /dockerfile parse error[^\n]*?: (.*)|failed to parse [^\n]*/,
    ([text, message]) => `the Dockerfile can't be read: ${message ?? text}`,
  ),
  hint(
    'build/dockerfile-invalid',
    /target stage "(.+?)" could not be found/,
    ([, stage]) => `the Dockerfile has no stage named ${stage}`,
    { fix: 'Correct `target` of the image, or name the stage: `FROM … AS <name>`.' },
  ),
  hint(
    'build/builder-lost',
    /Cannot connect to the Docker daemon|failed to connect to the docker API|Error while dialing|^context deadline exceeded$/m,
    'the builder does not answer any more',
    { shared: true, remedies: ['wait-longer-for-builder'] },
  ),
  hint(
    'build/builder-lost',
    /error reading from server|transport is closing|code = Unavailable/,
    'the connection to the builder broke off',
    LOST,
  ),
  hint(
    'build/network',
    /lookup (\S+)[^\n]*no such host|ENOTFOUND|EAI_AGAIN|Temporary failure in name resolution|ould not resolve|bad address/,
    ([, host]) => `the name ${host ?? 'of a host'} could not be resolved`,
    { within: 'output' },
  ),
  hint(
    'build/network',
    /dial tcp ([^\s:]+:\d+)[^\n]*|ETIMEDOUT|ECONNREFUSED|ECONNRESET|TLS handshake timeout|i\/o timeout|x509: [^\n]*/,
    ([text]) => `a host could not be reached: ${text}`,
    { within: 'output' },
  ),
  hint(
    'build/step-failed',
    /exit code: (\d+)/,
    ([, code], step) => `\`${step}\` failed with exit code ${code}${EXIT_CODES[code!] ?? ''}`,
  ),
];

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02 */
const EXIT_CODES: Record<string, string> = {
  126: ': the command is not executable',
  127: ': the image does not have the command',
};

/**
 * BuildKit's messages if it can't pull the scanner of one of these images. It resolves the scanner before the first step
 * of the Dockerfile, and pulls its layers after the last one. A scanner that runs and fails is a failed step.
 */
export function scannerHints(images: readonly PlannedImage[]): FailureHint[] {
  const used = images.filter(({ status }) => status === 'build').flatMap((image) => scannerRepository(image) ?? []);
  if (used.length === 0) return [];
  const scanner = String.raw`((?:${used.map(escapePattern).join('|')})[:@]\S*)`;
  return [
    // BuildKit reports a Dockerfile's frontend (`# syntax=`) with the same message, so the name decides.
    [String.raw`^resolve image config for (?:docker-image://)?${scanner}\n(?:\1: )?(.*)`, 'step'] as const,
    // A missing blob may be one of the build cache, which has its own hint.
    [
      String.raw`^\[[^\]]*\] generating sbom using ${scanner}\n.*httpReadSeeker: failed open: (?!could not fetch content descriptor)(.*)`,
      'step',
    ] as const,
    [String.raw`failed to solve: failed to resolve source metadata for ${scanner}: (.*)`, undefined] as const,
  ].map(([pattern, within]) =>
    hint(
      'build/sbom-scanner',
      new RegExp(pattern),
      ([, name, reason]) => `can't pull the SBOM scanner ${name}: ${reason}`,
      { within, shared: used.length > 1, remedies: ['without-sbom'] },
    ),
  );
}

/** A scanner that its registry fails to serve may be there a moment later. */
export function remediesFor({ code, remedies = [] }: FailureHint, message: string): readonly Remedy[] {
  return code === 'build/sbom-scanner' && PASSING.test(message) ? ['pause', ...remedies] : remedies;
}

/** As BuildKit spells it: host and repository in full. */
function scannerRepository({ attest }: PlannedImage): string | undefined {
  if (attest.sbom === 'off') return undefined;
  const reference = parseReference(attest.sbom.scanner ?? DEFAULT_SCANNER);
  return reference && `${reference.host}/${reference.repository}`;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
