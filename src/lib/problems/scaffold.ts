import type { ProblemTable } from './table.js';

/** Files that are written into the user's repository: `init`, `kaniko init`. */
export const SCAFFOLD_PROBLEMS = {
  'scaffold/no-image': {
    exit: 2,
    cause:
      '`init` found no Dockerfile, no step that builds an image, and no bake or compose file that a workflow builds.',
    fix: 'Write a Dockerfile first. `init` ignores files that git ignores.',
  },
  'scaffold/registry-unknown': {
    exit: 2,
    cause: "No workflow and no manifest names a registry, and the origin isn't on GitHub.",
    fix: 'Name the registry: `image-release init --registry ghcr.io/OWNER`.',
  },
  'scaffold/not-confirmed': {
    exit: 2,
    cause: '`init` asks before it writes files, and there is no terminal to ask at.',
    fix: 'Give --yes to write the files, or --dry-run only to look at them.',
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
