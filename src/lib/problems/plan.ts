import type { ProblemTable } from '../problem-catalogue.js';

/** Source and names of a release. */
export const PLAN_PROBLEMS = {
  'image/invalid-reference': {
    exit: 2,
    cause:
      'An image for a Kustomization is not written as NAME=[NEWNAME][:TAG][@DIGEST], or a name, tag or digest breaks the grammar of image references.',
    fix: 'Write for instance `api=ghcr.io/acme/api:main-1a2b3c4`; the part before the equals sign is the `name` in the Kustomization. Names are lower-case; tags consist of letters, digits, "_", "." and "-"; digests are sha256 and 64 hex digits.',
  },
  'image/invalid-name': {
    exit: 2,
    cause: 'A configured image name does not follow the grammar of registries, or contains a tag or digest.',
    fix: 'Use lower-case letters and digits, separated by `/`, `.`, `_`, `__` or `-`; a host may have a port.',
  },
  'image/no-registry': {
    exit: 2,
    cause: 'The image has no registry, and there is no GitHub owner for ghcr.io/<owner>.',
    fix: 'Set `registry: ghcr.io/acme`, or give the image its full name: `image: ghcr.io/acme/api`.',
  },
  'source/git-missing': {
    cause: 'git is not installed, or not on PATH.',
    fix: 'Install git; in a container job, in the image of the job.',
  },
  'source/no-checkout': {
    exit: 2,
    cause:
      'The working directory contains no git checkout with a commit, so the commit that would be built is not known.',
    fix: 'Add `- uses: actions/checkout@v5` before this step (with git installed in a container job), or run inside the repository: `image-release -C FOLDER plan`.',
  },
  'source/unsafe-directory': {
    exit: 2,
    cause: 'The repository belongs to another user, so git refuses to read it.',
    fix: 'If you trust it: `git config --global --add safe.directory <folder>`.',
  },
  'source/git-failed': {
    cause: 'git ended with an error while it read the checkout.',
    fix: 'Fix what git reports; the command in the message shows it again.',
  },
  'source/event-incomplete': {
    cause: 'The runner did not set the commit or ref of this run.',
    fix: 'Run as a step of a GitHub Actions job, or use the command line tool.',
  },
  'source/unconfirmed-commit': {
    exit: 2,
    cause:
      "The workflow has checked out a commit that is not part of the branch or tag that its event names, as happens under `workflow_run` and `issue_comment`. It may be anybody's code, so it is built but neither pushed nor deployed.",
    fix: 'Remove `ref` and `repository` from `actions/checkout`; to release another branch or tag, run the workflow on it.',
  },
  'tags/invalid': {
    exit: 2,
    cause:
      'A rule of `tags` or an item of `flavor` is not in the grammar of docker/metadata-action, `enable` is neither true nor false, or the tag is longer than 128 characters.',
    fix: 'Correct the rule; [tags](tags.md) lists the types and their attributes.',
  },
  'tags/collision': {
    exit: 2,
    cause: 'Two images of one release would be pushed under the same name and tag.',
    fix: 'Give them different names, or separate tags with a suffix: `tags: ["type=sha,suffix=-web"]`.',
  },
  'plan/parts-conflict': {
    exit: 2,
    cause:
      'Jobs that build platforms of one image pass the same platform twice, different names, or builds of another commit than the one that is released.',
    fix: 'Give each of these jobs its own `platforms`, and all of them the same configuration and commit.',
  },
} as const satisfies ProblemTable;
