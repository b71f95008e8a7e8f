// Generated from action.yml by `npm run generate`.

/** The inputs of the Action; a default that is an expression is filled in by the runner only. */
export const INPUTS = {
  config: {
    description:
      'Path of the configuration file. Default: image-release.yml in the repository root or in .github. Build arguments, secrets, SBOM and provenance are set in that file.',
  },
  'config-inline': { description: 'The configuration itself, as YAML, instead of a file.' },
  token: {
    description:
      'Token for the deploy commit (contents: write) and, without registry-password, for ghcr.io (packages: write).',
    default: '${{ github.token }}',
  },
  'deploy-token': {
    description:
      'Token of a GitHub App or a person for deploy commits and pull requests in the repositories that `deploy.repository` names; without such repositories, in this one. Default: `token`.',
  },
  'registry-username': { description: 'User name for the registry.', default: '${{ github.actor }}' },
  'registry-password': { description: 'Password or token for the registry. Default for ghcr.io: `token`.' },
  images: {
    description: 'Keys of the images to release, separated by commas or line breaks. Empty or `all`: all images.',
  },
  published: {
    description:
      'The `images` outputs of earlier jobs, one after the other. Their digests are deployed and nothing is built, so that build and deploy can be jobs with different permissions. Images pushed by digest are first merged, one index for all platforms of an image, and tagged.',
  },
  'extra-tags': { description: 'Tags in addition to those of the tag rules, separated by commas or line breaks.' },
  push: {
    description:
      'Images are pushed by default, except for pull requests. One of auto, true, false, digest. With digest they get no tag and are not deployed: a later job merges the platforms (`published`).',
    default: 'auto',
  },
  deploy: {
    description:
      'The Kustomizations are updated by default for the default branch, the branch that is deployed to, and tags. One of auto, true, false.',
    default: 'auto',
  },
  channel: {
    description:
      'Deploy only to the targets of this channel. Default: the targets of every channel that releases deploy to.',
  },
  promote: {
    description:
      'The channel to promote from: the images that it runs are deployed to `channel`, with the same digests, and nothing is built.',
  },
  wait: {
    description:
      "Wait until the cluster runs the deployed images, at most this long, such as `10m`, and fail if it doesn't. By default, a release ends with the deploy commit.",
  },
  platforms: { description: 'Platforms instead of the configured ones, separated by commas or line breaks.' },
  builder: {
    description:
      'The builder instead of the configured ones: `auto`, `buildx`, `remote`, `kubernetes`, `kaniko` or `dispatch`, whose settings in the configuration still apply, or the name of a buildx builder, as docker/setup-buildx-action gives it in its output `name`.',
  },
  'no-cache': { description: 'Build every step again, without the cache (true or false).', default: 'false' },
  rebuild: {
    description: 'Build all images, including those whose inputs did not change (true or false).',
    default: 'false',
  },
  'allow-rollback': {
    description: 'Deploy even if a newer commit, or one of another line of history, is deployed (true or false).',
    default: 'false',
  },
  'dry-run': {
    description: 'Plan and check, but build, publish and commit nothing (true or false).',
    default: 'false',
  },
} as const satisfies Record<string, { description: string; default?: string }>;

export type InputName = keyof typeof INPUTS;
