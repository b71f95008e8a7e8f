import type { ProblemTable } from './table.js';

/** Build contexts that are sent elsewhere. */
export const CONTEXT_PROBLEMS = {
  'build/context-unreadable': {
    exit: 1,
    cause: "Files of a build context can't be read, so it can't be sent to the builder.",
    fix: 'Correct their permissions, or leave them out with a .dockerignore.',
  },
  'build/context-changed': {
    exit: 1,
    cause: 'A file changed while the build context was sent: the image would be made of neither state.',
    fix: 'Build when nothing writes there, or leave it out with a .dockerignore.',
  },
} as const satisfies ProblemTable;
