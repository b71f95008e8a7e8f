import type { Problem } from '../../lib/errors.js';
import type { Check, ReleaseScene } from '../check.js';

/** Where the release runs. */
export const SURROUNDING_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/no-cache-service'],
    finds:
      'The Actions cache is configured, or the default, and this runner offers none; buildx would say nothing.',
    run: checkCacheService,
  },
  {
    codes: ['preflight/uncommitted-changes'],
    finds: 'The work tree differs from the commit that tags and labels name.',
    run: checkUncommitted,
  },
];

function checkCacheService({ plan, config, facts: { environment } }: ReleaseScene): Problem[] {
  if (environment.kind === 'actions' && environment.cacheService) return [];
  const isBuilt = plan.images.some(({ status }) => status === 'build');
  if (environment.kind === 'actions' && environment.cacheSilent) return isBuilt ? [SILENT] : [];
  const asked = plan.images.some((image) => image.cacheTo.some((entry) => entry.includes('type=gha')));
  const expected = config.cache.type === 'auto' && environment.kind === 'actions';
  if (!asked && !(expected && isBuilt)) return [];
  return [
    {
      code: 'preflight/no-cache-service',
      severity: 'warning',
      message: asked
        ? 'The Actions cache is configured but this runner offers none: everything is built from scratch.'
        : 'This runner hands over no Actions cache: layers are built anew unless the builder still has them.',
      fix: `${HAND_OVER} ${asked ? 'Or set `cache: registry`.' : 'Or set `cache: registry`, or `cache: none`.'}`,
    },
  ];
}

const SILENT: Problem = {
  code: 'preflight/no-cache-service',
  severity: 'warning',
  message:
    'The Actions cache service gives no answer, so the release goes on without it: layers are built again unless the builder still has them.',
  fix: 'Look at https://www.githubstatus.com, or at the cache service of your own runners. If it never answers, set `cache: none`.',
};

/** Runners give the variables to actions alone, not to `run:` steps; act leaves the token out by default. */
const HAND_OVER =
  'Use the action with `uses:`, on a runner that can reach the cache service and hands over ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL (act: `--artifact-server-path`).';

function checkUncommitted({ plan, facts }: ReleaseScene): Problem[] {
  if (facts.uncommitted.length === 0) return [];
  const shown = facts.uncommitted.slice(0, 5).join(', ');
  const more = facts.uncommitted.length > 5 ? ` and ${facts.uncommitted.length - 5} more` : '';
  return [
    {
      code: 'preflight/uncommitted-changes',
      severity: 'warning',
      message: `The images will carry commit ${plan.source.commit.slice(0, 7)} in their tags, but the work tree differs from it: ${shown}${more}.`,
      fix: 'Commit first, so that what is deployed can be found again.',
    },
  ];
}
