import type { ProblemTable } from '../problem-catalogue.js';

/** What preflight finds in the checkout (src/preflight/preflight.ts). */
export const PREFLIGHT_PROBLEMS = {
  'preflight/missing-context': {
    exit: 2,
    cause: 'The folder that an image is built from does not exist in the checkout, or contains no files.',
    fix: 'Correct `images.<key>.context`, or check out the files (submodules, sparse checkout) before this step.',
  },
  'preflight/missing-dockerfile': {
    exit: 2,
    cause:
      'There is no Dockerfile at the configured path, or it, its ignore file or a context is a link out of the repository, a special file, or (a file) larger than 1 MiB.',
    fix: 'Store the file itself at this path, or correct `images.<key>.dockerfile`.',
  },
  'preflight/missing-target': {
    exit: 2,
    cause: 'The Dockerfile has no stage with the name given in `target`.',
    fix: 'Use one of the stages that the message lists.',
  },
  'preflight/missing-secret': {
    exit: 2,
    cause:
      "A build secret names an environment variable that is not set, or a file that can't be read or is no regular file of at most 500 KiB.",
    fix: 'Set the variable for the step with `env:`, or write the file in an earlier step.',
  },
  'preflight/no-cache-service': {
    cause:
      'The Actions cache is configured, or the default, but the runner offers no cache address or token; buildx would drop the cache silently.',
    fix: 'Run the action with `uses:` on a runner that reaches the cache service and sets ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL (act: `--artifact-server-path`), or set `cache: registry` or `cache: none`.',
  },
  'preflight/cannot-sign': {
    cause:
      'The images are to be signed (`attest.sign`), but this job has no right to an OpenID token, is no job of GitHub Actions, or has no cosign.',
    fix: 'Add `id-token: write` and `attestations: write` to the `permissions` of the job; for `sign: cosign` install cosign in an earlier step.',
  },
  'preflight/uncommitted-changes': {
    cause: 'The work tree differs from the commit that the tags and labels name.',
    fix: 'Commit first, so that the deployed code can be found again. The release continues.',
  },
  'preflight/dockerfile-unreadable': {
    cause: 'A Dockerfile is not understood with certainty, so it is not checked and the image is always built.',
    fix: 'Correct the line that the message names, if BuildKit refuses it too.',
  },
  'preflight/node-too-old': {
    exit: 2,
    cause: 'A package that goes into the image needs a newer Node.js than the base image has.',
    fix: 'Raise the version in the FROM line, or hold the package at a version for this Node.js.',
  },
  'preflight/lockfile-not-copied': {
    exit: 2,
    cause: 'An install that needs the lockfile runs before the lockfile is in the image, and would fail.',
    fix: 'Copy the lockfile with package.json, and do not exclude it in .dockerignore.',
  },
  'preflight/lockfile-stale': {
    cause:
      "package.json asks for a version of a dependency that its lockfile doesn't have. A locked install fails, any other picks a new version.",
    fix: 'Run `npm install` (or `pnpm install`), and commit the lockfile.',
  },
  'preflight/unlocked-install': {
    cause: 'If the locked install fails, another one without lock replaces it: the same commit can give another image.',
    fix: 'Remove the part after `||`; if the lockfile no longer fits, renew it and commit it.',
  },
  'preflight/node-modules-copied': {
    cause:
      'node_modules of the build context get into an image that also installs packages: ENOTEMPTY, or packages of another platform.',
    fix: 'Add `**/node_modules` to .dockerignore.',
  },
  'preflight/undeclared-argument': {
    cause: 'The configuration passes a build argument that no stage of the image declares; BuildKit ignores it.',
    fix: 'Declare it with ARG in the stage that uses it, or remove it from `args`.',
  },
  'preflight/public-variable': {
    cause: 'A variable that is compiled into browser code is set only when the container runs, which is too late.',
    fix: 'Declare it with ARG before the build step, and set it in `images.<key>.args`.',
  },
  'preflight/masked-name': {
    cause: 'The name of an image contains the value of a secret; the runner empties outputs that contain one.',
    fix: 'Store the registry user in a variable (`vars`) instead of a secret.',
  },
  'preflight/workflow': {
    cause:
      'A job that builds images has no timeout-minutes or no concurrency group, an action is not pinned to a commit, or a job has `id-token: write` and does not use it.',
    fix: 'Change the line of the workflow as the message says.',
  },
  'preflight/workflow-permissions': {
    cause: 'The permissions of a job lack what its release needs.',
    fix: 'Add `packages: write` to publish on ghcr.io, `contents: write` for the deploy commit, `id-token: write` and `attestations: write` to sign.',
  },
  'preflight/dockerfile-check': {
    exit: 2,
    cause: 'A check of BuildKit finds something in a Dockerfile that says `# check=error=true`.',
    fix: 'Correct the line, or skip that check: `# check=skip=<name>;error=true`.',
  },
} as const satisfies ProblemTable;
