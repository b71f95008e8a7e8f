import type { ProblemTable } from './table.js';

/** SBOM and provenance of images whose builder makes none. */
export const ATTESTING_PROBLEMS = {
  'registry/sbom-unreadable': {
    exit: 1,
    cause: 'An SBOM scanner ran and left nothing that is an SPDX document.',
    fix: "Use a scanner of BuildKit's protocol in `attest.scanner`, or turn `attest.sbom` off.",
  },
} as const satisfies ProblemTable;
