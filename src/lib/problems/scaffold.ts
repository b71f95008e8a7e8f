import type { ProblemTable } from './table.js';

/** Files that are written into the user's repository: `init`, `kaniko init`. */
export const SCAFFOLD_PROBLEMS = {
  'scaffold/no-image': {
    exit: 2,
    cause:
      '`init` found nothing that an image is made of: no Dockerfile, no step that builds one, no bake or compose file.',
    fix: 'Write a Dockerfile first; files that git ignores are not looked at.',
  },
  'scaffold/registry-unknown': {
    exit: 2,
    cause:
      'Where the images are published is said by no workflow, by no manifest, and by no origin on GitHub.',
    fix: 'Name it: `image-release init --registry ghcr.io/OWNER`.',
  },
  'scaffold/not-confirmed': {
    exit: 2,
    cause: '`init` writes files only when somebody agrees, and nobody is at a terminal who could be asked.',
    fix: 'Give --yes to write them, or --dry-run to look at them only.',
  },
  'scaffold/file-exists': {
    exit: 2,
    cause: 'A file that would be written exists with another text. Nothing was written.',
    fix: 'Give --force to overwrite it (git keeps the old text), or move it away.',
  },
  'scaffold/repository-unknown': {
    exit: 2,
    cause: 'The runner builds from git, but the checkout has no origin that can be cloned by https.',
    fix: 'Give its address: --repository https://github.com/OWNER/NAME.',
  },
} as const satisfies ProblemTable;
