import type { ProblemTable } from './table.js';

/** What preflight finds in the checkout (src/preflight/checks.ts). */
export const PREFLIGHT_PROBLEMS = {
  'preflight/missing-context': {
    exit: 2,
    cause: 'The folder that an image is built from does not exist in the checkout.',
    fix: 'Correct `images.<key>.context`, or check out the files (submodules, sparse checkout) before this step.',
  },
  'preflight/missing-dockerfile': {
    exit: 2,
    cause:
      'There is no Dockerfile where the configuration says, or it, its ignore file or a context is a link out of the repository, a special file, or (a file) larger than 1 MiB.',
    fix: 'Put the file itself there, or correct `images.<key>.dockerfile`.',
  },
  'preflight/missing-target': {
    exit: 2,
    cause: 'The Dockerfile has no stage with the name given in `target`.',
    fix: 'Use one of the stages that the message lists.',
  },
  'preflight/missing-secret': {
    exit: 2,
    cause:
      'A build secret names an environment variable that is not set, or a file that can’t be read or is no regular file of at most 500 KiB.',
    fix: 'Give the step the variable with `env:`, or write the file in an earlier step.',
  },
  'preflight/no-cache-service': {
    exit: 1,
    cause:
      'The Actions cache is configured, or the default, but the runner handed over no cache address or token; buildx would drop the cache silently.',
    fix: 'Check the runner’s access to the cache service, or set `cache: registry` or `cache: none`. The release goes on without this cache.',
  },
  'preflight/no-id-token': {
    exit: 1,
    cause: 'The images are to be signed (`attest.sign`), and the job may ask for no OpenID token.',
    fix: 'Add `id-token: write` and `attestations: write` to the `permissions` of the job.',
  },
  'preflight/sign-outside-actions': {
    exit: 2,
    cause: 'GitHub signs for jobs of GitHub Actions only, and this is none.',
    fix: 'Release from a workflow, or use `attest: { sign: cosign }`.',
  },
  'preflight/no-cosign': {
    exit: 1,
    cause: 'The images are to be signed by cosign, which is not installed.',
    fix: 'Install cosign in an earlier step.',
  },
  'preflight/uncommitted-changes': {
    exit: 1,
    cause: 'The work tree differs from the commit that the tags and labels name.',
    fix: 'Commit before you release. The release goes on.',
  },
  'preflight/dockerfile-unreadable': {
    exit: 1,
    cause:
      'A Dockerfile is not understood with certainty, so nothing is said about it and the image is always built.',
    fix: 'Correct the line that the message names. Where it is right, BuildKit builds it all the same.',
  },
  'preflight/empty-context': {
    exit: 1,
    cause: 'The Dockerfile copies from a folder that holds no files but the Dockerfile itself.',
    fix: 'Check out submodules and generated files before this step, or correct `images.<key>.context`.',
  },
  'preflight/node-too-old': {
    exit: 2,
    cause: 'A package that goes into the image needs a newer Node.js than the base image has.',
    fix: 'Raise the version in the FROM line, or hold the package at a version for this Node.js.',
  },
  'preflight/lockfile-not-copied': {
    exit: 2,
    cause: 'An install that needs the lockfile runs before the lockfile is in the image, and would fail.',
    fix: 'Copy the lockfile with package.json, and do not leave it out in .dockerignore.',
  },
  'preflight/unlocked-install': {
    exit: 1,
    cause:
      'When the locked install fails, another one takes its place without lock: the same commit can give another image.',
    fix: 'Remove the fallback, and repair the lockfile where the locked install fails.',
  },
  'preflight/node-modules-copied': {
    exit: 1,
    cause:
      'node_modules of the build context get into the image beside an install: ENOTEMPTY, or packages of another platform.',
    fix: 'Add `**/node_modules` to .dockerignore.',
  },
  'preflight/development-dependencies': {
    exit: 1,
    cause: 'The final image holds packages that are needed only to build and test.',
    fix: 'Install with `--omit=dev` (npm), `--prod` (pnpm) or `--production` (yarn), or in another stage.',
  },
  'preflight/runs-as-root': {
    exit: 1,
    cause: 'The final stage sets no user, so the program runs as root.',
    fix: 'Add `USER` with a user of the image, such as `node`, or a number.',
  },
  'preflight/no-health-check': {
    exit: 1,
    cause: 'Nothing tells whether the program works: no HEALTHCHECK in the image, no probe in the manifests.',
    fix: 'Add a readinessProbe to the pod, or HEALTHCHECK to the Dockerfile (`HEALTHCHECK NONE` if none is wanted).',
  },
  'preflight/undeclared-argument': {
    exit: 1,
    cause: 'A build argument is given that no stage of the image declares; BuildKit ignores it.',
    fix: 'Declare it with ARG in the stage that uses it, or remove it from `args`.',
  },
  'preflight/public-variable': {
    exit: 1,
    cause:
      'A variable that is compiled into browser code is set only when the container runs, which is too late.',
    fix: 'Declare it with ARG before the build step, and give it in `images.<key>.args`.',
  },
  'preflight/same-title': {
    exit: 1,
    cause: 'Two images carry the same org.opencontainers.image.title.',
    fix: 'Give each its own, or leave the label out: it is the name of the image then.',
  },
  'preflight/masked-name': {
    exit: 1,
    cause:
      'The name of an image contains the value of a secret; the runner empties outputs that contain one.',
    fix: 'Keep the registry user in a variable (`vars`) instead of a secret.',
  },
  'preflight/workflow-no-timeout': {
    exit: 1,
    cause: 'A job has no timeout-minutes: one that hangs is ended after six hours.',
    fix: 'Set `timeout-minutes` for the job.',
  },
  'preflight/workflow-no-concurrency': {
    exit: 1,
    cause: 'Runs of the workflow are not held apart: two pushes build side by side.',
    fix: "Add `concurrency: { group: 'release-${{ github.ref }}', cancel-in-progress: false }` to the workflow.",
  },
  'preflight/workflow-moving-action': {
    exit: 1,
    cause: 'The workflow runs an action of others by a branch or a tag that can be moved to other code.',
    fix: 'Name the commit: `uses: owner/name@<40 hex digits> # v1.2.3`.',
  },
  'preflight/workflow-unused-id-token': {
    exit: 1,
    cause: 'A job may ask for OpenID tokens and has no step that needs one.',
    fix: 'Remove `id-token: write`.',
  },
  'preflight/workflow-permissions': {
    exit: 1,
    cause: 'The permissions of a job leave out what its release needs.',
    fix: 'Add `packages: write` to publish on ghcr.io, `contents: write` for the deploy commit, `id-token: write` and `attestations: write` to sign.',
  },
  'preflight/dockerfile-check': {
    exit: 2,
    cause: 'A check of BuildKit finds something in a Dockerfile that says `# check=error=true`.',
    fix: 'Correct the line, or leave that check out: `# check=skip=<name>;error=true`.',
  },
} as const satisfies ProblemTable;
