import { BUILD_PROBLEMS } from './problems/build.js';
import { CLEANUP_PROBLEMS } from './problems/cleanup.js';
import { CLUSTER_PROBLEMS } from './problems/cluster.js';
import { DEPLOY_PROBLEMS } from './problems/deploy.js';
import { PREFLIGHT_PROBLEMS } from './problems/preflight.js';
import { REGISTRY_PROBLEMS } from './problems/registry.js';
import { USAGE_PROBLEMS } from './problems/usage.js';

/**
 * Problems by code. `exit`: 1 failed, 2 usage or configuration, 3 superseded or refused by order; default 2 in
 * `USAGE_PROBLEMS`, 1 elsewhere.
 * Cause and fix are the general ones that `docs/errors/README.md` prints; a message has its own.
 */
export type ProblemTable = Record<string, { exit?: 1 | 2 | 3; cause: string; fix: string }>;

const TABLES = {
  ...USAGE_PROBLEMS,
  ...PREFLIGHT_PROBLEMS,
  ...BUILD_PROBLEMS,
  ...CLUSTER_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...DEPLOY_PROBLEMS,
  ...CLEANUP_PROBLEMS,
};

export type ProblemCode = keyof typeof TABLES;

/** Every problem that this program can report. */
export const PROBLEM_CATALOGUE = Object.fromEntries(
  Object.entries<ProblemTable[string]>(TABLES).map(([code, problem]) => [
    code,
    { exit: code in USAGE_PROBLEMS ? 2 : 1, ...problem },
  ]),
) as Record<ProblemCode, { exit: 1 | 2 | 3; cause: string; fix: string }>;

/** The exit code for a set of problems: a configuration mistake (2) outranks the rest. */
export function exitCodeFor(codes: readonly ProblemCode[]): 1 | 2 | 3 {
  const exits = codes.map((code) => PROBLEM_CATALOGUE[code].exit);
  if (exits.includes(2)) return 2;
  return exits.includes(1) ? 1 : 3;
}
