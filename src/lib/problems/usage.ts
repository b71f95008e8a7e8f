import type { ProblemTable } from '../problem-catalogue.js';

/** The command line, inputs, and the configuration. */
export const USAGE_PROBLEMS = {
  'config/missing': {
    exit: 2,
    cause: 'There is no image-release.yml (or .github/image-release.yml) and no inline config.',
    fix: 'Run `image-release init`, which proposes one, or create image-release.yml with `images: { api: { context: api } }`.',
  },
  'config/ambiguous': {
    exit: 2,
    cause: 'There is more than one configuration file.',
    fix: 'Keep one of them, or name the right one with --config or the `config` input.',
  },
  'config/unreadable': {
    exit: 2,
    cause:
      'The configuration file exists but is no readable text in UTF-8, or is a link out of the repository, a special file, or larger than 1 MiB.',
    fix: 'Save it as UTF-8, and let the user of the run read it.',
  },
  'config/syntax': {
    exit: 2,
    cause: 'The configuration is not valid YAML, or a key is written twice.',
    fix: 'Correct the YAML at the reported place: tabs, a value with a colon without quotes, and open brackets are the usual causes.',
  },
  'config/unknown-key': {
    exit: 2,
    cause: 'The configuration contains a key that does not exist, often a misspelling or a wrong indentation.',
    fix: 'Use the suggested key, or look it up in the [reference](configuration.md).',
  },
  'config/invalid': {
    exit: 2,
    cause:
      'A value of the configuration is missing, has the wrong type or form, contains a workflow expression, or contradicts another.',
    fix: 'Write it as the message says; the [reference](configuration.md) has an example of each key.',
  },
  'config/bake-invalid': {
    exit: 2,
    cause:
      "A bake or compose file does not exist, `docker buildx bake --print` can't read it, or it has no target that can be an image.",
    fix: 'Correct the path in `bake`, which is relative to the repository root, or the file; name targets in `bake.targets`.',
  },
  'config/bake-warning': {
    cause:
      'Buildx warns about a bake or compose file (for instance of a variable that is not set), or something in the file has no effect in a release.',
    fix: 'Set the variable for the step or give it a default in the file; remove settings without effect.',
  },
  'input/invalid': {
    exit: 2,
    cause: 'An input of the action or an option of the command has an unknown value, or names an unknown image.',
    fix: 'Use one of the values that the message lists; all inputs are in [action](action.md), all options in [commands](cli.md).',
  },
  'input/conflict': {
    exit: 2,
    cause: 'Two inputs contradict each other.',
    fix: 'Remove one of the two. Images must be published to be deployed; with `published` nothing is built.',
  },
  'usage/invalid': {
    exit: 2,
    cause: 'The command line has an unknown command or option, a wrong value, or lacks an argument.',
    fix: 'See `image-release COMMAND --help` and [commands](cli.md).',
  },
  'internal/unexpected': {
    cause: 'Something failed in a way that this program does not know.',
    fix: 'Run again. When it persists, open an issue at https://github.com/ardenone/image-release/issues with what was printed.',
  },
} as const satisfies ProblemTable;
