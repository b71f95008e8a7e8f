import type { ProblemTable } from './table.js';

/** Files that are written into the user's repository: `init`, `kaniko init`. */
export const SCAFFOLD_PROBLEMS = {
  'scaffold/file-exists': {
    exit: 2,
    cause: 'A file that would be written is there already, with another text. Nothing was written.',
    fix: 'Give --force to overwrite it, or move it away.',
  },
  'scaffold/repository-unknown': {
    exit: 2,
    cause: 'The runner builds from git, and where the repository can be cloned from is not known.',
    fix: 'Give its https address with --repository.',
  },
  'scaffold/not-buildable': {
    exit: 2,
    cause:
      'An image uses what a runner in the cluster can not do: it clones the repository and hands each Dockerfile to Kaniko as it stands.',
    fix: 'Build that image by `image-release release --builder kaniko`, or change it.',
  },
} as const satisfies ProblemTable;
