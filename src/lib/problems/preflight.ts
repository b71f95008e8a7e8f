/** What preflight finds in the checkout (src/preflight/preflight.ts). */
export const PREFLIGHT_PROBLEMS = {
  'preflight/missing-context':
    'Correct `images.<key>.context`, or check out the files (submodules, sparse checkout) before this step.',
  'preflight/missing-dockerfile': 'Store the file itself at this path, or correct `images.<key>.dockerfile`.',
  'preflight/missing-target': 'Use one of the stages that the message lists.',
  'preflight/missing-secret': 'Set the variable for the step with `env:`, or write the file in an earlier step.',
  'preflight/no-cache-service':
    'Run the action with `uses:` on a runner that reaches the cache service and sets ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL (act: `--artifact-server-path`), or set `cache: registry` or `cache: none`.',
  'preflight/cannot-sign':
    'Add `id-token: write` and `attestations: write` to the `permissions` of the job; for `sign: cosign` install cosign in an earlier step.',
  'preflight/uncommitted-changes': 'Commit first, so that the deployed code can be found again. The release continues.',
  'preflight/dockerfile-unreadable': 'Correct the line that the message names, if BuildKit refuses it too.',
  'preflight/node-too-old': 'Raise the version in the FROM line, or hold the package at a version for this Node.js.',
  'preflight/lockfile-not-copied': 'Copy the lockfile with package.json, and do not exclude it in .dockerignore.',
  'preflight/lockfile-stale': 'Run `npm install` (or `pnpm install`), and commit the lockfile.',
  'preflight/unlocked-install': 'Remove the part after `||`; if the lockfile no longer fits, renew it and commit it.',
  'preflight/node-modules-copied': 'Add `**/node_modules` to .dockerignore.',
  'preflight/undeclared-argument': 'Declare it with ARG in the stage that uses it, or remove it from `args`.',
  'preflight/public-variable': 'Declare it with ARG before the build step, and set it in `images.<key>.args`.',
  'preflight/masked-name': 'Store the registry user in a variable (`vars`) instead of a secret.',
  'preflight/workflow': 'Change the line of the workflow as the message says.',
  'preflight/workflow-permissions':
    'Add `packages: write` to publish on ghcr.io, `contents: write` for the deploy commit, `id-token: write` and `attestations: write` to sign.',
  'preflight/dockerfile-check': 'Correct the line, or skip that check: `# check=skip=<name>;error=true`.',
};
