// Generated from action.yml by `npm run generate`.

/** The inputs of the Action; a default that is an expression is filled in by the runner only. */
export const INPUTS = {
  config: {
    description:
      'Path of the configuration file. Default: image-release.yml in the repository root or in .github. Build arguments, secrets, SBOM and provenance are set in that file.',
  },
  'config-inline': { description: 'The configuration itself, as YAML, in place of a file.' },
  token: {
    description:
      'Token for the deploy commit (contents: write) and, when no registry-password is given, for ghcr.io (packages: write).',
    default: '${{ github.token }}',
  },
  'deploy-token': {
    description:
      'Token of an App, or a personal one, for the other repositories that `deploy.repository` names; where none is named, for the deploy commits and pull requests of this one. Default: `token`.',
  },
  'registry-username': { description: 'User name for the registry.', default: '${{ github.actor }}' },
  'registry-password': {
    description: 'Password or token for the registry. Default for ghcr.io is the token.',
  },
  images: {
    description:
      'Keys of the images to release, separated by commas or line breaks. Empty or `all` means all of them.',
  },
  published: {
    description:
      'The `images` output of an earlier job, or of several, one after the other. Those digests are deployed and nothing is built, so that build and deploy can be two jobs with different permissions. Images pushed by digest alone are first merged, one index for all platforms of an image, and tagged.',
  },
  'extra-tags': {
    description: 'Tags in addition to those of the tag rules, separated by commas or line breaks.',
  },
  push: {
    description:
      'Images are pushed by default, except for pull requests. One of auto, true, false, digest. With digest they get no tag and are not deployed: a later job merges the platforms (`published`).',
    default: 'auto',
  },
  deploy: {
    description:
      'Whether the Kustomizations are updated, one of auto, true, false. With auto, for the default branch, the branch that is deployed to, and tags.',
    default: 'auto',
  },
  platforms: {
    description: 'Platforms in place of the configured ones, separated by commas or line breaks.',
  },
  builder: {
    description:
      'The builder, in place of the configured choice: `auto`, `buildx`, `remote`, `kubernetes`, `kaniko` or `dispatch`, whose settings in the configuration still apply, or the name of a buildx builder, as docker/setup-buildx-action gives it in its output `name`.',
  },
  'no-cache': { description: 'Build every step again, without a cache (true or false).', default: 'false' },
  rebuild: {
    description: 'Build all images, including those whose inputs did not change (true or false).',
    default: 'false',
  },
  'allow-rollback': {
    description:
      'Deploy even when the commit is older than what is deployed, or on another line of history (true or false).',
    default: 'false',
  },
  'dry-run': {
    description: 'Plan and check, but build, publish and commit nothing (true or false).',
    default: 'false',
  },
} as const satisfies Record<string, { description: string; default?: string }>;

export type InputName = keyof typeof INPUTS;

export const OUTPUTS = {
  released: { description: '`true` when images were published, else `false`.' },
  images: {
    description:
      'JSON: image key to image, digest, tags, releaseTag, ref, status, platforms, and the digests of SBOM and provenance. Status `built`; `unchanged`: its inputs did not change, and what was published is used again; `superseded`: published, but a newer release stays deployed.',
  },
  plan: { description: 'JSON: what the release was going to do, per image and per Kustomization.' },
  'deploy-commit': { description: 'Id of the deploy commit; empty when none was made.' },
  'pull-request-number': {
    description: 'Number of the pull request that proposes the deploy; empty when there is none.',
  },
  'pull-request-url': { description: 'Address of that pull request.' },
} as const satisfies Record<string, { description: string }>;

export type OutputName = keyof typeof OUTPUTS;
