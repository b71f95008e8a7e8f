import type { Problem } from '../../lib/errors.js';
import type { Check, ReleaseScene } from '../check.js';

/** Where the release runs. */
export const SURROUNDING_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/no-cache-service'],
    finds: 'The Actions cache is configured, and this runner offers none; buildx would say nothing.',
    run: checkCacheService,
  },
  {
    codes: ['preflight/uncommitted-changes'],
    finds: 'The work tree differs from the commit that tags and labels name.',
    run: checkUncommitted,
  },
];

function checkCacheService({ plan, facts }: ReleaseScene): Problem[] {
  const wanted = plan.images.some((image) => image.cacheTo.some((entry) => entry.includes('type=gha')));
  if (!wanted || (facts.environment.kind === 'actions' && facts.environment.cacheService)) return [];
  return [
    {
      code: 'preflight/no-cache-service',
      severity: 'warning',
      message:
        'The Actions cache is configured but this runner offers none: everything is built from scratch.',
      fix: 'On a self-hosted runner check that it reaches the cache service, or set `cache: registry`.',
    },
  ];
}

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
