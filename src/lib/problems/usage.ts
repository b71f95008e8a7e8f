/** The command line, inputs, the configuration, source and names of a release, and files that `init` writes. Exit code 2. */
export const USAGE_PROBLEMS = {
  'config/missing':
    'Run `image-release init`, which proposes one, or create image-release.yml with `images: { api: { context: api } }`.',
  'config/ambiguous': 'Keep one of them, or name the right one with --config or the `config` input.',
  'config/unreadable': 'Save it as UTF-8, and let the user of the run read it.',
  'config/syntax':
    'Correct the YAML at the reported place: tabs, a value with a colon without quotes, and open brackets are the usual causes.',
  'config/unknown-key': 'Use the suggested key, or look it up in the [reference](configuration.md).',
  'config/invalid': 'Write it as the message says; the [reference](configuration.md) has an example of each key.',
  'config/bake-invalid':
    'Correct the path in `bake`, which is relative to the repository root, or the file; name targets in `bake.targets`.',
  'config/bake-warning':
    'Set the variable for the step or give it a default in the file; remove settings without effect.',
  'input/invalid':
    'Use one of the values that the message lists; all inputs are in [action](action.md), all options in [commands](cli.md).',
  'input/conflict':
    'Remove one of the two. Images must be published to be deployed; with `published` nothing is built.',
  'usage/invalid': 'See `image-release COMMAND --help` and [commands](cli.md).',
  'internal/unexpected':
    'Run again. When it persists, open an issue at https://github.com/ardenone/image-release/issues with what was printed.',
  'image/invalid-reference':
    'Write for instance `api=ghcr.io/acme/api:main-1a2b3c4`; the part before the equals sign is the `name` in the Kustomization. Names are lower-case; tags consist of letters, digits, "_", "." and "-"; digests are sha256 and 64 hex digits.',
  'image/invalid-name':
    'Use lower-case letters and digits, separated by `/`, `.`, `_`, `__` or `-`; a host may have a port.',
  'image/no-registry': 'Set `registry: ghcr.io/acme`, or give the image its full name: `image: ghcr.io/acme/api`.',
  'source/git-missing': 'Install git; in a container job, in the image of the job.',
  'source/no-checkout':
    'Add `- uses: actions/checkout@v5` before this step (with git installed in a container job), or run inside the repository: `image-release -C FOLDER plan`.',
  'source/unsafe-directory': 'If you trust it: `git config --global --add safe.directory <folder>`.',
  'source/git-failed': 'Fix what git reports; the command in the message shows it again.',
  'source/event-incomplete': 'Run as a step of a GitHub Actions job, or use the command line tool.',
  'source/unconfirmed-commit':
    'Remove `ref` and `repository` from `actions/checkout`; to release another branch or tag, run the workflow on it.',
  'tags/invalid': 'Correct the rule; [tags](tags.md) lists the types and their attributes.',
  'tags/collision': 'Give them different names, or separate tags with a suffix: `tags: ["type=sha,suffix=-web"]`.',
  'plan/parts-conflict':
    'Give each of these jobs its own `platforms`, and all of them the same configuration and commit.',
  'scaffold/no-image': 'Write a Dockerfile first. `init` ignores files that git ignores.',
  'scaffold/registry-unknown': 'Name the registry: `image-release init --registry ghcr.io/OWNER`.',
  'scaffold/not-confirmed': 'Give --yes to write the files, or --dry-run only to look at them.',
  'scaffold/file-exists': 'Give --force to overwrite it (git keeps the old text), or move it away.',
  'scaffold/repository-unknown': 'Give its address: --repository https://github.com/OWNER/NAME.',
};
