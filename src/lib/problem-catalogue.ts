import { BUILD_PROBLEMS } from './problems/build.js';
import { CLUSTER_PROBLEMS } from './problems/cluster.js';
import { DEPLOY_PROBLEMS } from './problems/deploy.js';
import { PREFLIGHT_PROBLEMS } from './problems/preflight.js';
import { REGISTRY_PROBLEMS } from './problems/registry.js';
import { USAGE_PROBLEMS } from './problems/usage.js';

/** General fixes by code; a message may have its own. The causes in docs/errors: scripts/generate/error-causes.ts. */
const FIXES = {
  ...USAGE_PROBLEMS,
  ...PREFLIGHT_PROBLEMS,
  ...BUILD_PROBLEMS,
  ...CLUSTER_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...DEPLOY_PROBLEMS,
};

export type ProblemCode = keyof typeof FIXES;

/** 1 failed, 2 usage or configuration, 3 superseded or refused by order. Default: 2 in `USAGE_PROBLEMS`, 1 elsewhere. */
const EXITS = {
  1: [
    ...['config/bake-warning', 'internal/unexpected'],
    ...['source/event-incomplete', 'source/git-failed', 'source/git-missing'],
  ],
  2: [
    ...['build/dockerfile-invalid', 'build/secret-missing'],
    ...['deploy/entry-missing', 'deploy/entry-pinned', 'deploy/image-unmatched', 'deploy/kustomization-missing'],
    ...['deploy/kustomization-unreadable', 'deploy/kustomization-unsafe', 'deploy/kustomize-rejects'],
    ...['deploy/kustomize-unproved', 'deploy/kustomize-unrestricted', 'deploy/message-skips-ci'],
    ...['deploy/no-such-release', 'deploy/not-configured', 'deploy/unknown-channel'],
    ...['dispatch/inputs', 'dispatch/no-repository', 'dispatch/no-token', 'dispatch/no-workflow'],
    ...['kaniko/memory-limit', 'kaniko/unsupported'],
    ...['preflight/dockerfile-check', 'preflight/lockfile-not-copied', 'preflight/missing-context'],
    ...['preflight/missing-dockerfile', 'preflight/missing-secret', 'preflight/missing-target'],
    'preflight/node-too-old',
  ],
  3: ['deploy/order-unknown'],
} as const satisfies Record<1 | 2 | 3, readonly ProblemCode[]>;

/** Every problem that this program can report. */
export const PROBLEM_CATALOGUE = Object.fromEntries(
  Object.entries(FIXES).map(([code, fix]) => {
    const exit = ([1, 2, 3] as const).find((each) => (EXITS[each] as readonly string[]).includes(code));
    return [code, { exit: exit ?? (code in USAGE_PROBLEMS ? 2 : 1), fix }];
  }),
) as Record<ProblemCode, { exit: 1 | 2 | 3; fix: string }>;

/** The exit code for a set of problems: a configuration mistake (2) outranks the rest. */
export function exitCodeFor(codes: readonly ProblemCode[]): 1 | 2 | 3 {
  const exits = codes.map((code) => PROBLEM_CATALOGUE[code].exit);
  if (exits.includes(2)) return 2;
  return exits.includes(1) ? 1 : 3;
}
