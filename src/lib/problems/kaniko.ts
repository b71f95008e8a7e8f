import type { ProblemTable } from './table.js';

/** Builds in pods by Kaniko. */
export const KANIKO_PROBLEMS = {
  'kaniko/unsupported': {
    exit: 2,
    cause:
      'A Dockerfile or a setting needs something that Kaniko does not support. As a warning: cache mounts are empty.',
    fix: 'Write the line in another way, or build with BuildKit (`builder: buildx`, `kubernetes` or `remote`).',
  },
  'kaniko/memory-limit': {
    exit: 2,
    cause: 'The memory limit of the pod is not above the heap that a step of the build sets.',
    fix: 'Raise the limit a quarter above the heap (`builder: { type: kaniko, limits: { memory: 5Gi } }`), or lower `--max-old-space-size`.',
  },
  'kaniko/not-pushed': {
    exit: 1,
    cause: 'Kaniko pushed an image that the registry does not have.',
    fix: 'Run again; check that pods and this machine reach the same registry under that name.',
  },
  'kaniko/executor': {
    exit: 1,
    cause: 'The executor is of another version, or no executor of Kaniko.',
    fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
  },
} as const satisfies ProblemTable;
