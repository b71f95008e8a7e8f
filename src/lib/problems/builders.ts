import type { ProblemTable } from './table.js';

/** The choice of a builder. */
export const BUILDER_PROBLEMS = {
  'build/no-builder': {
    exit: 1,
    cause: 'No builder can build here.',
    fix: 'Apply the fix of one of the listed builders; `image-release doctor` shows all facts.',
  },
  'build/next-builder': {
    exit: 1,
    cause: 'The chosen builder could not build, and the next one took over. Always a warning.',
    fix: 'Choose another builder in the configuration, or fix the first one.',
  },
} as const satisfies ProblemTable;
