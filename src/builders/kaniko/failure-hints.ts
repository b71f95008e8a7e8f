import type { FailureHint } from '../buildx/failure-hints.js';

/**
 * What Kaniko's executor says and what it means, before the hints that all builders share. Sources: its own messages,
 * and those of go-containerregistry. First match wins.
 */
export const EXECUTOR_HINTS: readonly FailureHint[] = [
  {
    code: 'kaniko/executor',
    within: 'error',
    pattern: /unknown (?:shorthand )?flag: ?(\S+)|invalid argument "([^"]*)" for "[^"]*" flag/,
    cause: ([, flag, value]) => `the executor does not know ${flag ?? value}`,
    fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
  },
  {
    code: 'kaniko/context-cut',
    within: 'error',
    pattern: /resolving source context: (.*)|provide a valid path to a Dockerfile|no data found/,
    cause: ([, reason]) => `the build context did not arrive whole${reason ? ` (${reason})` : ''}`,
    fix: 'Look at the connection to the cluster: proxies and load balancers may end long streams.',
  },
  {
    code: 'build/no-space',
    within: 'output',
    pattern: /no space left on device|ENOSPC/,
    cause: () => 'the disk of the node is full',
    fix: 'Ask for room in `requests.ephemeral-storage` of the builder, so that a node is chosen that has it, or free the node.',
  },
  {
    code: 'build/out-of-memory',
    within: 'output',
    pattern: /exit (?:status|code:?) 137|signal: killed|annot allocate memory|ENOMEM/,
    cause: (_, step) => `\`${step}\` was killed, nearly always for want of memory`,
    fix: 'Raise `limits.memory` of the builder, or limit the process: `NODE_OPTIONS=--max-old-space-size=…`.',
  },
  {
    code: 'build/dockerfile-invalid',
    within: 'error',
    pattern: /"(.+?)" is not a valid target build stage/,
    cause: ([, stage]) => `the Dockerfile has no stage named ${stage}`,
    fix: 'Correct `target` of the image, or name the stage: `FROM … AS <name>`.',
  },
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /(?:fileinfo for|lstat|stat) \/kaniko\/buildcontext\/context\/?([^:\n]*): .*no such file/,
    cause: ([, path]) => `the build context holds no ${path}`,
    fix: 'Check the path, which counts from the context, and that .dockerignore does not leave it out.',
  },
  {
    code: 'build/secret-missing',
    within: 'error',
    pattern: /secret not defined: (\S+)/,
    cause: ([, id]) => `the Dockerfile asks for the build secret ${id}, which was not given`,
    fix: 'List it under `secrets` of this image, with the environment variable or file that holds it.',
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /toomanyrequests|TOOMANYREQUESTS|429 Too Many Requests/,
    cause: () => 'the registry limits pulls',
    fix: 'Give the pod a login for that registry, use a mirror, or run again later.',
  },
  {
    code: 'build/base-image-missing',
    within: 'error',
    pattern:
      /GET (https?:\/\/([^/\s]+)\/v2\/(\S+)\/manifests\/([^\s:]+))[^\n]*(?:MANIFEST_UNKNOWN|NAME_UNKNOWN|404)/,
    cause: ([, , host, repository, reference]) =>
      `the image ${host}/${repository}:${reference} does not exist`,
    fix: 'Correct its name or tag; a private registry may also answer so without a login.',
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /checking push permissions?[^\n]*?(?:for "([^"]+)")?: ([^\n]*(?:DENIED|denied|403)[^\n]*)/,
    cause: ([, image, reason]) => `the pod may not push${image ? ` to ${image}` : ''}: ${lastWords(reason!)}`,
    fix: 'Give the login of the pod (`builder.registry-secret`, or the one of this machine) the right to push.',
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /UNAUTHORIZED[^\n]*|401 Unauthorized/,
    cause: ([text]) => `a registry wants a login from the pod, or refused the one it got: ${lastWords(text)}`,
    fix: 'Correct the login in the secret that `builder.registry-secret` names. If it names none, log in here with `docker login`: then the pod gets that login.',
  },
  {
    code: 'build/registry-denied',
    within: 'error',
    pattern: /\bDENIED: [^\n]*|403 Forbidden/,
    cause: ([text]) => `a registry refused: ${lastWords(text)}`,
    fix: 'Give the login of the pod the right to read base images and to write this image.',
  },
  {
    code: 'build/network',
    within: 'error',
    pattern: /x509: [^\n]*|server gave HTTP response to HTTPS client/,
    cause: ([text]) => `Kaniko and a registry do not agree on TLS: ${text}`,
    fix: 'For a private authority name an executor in `builder.image` that trusts it. For a registry without TLS use a name that ends in .svc or .local, or a private address.',
  },
  {
    code: 'build/network',
    within: 'error',
    pattern: /failed to push to destination (\S+): ([^\n]*)|checking push permission for "([^"]+)": ([^\n]*)/,
    cause: ([, ref, text, image, why]) => `${ref ?? image} can't be pushed: ${lastWords(text ?? why ?? '')}`,
    fix: 'Check that the registry runs, and that pods reach it under this name.',
  },
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /exit status 127|fork\/exec [^\n]*no such file|executable file not found/,
    cause: (_, step) => `\`${step}\` calls a command that the image does not have`,
    fix: 'Install it in this stage, or use a base image that has it.',
  },
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /exit status 126|fork\/exec [^\n]*permission denied/,
    cause: (_, step) => `\`${step}\` calls a file that can't be executed`,
    fix: 'Give it the executable bit (`git update-index --chmod=+x`), and Unix line ends.',
  },
];

/** After the hints that all builders share, which look at what a step printed. */
export const EXIT_HINTS: readonly FailureHint[] = [
  {
    code: 'build/step-failed',
    within: 'error',
    pattern: /exit status (\d+)/,
    cause: ([, code], step) => `\`${step}\` failed with exit code ${code}`,
    fix: 'Read its last lines; the same step fails with `docker build` on your machine.',
  },
];

function lastWords(text: string): string {
  return text
    .trim()
    .replace(/[.;\s]+$/, '')
    .replace(/^.*?(?=[A-Z]+_?[A-Z]+: )/, '');
}
