import type { ProblemTable } from './table.js';

/** What is released, and how it is named. */
export const PLAN_PROBLEMS = {
  'image/invalid-spec': {
    exit: 2,
    cause: 'What an image is to be set to is not written as NAME=[NEWNAME][:TAG][@DIGEST].',
    fix: 'Write for instance `api=ghcr.io/acme/api:main-1a2b3c4`; the part before the equals sign is the `name` in the Kustomization.',
  },
  'image/invalid-reference': {
    exit: 2,
    cause: 'A name, tag or digest breaks the grammar of image references.',
    fix: 'Names are lower-case; tags hold letters, digits, "_", "." and "-"; digests are sha256 and 64 hex digits.',
  },
  'source/git-missing': {
    exit: 1,
    cause: 'git is not installed, or not on PATH.',
    fix: 'Install git; in a container job, in the image of the job.',
  },
  'source/no-checkout': {
    exit: 2,
    cause: 'The working directory holds no git checkout, so the commit that would be built is not known.',
    fix: 'Put `- uses: actions/checkout@v5` before this step (with git installed in a container job).',
  },
  'source/not-a-repository': {
    exit: 2,
    cause: 'The folder does not lie inside a git work tree.',
    fix: 'Run inside the repository, or name its folder: `image-release -C FOLDER plan`.',
  },
  'source/unsafe-directory': {
    exit: 2,
    cause: 'The repository belongs to another user, so git refuses to read it.',
    fix: 'If you trust it: `git config --global --add safe.directory <folder>`.',
  },
  'source/no-commit': {
    exit: 2,
    cause: 'The repository has no commit yet; tags and labels name one.',
    fix: 'Commit something first: `git add -A && git commit -m "First commit"`.',
  },
  'source/git-failed': {
    exit: 1,
    cause: 'git ended with an error while the checkout was read.',
    fix: 'Repair the repository until the command in the message succeeds.',
  },
  'source/event-incomplete': {
    exit: 1,
    cause: 'The runner did not say which commit or ref this run is for.',
    fix: 'Run as a step of a GitHub Actions job, or use the command line tool: `image-release release`.',
  },
  'source/unconfirmed-commit': {
    exit: 2,
    cause:
      'The workflow has checked out a commit that is not part of the branch or tag that its event names, as happens under `workflow_run` and `issue_comment`. It may be anybody’s code, so it is built but neither pushed nor deployed.',
    fix: 'Check out what the event names, or run the workflow on the branch that has the commit.',
  },
  'tags/rule': {
    exit: 2,
    cause: 'A rule of `tags` is not in the grammar that docker/metadata-action has made common.',
    fix: 'Correct the rule; [tags](tags.md) lists the types and their attributes.',
  },
  'tags/flavor': {
    exit: 2,
    cause: 'An item of `flavor` is not in the grammar that docker/metadata-action has made common.',
    fix: 'Use latest=auto|true|false, prefix=TEXT or suffix=TEXT, the last two with ,onlatest=true|false.',
  },
  'tags/enable': {
    exit: 2,
    cause: 'The attribute `enable` of a tag rule came out as something else than true or false.',
    fix: 'Write true, false, {{is_default_branch}} or {{is_not_default_branch}}.',
  },
  'tags/too-long': {
    exit: 2,
    cause: 'A tag rule gives more than the 128 characters that a tag may have.',
    fix: 'Shorten the fixed text of the rule.',
  },
  'tags/collision': {
    exit: 2,
    cause: 'Two images of one release would be pushed under the same name and tag.',
    fix: 'Give them different names, or tags of their own with a suffix: `tags: ["type=sha,suffix=-web"]`.',
  },
  'image/name': {
    exit: 2,
    cause: 'The image name does not follow the grammar of registries.',
    fix: 'Use lower-case letters and digits, separated by `/`, `.`, `_` or `-`.',
  },
  'image/capitals': {
    exit: 2,
    cause: 'Registries accept lower-case image names only.',
    fix: 'Write the name in lower case.',
  },
  'image/tag-in-name': {
    exit: 2,
    cause: 'The configured image name holds a tag or a digest; those are what a release adds.',
    fix: 'Give the name alone, `image: ghcr.io/acme/api`; tags come from [`tags`](tags.md).',
  },
  'image/no-registry': {
    exit: 2,
    cause: 'The image has no registry, and there is no GitHub owner to take ghcr.io/<owner> from.',
    fix: 'Set `registry: ghcr.io/acme`, or give the image its full name: `image: ghcr.io/acme/api`.',
  },
  'plan/unknown-image': {
    exit: 2,
    cause: 'The run names an image that the configuration does not have.',
    fix: 'Use one of the keys under `images`.',
  },
  'plan/parts-conflict': {
    exit: 2,
    cause:
      'Jobs that build platforms of one image hand over the same platform twice, or under names that differ.',
    fix: 'Give each of these jobs `platforms` of its own, and all of them the same configuration.',
  },
  'plan/parts-other-commit': {
    exit: 2,
    cause: 'Platforms of an image were built from another commit than the one that joins them.',
    fix: 'Check out the same commit in all jobs, and run all of them again.',
  },
} as const satisfies ProblemTable;
