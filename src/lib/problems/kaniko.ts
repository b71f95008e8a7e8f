import type { ProblemTable } from './table.js';

/** Builds in pods by Kaniko. */
export const KANIKO_PROBLEMS = {
  'kaniko/unsupported': {
    exit: 2,
    cause: 'A Dockerfile or a setting asks for something that Kaniko does not do, or leaves out in silence.',
    fix: 'Write the line in another way, or build with BuildKit (`builder: buildx`, `kubernetes` or `remote`).',
  },
  'kaniko/cache-mount': {
    exit: 1,
    cause: 'A cache mount is empty in every build by Kaniko: its pod ends with the build. Always a warning.',
    fix: 'The image is not affected; the step takes longer.',
  },
  'kaniko/memory-limit': {
    exit: 2,
    cause: 'The memory limit of the pod is not above the heap that a step of the build asks for.',
    fix: 'Raise the limit a quarter above the heap (`builder: { type: kaniko, limits: { memory: 5Gi } }`), or lower `--max-old-space-size`.',
  },
  'kaniko/context-cut': {
    exit: 1,
    cause: 'The build context did not arrive whole, twice.',
    fix: 'Look at the connection to the cluster: proxies and load balancers may end long streams.',
  },
  'kaniko/no-digest': {
    exit: 1,
    cause: 'A pod ended well and named no digest of an image.',
    fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
  },
  'kaniko/not-pushed': {
    exit: 1,
    cause: 'Kaniko reported an image that the registry does not serve.',
    fix: 'Run again; check that pods and this machine reach the same registry under that name.',
  },
  'kaniko/executor': {
    exit: 1,
    cause: 'The executor refused its command line: it is of another version, or no executor of Kaniko.',
    fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
  },
  'kaniko/build-again': {
    exit: 1,
    cause:
      'A pod was lost without fault of the build, and the image was built in another one. Always a warning.',
    fix: 'The image is not affected.',
  },
} as const satisfies ProblemTable;
