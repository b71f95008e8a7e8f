import type { ProblemCode } from '../../lib/problem-catalogue.js';
import { BUILDER_LOST_HINTS } from './builder-lost.js';
import { REGISTRY_HINT } from './failing-registry.js';

/** What a text of BuildKit or of a step means, and the way out. */
export interface FailureHint {
  code: ProblemCode;
  /** `error`: BuildKit's words alone; `output`: also what the step printed; `step`: its name, a line of the error. */
  within: 'error' | 'output' | 'step';
  pattern: RegExp;
  /** Sentence without a full stop; `step` is such as `RUN npm ci`. */
  cause: (match: RegExpExecArray, step: string) => string;
  fix: string;
  /** Several images meet it, whichever of them comes first. */
  shared?: boolean;
}

/**
 * First match wins, so the special stands before the general. Sources: BuildKit's, npm's and ghcr.io's own
 * messages as people report them.
 */
export const FAILURE_HINTS: readonly FailureHint[] = [
  {
    code: 'build/nested-overlay',
    within: 'error',
    // The last one is all that BuildKit says of a COPY.
    pattern:
      /overlay[^\n]*: invalid argument|failed to mount[^\n]*invalid argument|did not complete successfully: invalid argument|^(?:failed to solve: )?invalid argument$/m,
    cause: () => "the builder's state lies on overlayfs, and overlayfs can't be mounted on it again",
    fix: 'Put the data root of Docker or BuildKit on a volume (emptyDir, PVC, ext4), or set `"storage-driver": "native"` with the containerd image store; `image-release doctor` shows the path, docs/builders.md all ways out.',
  },
  {
    code: 'build/no-space',
    within: 'output',
    pattern: /no space left on device|ENOSPC/i,
    cause: () => 'the disk of the builder is full',
    fix: 'Free it with `docker buildx prune` and `docker system prune`, or give the runner a larger disk.',
  },
  {
    code: 'build/out-of-memory',
    within: 'output',
    pattern: /JavaScript heap out of memory/,
    cause: (_, step) => `node ran out of heap in \`${step}\``,
    fix: 'Raise its limit in the Dockerfile, `ENV NODE_OPTIONS=--max-old-space-size=4096`, within the memory that the builder has.',
  },
  {
    code: 'build/out-of-memory',
    within: 'output',
    pattern: /exit code: 137|signal: killed|annot allocate memory|ENOMEM/,
    cause: (_, step) => `\`${step}\` was killed, nearly always for want of memory`,
    fix: 'Build fewer images at once, give the builder more memory, or limit the process: `NODE_OPTIONS=--max-old-space-size=…`.',
  },
  {
    code: 'build/step-failed',
    within: 'output',
    pattern: /ENOTEMPTY/,
    cause: (_, step) => `\`${step}\` met a node_modules folder that came from the build context`,
    fix: 'Add node_modules to .dockerignore, and copy sources after the installation.',
  },
  {
    code: 'build/step-failed',
    within: 'output',
    pattern:
      /can only install packages when your package\.json and|lockfile is not up to date|frozen-lockfile/i,
    cause: (_, step) => `\`${step}\` found a lockfile that doesn't fit package.json`,
    fix: "Run the package manager's install locally and commit the lockfile.",
  },
  {
    code: 'build/step-failed',
    within: 'output',
    pattern: /(?:EBADENGINE|engine "node" is incompatible|Unsupported engine)[^\n]*/,
    cause: (_, step) => `\`${step}\` needs another version of node than the base image has`,
    fix: "Use a base image whose node satisfies the packages' `engines`.",
  },
  {
    code: 'build/wrong-architecture',
    within: 'output',
    pattern: /exec format error/i,
    cause: (_, step) => `\`${step}\` runs a program that was built for another processor`,
    fix: 'Set up emulation (docker/setup-qemu-action), or cross-compile in a stage `FROM --platform=$BUILDPLATFORM`.',
  },
  {
    code: 'build/secret-missing',
    within: 'error',
    pattern: /secret "?([^\s":]+)"?: not found/,
    cause: ([, id]) => `the Dockerfile asks for the build secret ${id}, which was not given`,
    fix: 'List it under the image, such as `secrets: { npm: { env: NPM_TOKEN } }`, and give the step that variable.',
  },
  {
    code: 'build/secret-missing',
    within: 'error',
    pattern: /failed to stat ([^\n:]+): stat/,
    cause: ([, file]) => `the file of a build secret does not exist: ${file}`,
    fix: 'Write the file in an earlier step, or correct `secrets`.',
  },
  {
    code: 'build/image-name-invalid',
    within: 'error',
    pattern: /invalid reference format[^\n]*|repository name must be lowercase/,
    cause: ([text]) => `an image name is not valid: ${text}`,
    fix: 'Write image names in lower case, the owner too: letters, digits, dots, dashes, slashes.',
  },
  // Before all that speaks of registries and networks: these are words of the Actions cache's client.
  {
    code: 'build/cache-lost',
    within: 'error',
    pattern:
      /failed to copy: (?:invalid status response (\d+)|(?:GET|Get|HEAD|Head) "?https?:)|BlobNotFound|RESPONSE \d+: \d+ The specified blob/,
    cause: ([, status]) =>
      `a part of the build cache could not be read${status === undefined ? '' : ` (status ${status})`}`,
    fix: 'Run again; if it fails again, once with `no-cache`.',
  },
  {
    code: 'build/cache-lost',
    within: 'error',
    // Of containerd's snapshots and contents; a build that is broken off can leave the second to the one beside it.
    pattern:
      /failed to stat active key during commit|snapshot \w+ does not exist: not found|error writing data blob sha256:\w+: [^\n]*commit failed: EOF/,
    cause: () => 'a layer vanished from the builder while it was used',
    fix: 'Run again; where it happens often, use a newer BuildKit.',
  },
  {
    code: 'build/cache-lost',
    within: 'error',
    pattern: /(?:blob|content digest|ref|content descriptor) (sha256:[0-9a-f]{8})[^\n]*: not found/,
    cause: ([, digest]) => `a part of the build cache (${digest}…) vanished during the build`,
    fix: 'Run again; if it fails again, once with `no-cache`.',
  },
  {
    code: 'build/network',
    within: 'error',
    pattern: /x509: [^\n]*|server gave HTTP response to HTTPS client/,
    cause: ([text]) => `BuildKit and a registry do not agree on TLS: ${text}`,
    fix: 'Name the registry in the buildkitd.toml of the builder: `http = true` if it has no TLS, `ca` for a private authority. BuildKit pods: see "Registries without TLS" in docs/build.md.',
  },
  REGISTRY_HINT,
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /permission_denied: write_package/,
    cause: () => 'ghcr.io knows the package, but this repository may not write to it',
    fix: 'In the settings of the package, under "Manage Actions access", give this repository the role Write.',
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /installation not allowed to Create organization package/,
    cause: () => 'ghcr.io refuses to create the package',
    fix: "Add `packages: write` to the `permissions` of the job; a fork's pull request never has it, and an organisation can forbid new packages (Settings, Packages).",
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /installation not allowed to Write organization package/,
    cause: () => "the job's token may not write packages",
    fix: "Add `packages: write` to the `permissions` of the job; a fork's pull request never has it.",
  },
  {
    code: 'build/registry-unauthorized',
    within: 'output',
    pattern: /toomanyrequests|429 Too Many Requests/,
    cause: () => 'the registry limits pulls of this address',
    fix: 'Log in to that registry, use a mirror, or run again later.',
  },
  {
    code: 'build/registry-unauthorized',
    within: 'error',
    pattern:
      /(?:https?:\/\/([^\s/"]+)[^\n]*?)?(?:401 Unauthorized|unexpected status[^\n]*: 401|no basic auth credentials|authentication required|authorization failed|may require authorization|unauthorized:)/,
    cause: ([, host = 'a registry']) => `${host} wants a login, or refused the one it got`,
    fix: 'Give registry-username and registry-password for this registry, or run `docker login` before; a password or token may have expired.',
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /\bdenied: [^\n]*|403 Forbidden|insufficient_scope/,
    cause: ([text]) => `a registry refused: ${text}`,
    fix: 'Give the credentials the right to read base images and to write this image.',
  },
  {
    code: 'build/push-failed',
    within: 'error',
    pattern: /failed to push ([^\s]+?): (.*)/,
    cause: ([, ref, text]) => `${ref} can't be pushed: ${text}`,
    fix: 'Check that the registry runs and that the builder reaches it under this name.',
  },
  {
    code: 'build/copy-source-missing',
    within: 'error',
    pattern: /calculate checksum of ref [^\n]*?"(\/[^"\n]*)": not found/,
    cause: ([, path]) => `the build context holds no ${path!.slice(1)}`,
    fix: 'Check the path, which counts from the context, and that .dockerignore does not leave it out.',
  },
  {
    code: 'build/base-image-missing',
    within: 'error',
    pattern: /(?:^|\s)([\w.:/@-]+): not found$/m,
    cause: ([, ref]) => `the image ${ref} does not exist`,
    fix: 'Correct name and tag in the FROM line. A registry also answers so where the image is private and there is no login: run `docker login` before.',
  },
  {
    code: 'build/dockerfile-missing',
    within: 'error',
    pattern: /failed to read dockerfile: open ([^\n:]+)|resolve ?: lstat ([^\n:]+)/,
    cause: ([, file, folder]) =>
      `the ${file === undefined ? 'folder of the Dockerfile' : 'Dockerfile'} was not found: ${file ?? folder}`,
    fix: 'Correct `dockerfile` of the image: it is relative to `context`.',
  },
  {
    code: 'build/dockerfile-invalid',
    within: 'error',
    pattern: /dockerfile parse error[^\n]*?: (.*)|failed to parse [^\n]*/,
    cause: ([text, message]) => `the Dockerfile can't be read: ${message ?? text}`,
    fix: 'Correct the line; what each instruction takes: https://docs.docker.com/reference/dockerfile/.',
  },
  {
    code: 'build/target-missing',
    within: 'error',
    pattern: /target stage "(.+?)" could not be found/,
    cause: ([, stage]) => `the Dockerfile has no stage named ${stage}`,
    fix: 'Correct `target` of the image, or name the stage: `FROM … AS <name>`.',
  },
  ...BUILDER_LOST_HINTS,
  {
    code: 'build/network',
    within: 'output',
    pattern:
      /lookup (\S+)[^\n]*no such host|ENOTFOUND|EAI_AGAIN|Temporary failure in name resolution|ould not resolve|bad address/,
    cause: ([, host]) => `the name ${host ?? 'of a host'} could not be resolved`,
    fix: 'Check the name, and DNS on the machine that builds; behind a proxy set HTTP_PROXY for the builder.',
  },
  {
    code: 'build/network',
    within: 'output',
    pattern:
      /dial tcp ([^\s:]+:\d+)[^\n]*|ETIMEDOUT|ECONNREFUSED|ECONNRESET|TLS handshake timeout|i\/o timeout|x509: [^\n]*/,
    cause: ([text]) => `a host could not be reached: ${text}`,
    fix: 'Check that it runs and can be reached from the machine that builds; run again if it was a passing trouble.',
  },
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /exit code: 127/,
    cause: (_, step) => `\`${step}\` calls a command that the image does not have`,
    fix: 'Install it in this stage, or use a base image that has it.',
  },
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /exit code: 126/,
    cause: (_, step) => `\`${step}\` calls a file that can't be executed`,
    fix: 'Give it the executable bit (`git update-index --chmod=+x`), and Unix line ends.',
  },
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /exit code: (\d+)/,
    cause: ([, code], step) => `\`${step}\` failed with exit code ${code}`,
    fix: 'Read its last lines; the same step fails with `docker build` on your machine.',
  },
];
