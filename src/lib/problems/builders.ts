import type { ProblemTable } from './table.js';

/** Which builder builds. */
export const BUILDER_PROBLEMS = {
  'build/no-builder': {
    exit: 1,
    cause: 'None of the builders that were considered can build here.',
    fix: 'Do what the message says for one of them; `image-release doctor` shows all facts.',
  },
  'build/next-builder': {
    exit: 1,
    cause:
      'The builder that was chosen turned out to be unable to build, and the next one took over. Always a warning.',
    fix: 'Choose another builder in the configuration, or mend the first one.',
  },
  'build/buildkit-unreachable': {
    exit: 1,
    cause: 'The BuildKit of a remote builder gives no answer, or something else answers at its address.',
    fix: 'Check that buildkitd runs and listens there; with TLS its certificates belong into the configuration.',
  },
} as const satisfies ProblemTable;
