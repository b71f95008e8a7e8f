import type { ProblemTable } from './table.js';

/** Files that are written into the user's repository: `init`, `kaniko init`. */
export const SCAFFOLD_PROBLEMS = {
  'scaffold/no-image': {
    exit: 2,
    cause: '`init` found no image: no Dockerfile, no step that builds one, no bake or compose file.',
    fix: 'Write a Dockerfile first; files that git ignores are not read.',
  },
  'scaffold/registry-unknown': {
    exit: 2,
    cause: 'No workflow, no manifest and no origin on GitHub names the registry of the images.',
    fix: 'Name it: `image-release init --registry ghcr.io/OWNER`.',
  },
  'scaffold/not-confirmed': {
    exit: 2,
    cause: '`init` asks before it writes files, and there is no terminal to ask at.',
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
