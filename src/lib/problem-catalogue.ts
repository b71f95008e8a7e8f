import { BUILD_PROBLEMS } from './problems/build.js';
import { BUILDER_PROBLEMS } from './problems/builders.js';
import { CONTEXT_PROBLEMS } from './problems/context.js';
import { CLUSTER_PROBLEMS } from './problems/cluster.js';
import { DEPLOY_PROBLEMS } from './problems/deploy.js';
import { DISPATCH_PROBLEMS } from './problems/dispatch.js';
import { KANIKO_PROBLEMS } from './problems/kaniko.js';
import { PLAN_PROBLEMS } from './problems/plan.js';
import { PREFLIGHT_PROBLEMS } from './problems/preflight.js';
import { REGISTRY_PROBLEMS } from './problems/registry.js';
import { SCAFFOLD_PROBLEMS } from './problems/scaffold.js';
import { SIGNING_PROBLEMS } from './problems/signing.js';
import { USAGE_PROBLEMS } from './problems/usage.js';

/** Every problem that this program can report. */
export const PROBLEM_CATALOGUE = {
  ...USAGE_PROBLEMS,
  ...PLAN_PROBLEMS,
  ...PREFLIGHT_PROBLEMS,
  ...BUILD_PROBLEMS,
  ...BUILDER_PROBLEMS,
  ...KANIKO_PROBLEMS,
  ...CLUSTER_PROBLEMS,
  ...CONTEXT_PROBLEMS,
  ...DISPATCH_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...SIGNING_PROBLEMS,
  ...SCAFFOLD_PROBLEMS,
  ...DEPLOY_PROBLEMS,
};

export type ProblemCode = keyof typeof PROBLEM_CATALOGUE;

/** The exit code for a set of problems: a configuration mistake (2) outranks the rest. */
export function exitCodeFor(codes: readonly ProblemCode[]): 1 | 2 | 3 {
  const exits = codes.map((code) => PROBLEM_CATALOGUE[code].exit);
  if (exits.includes(2)) return 2;
  return exits.includes(1) ? 1 : 3;
}
