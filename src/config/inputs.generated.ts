// Generated from action.yml by `npm run generate`.

/** The inputs of the Action; a default that is an expression is filled in by the runner only. */
export const INPUTS = {
  config: {
    description:
      'The configuration: YAML as in image-release.yml, or the path of a file. Default: image-release.yml in the repository root or in .github.',
  },
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
      'The `images` output of an earlier job, or of several, one after the other. Those digests are deployed and nothing is built, so that build and deploy can be two jobs with different permissions. What was pushed by digest alone is first joined, one index for all platforms of an image, and tagged.',
  },
  tags: {
    description:
      'Further tags for the images, besides those of the rules, separated by commas or line breaks.',
  },
  push: {
    description:
      'Whether images are published, one of auto, true, false, digest. With auto, not for pull requests. With digest they get no tag and are not deployed: a later job joins the platforms (`published`).',
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
      'What builds the images, in place of the configured choice, one of auto, buildx, remote, kubernetes, kaniko, dispatch. Settings of that builder in the configuration count all the same.',
  },
  'no-cache': { description: 'Build every step anew (true or false).', default: 'false' },
  force: { description: 'Build also images whose inputs did not change (true or false).', default: 'false' },
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
  commit: { description: 'Id of the deploy commit; empty when none was made.' },
  'pull-request': {
    description: 'Number of the pull request that proposes the deploy; empty when there is none.',
  },
} as const satisfies Record<string, { description: string }>;

export type OutputName = keyof typeof OUTPUTS;
