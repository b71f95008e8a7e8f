/**
 * Every problem code, its exit code and the general cause and fix that `docs/errors.md` prints.
 * Exit codes: 1 failed, 2 usage or configuration, 3 superseded or refused by order.
 */
export const PROBLEM_CATALOGUE = {
  // config
  'config/missing': {
    exit: 2,
    cause: 'There is no image-release.yml (or .github/image-release.yml) and no inline config.',
    fix: 'Create image-release.yml in the repository root, or name the file with --config.',
  },
  // lib
  'internal/unexpected': {
    exit: 1,
    cause: 'Something failed in a way that this program does not know.',
    fix: 'Run again; when it persists, open an issue with the message.',
  },
} as const satisfies Record<string, { exit: 1 | 2 | 3; cause: string; fix: string }>;

export type ProblemCode = keyof typeof PROBLEM_CATALOGUE;

/** The exit code for a set of problems: a configuration mistake (2) outranks the rest. */
export function exitCodeFor(codes: readonly ProblemCode[]): 1 | 2 | 3 {
  const exits = codes.map((code) => PROBLEM_CATALOGUE[code].exit as 1 | 2 | 3);
  if (exits.includes(2)) return 2;
  return exits.includes(1) ? 1 : 3;
}
