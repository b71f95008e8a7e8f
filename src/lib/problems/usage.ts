import type { ProblemTable } from '../problem-catalogue.js';

/** The command line, inputs, the configuration, source and names of a release, and files that `init` writes. Exit code 2. */
export const USAGE_PROBLEMS = {
  'config/missing': {
    cause: 'There is no image-release.yml (or .github/image-release.yml) and no inline config.',
    fix: 'Run `image-release init`, which proposes one, or create image-release.yml with `images: { api: { context: api } }`.',
  },
  'config/ambiguous': {
    cause: 'There is more than one configuration file.',
    fix: 'Keep one of them, or name the right one with --config or the `config` input.',
  },
  'config/unreadable': {
    cause:
      'The configuration file exists but is no readable text in UTF-8, or is a link out of the repository, a special file, or larger than 1 MiB.',
    fix: 'Save it as UTF-8, and let the user of the run read it.',
  },
  'config/syntax': {
    cause: 'The configuration is not valid YAML, or a key is written twice.',
    fix: 'Correct the YAML at the reported place: tabs, a value with a colon without quotes, and open brackets are the usual causes.',
  },
  'config/unknown-key': {
    cause: 'The configuration contains a key that does not exist, often a misspelling or a wrong indentation.',
    fix: 'Use the suggested key, or look it up in the [reference](configuration.md).',
  },
  'config/invalid': {
    cause:
      'A value of the configuration is missing, has the wrong type or form, contains a workflow expression, or contradicts another.',
    fix: 'Write it as the message says; the [reference](configuration.md) has an example of each key.',
  },
  'config/bake-invalid': {
    cause:
      "A bake or compose file does not exist, `docker buildx bake --print` can't read it, or it has no target that can be an image.",
    fix: 'Correct the path in `bake`, which is relative to the repository root, or the file; name targets in `bake.targets`.',
  },
  'config/bake-warning': {
    exit: 1,
    cause:
      'Buildx warns about a bake or compose file (for instance of a variable that is not set), or something in the file has no effect in a release.',
    fix: 'Set the variable for the step or give it a default in the file; remove settings without effect.',
  },
  'input/invalid': {
    cause: 'An input of the action or an option of the command has an unknown value, or names an unknown image.',
    fix: 'Use one of the values that the message lists; all inputs are in [action](action.md), all options in [commands](cli.md).',
  },
  'input/conflict': {
    cause: 'Two inputs contradict each other.',
    fix: 'Remove one of the two. Images must be published to be deployed; with `published` nothing is built.',
  },
  'usage/invalid': {
    cause: 'The command line has an unknown command or option, a wrong value, or lacks an argument.',
    fix: 'See `image-release COMMAND --help` and [commands](cli.md).',
  },
  'internal/unexpected': {
    exit: 1,
    cause: 'Something failed in a way that this program does not know.',
    fix: 'Run again. When it persists, open an issue at https://github.com/ardenone/image-release/issues with what was printed.',
  },
  'image/invalid-reference': {
    cause:
      'An image for a Kustomization is not written as NAME=[NEWNAME][:TAG][@DIGEST], or a name, tag or digest breaks the grammar of image references.',
    fix: 'Write for instance `api=ghcr.io/acme/api:main-1a2b3c4`; the part before the equals sign is the `name` in the Kustomization. Names are lower-case; tags consist of letters, digits, "_", "." and "-"; digests are sha256 and 64 hex digits.',
  },
  'image/invalid-name': {
    cause: 'A configured image name does not follow the grammar of registries, or contains a tag or digest.',
    fix: 'Use lower-case letters and digits, separated by `/`, `.`, `_`, `__` or `-`; a host may have a port.',
  },
  'image/no-registry': {
    cause: 'The image has no registry, and there is no GitHub owner for ghcr.io/<owner>.',
    fix: 'Set `registry: ghcr.io/acme`, or give the image its full name: `image: ghcr.io/acme/api`.',
  },
  'source/git-missing': {
    exit: 1,
    cause: 'git is not installed, or not on PATH.',
    fix: 'Install git; in a container job, in the image of the job.',
  },
  'source/no-checkout': {
    cause:
      'The working directory contains no git checkout with a commit, so the commit that would be built is not known.',
    fix: 'Add `- uses: actions/checkout@v5` before this step (with git installed in a container job), or run inside the repository: `image-release -C FOLDER plan`.',
  },
  'source/unsafe-directory': {
    cause: 'The repository belongs to another user, so git refuses to read it.',
    fix: 'If you trust it: `git config --global --add safe.directory <folder>`.',
  },
  'source/git-failed': {
    exit: 1,
    cause: 'git ended with an error while it read the checkout.',
    fix: 'Fix what git reports; the command in the message shows it again.',
  },
  'source/event-incomplete': {
    exit: 1,
    cause: 'The runner did not set the commit or ref of this run.',
    fix: 'Run as a step of a GitHub Actions job, or use the command line tool.',
  },
  'source/unconfirmed-commit': {
    cause:
      "The workflow has checked out a commit that is not part of the branch or tag that its event names, as happens under `workflow_run` and `issue_comment`. It may be anybody's code, so it is built but neither pushed nor deployed.",
    fix: 'Remove `ref` and `repository` from `actions/checkout`; to release another branch or tag, run the workflow on it.',
  },
  'tags/invalid': {
    cause:
      'A rule of `tags` or an item of `flavor` is not in the grammar of docker/metadata-action, `enable` is neither true nor false, or the tag is longer than 128 characters.',
    fix: 'Correct the rule; [tags](tags.md) lists the types and their attributes.',
  },
  'tags/collision': {
    cause: 'Two images of one release would be pushed under the same name and tag.',
    fix: 'Give them different names, or separate tags with a suffix: `tags: ["type=sha,suffix=-web"]`.',
  },
  'plan/parts-conflict': {
    cause:
      'Jobs that build platforms of one image pass the same platform twice, different names, or builds of another commit than the one that is released.',
    fix: 'Give each of these jobs its own `platforms`, and all of them the same configuration and commit.',
  },
  'scaffold/no-image': {
    cause:
      '`init` found no Dockerfile, no step that builds an image, and no bake or compose file that a workflow builds.',
    fix: 'Write a Dockerfile first. `init` ignores files that git ignores.',
  },
  'scaffold/registry-unknown': {
    cause: "No workflow and no manifest names a registry, and the origin isn't on GitHub.",
    fix: 'Name the registry: `image-release init --registry ghcr.io/OWNER`.',
  },
  'scaffold/not-confirmed': {
    cause: '`init` asks before it writes files, and there is no terminal to ask at.',
    fix: 'Give --yes to write the files, or --dry-run only to look at them.',
  },
  'scaffold/file-exists': {
    cause: 'A file that would be written exists with another text. Nothing was written.',
    fix: 'Give --force to overwrite it (git keeps the old text), or move it away.',
  },
  'scaffold/repository-unknown': {
    cause: 'The runner builds from git, but the checkout has no origin that can be cloned by https.',
    fix: 'Give its address: --repository https://github.com/OWNER/NAME.',
  },
} as const satisfies ProblemTable;
