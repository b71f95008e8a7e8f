import type { ProblemTable } from './table.js';

/** What the user wrote: command line, inputs, configuration. */
export const USAGE_PROBLEMS = {
  'config/missing': {
    exit: 2,
    cause: 'There is no image-release.yml (or .github/image-release.yml) and no inline config.',
    fix: '`image-release init` writes one. Or create image-release.yml in the repository root with `images: { api: { context: api } }`, or name the file with `--config`.',
  },
  'config/ambiguous': {
    exit: 2,
    cause: 'There is more than one configuration file, and which one counts would be a guess.',
    fix: 'Keep one of them, or name the one that counts with --config or the `config` input.',
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
    fix: 'Correct the YAML at the place that is named: tabs, quotes around a value that holds a colon, and brackets left open are the usual causes.',
  },
  'config/empty': {
    exit: 2,
    cause: 'The configuration holds nothing.',
    fix: 'Name at least one image: `images: { api: { context: api } }`.',
  },
  'config/unknown-key': {
    exit: 2,
    cause: 'The configuration holds a key that does not exist, often a misspelling or a wrong indentation.',
    fix: 'Take the suggestion, or look the key up in the [reference](configuration.md).',
  },
  'config/invalid': {
    exit: 2,
    cause: 'A value of the configuration has the wrong type or form, or is missing.',
    fix: 'Write it as the message says; the [reference](configuration.md) has an example of each key.',
  },
  'config/unknown-image': {
    exit: 2,
    cause: '`deploy` names an image that the configuration does not define.',
    fix: 'Use one of the keys under `images`, or add the image there.',
  },
  'config/expression': {
    exit: 2,
    cause:
      'A configuration file holds a workflow expression (`${{ … }}`), which GitHub fills in only in workflow files.',
    fix: 'Move the configuration to the `config` input of the step, or write the value itself.',
  },
  'config/bake-missing': {
    exit: 2,
    cause:
      'A bake or compose file that `bake` names does not exist, or is no regular file of the repository.',
    fix: 'Correct its path: it is relative to the repository root.',
  },
  'config/bake-failed': {
    exit: 2,
    cause: '`docker buildx bake --print` can not read the bake or compose file, or lacks a target or file.',
    fix: 'Correct the file as buildx says; the same command shows the same error.',
  },
  'config/bake-target': {
    exit: 2,
    cause: 'A bake or compose file has no target to release, or one that can not be an image.',
    fix: 'Name targets in `bake.targets`; rename those whose names are no keys of images.',
  },
  'config/bake-ignored': {
    exit: 1,
    cause:
      'A setting in a bake or compose file does not count in a release, or this version of buildx does not print it.',
    fix: 'Remove it, or do what the message says.',
  },
  'config/bake-warning': {
    exit: 1,
    cause: 'Buildx warns of something in a bake or compose file, such as a variable that is not set.',
    fix: 'Set the variable for the step, or give it a default in the file.',
  },
  'input/invalid': {
    exit: 2,
    cause: 'An input of the action or an option of the command has a value that it does not take.',
    fix: 'Give one of the values that the message lists; all inputs are in [action](action.md), all options in [commands](cli.md).',
  },
  'input/conflict': {
    exit: 2,
    cause: 'Two inputs contradict each other, so that nothing or the wrong thing would be done.',
    fix: 'Remove one of the two. What is not published can not be deployed; with `published` nothing is built.',
  },
  'usage/unknown-command': {
    exit: 2,
    cause: 'The command line names a command that does not exist.',
    fix: 'Take the suggestion, or see `image-release --help` and [commands](cli.md).',
  },
  'usage/unknown-option': {
    exit: 2,
    cause: 'The command line has an option that the command does not know.',
    fix: 'See `image-release COMMAND --help`.',
  },
  'usage/bad-option': {
    exit: 2,
    cause: 'An option has no value, or a value that it does not take.',
    fix: 'See `image-release COMMAND --help`.',
  },
  'usage/missing-argument': {
    exit: 2,
    cause: 'The command needs an argument that was not given.',
    fix: 'See the usage line of `image-release COMMAND --help`.',
  },
  'usage/bad-image': {
    exit: 2,
    cause: 'An image to deploy was not given as KEY=REF:TAG[@DIGEST].',
    fix: 'Give the key from the configuration, the repository, and the tag or digest that was published.',
  },
  'internal/unexpected': {
    exit: 1,
    cause: 'Something failed in a way that this program does not know.',
    fix: 'Run again. When it persists, open an issue at https://github.com/ardenone/image-release/issues with what was printed.',
  },
} as const satisfies ProblemTable;
