import { problem, warning, type Problem } from '../../lib/errors.js';
import type { Check, PreflightInput } from '../check.js';

/** The machine and the job that the release runs in. */
export const ENVIRONMENT_CHECKS: readonly Check[] = [checkCacheService, checkUncommitted, checkSigner];

function checkCacheService({ plan, config, facts: { environment } }: PreflightInput): Problem[] {
  if (environment.kind === 'actions' && environment.cacheService) return [];
  const report = (message: string, fix?: string) => [
    warning({ code: 'preflight/no-cache-service', message, ...(fix && { fix }) }),
  ];
  const isBuilt = plan.images.some(({ status }) => status === 'build');
  if (environment.kind === 'actions' && environment.cacheSilent && isBuilt)
    return report(
      "The Actions cache service doesn't answer, so the release goes on without it: layers are built again unless the builder still has them.",
      'Check https://www.githubstatus.com, or the cache service of your runners. If it never answers, set `cache: none`.',
    );
  if (environment.kind === 'actions' && environment.cacheSilent) return [];
  if (plan.images.some((image) => image.cacheTo.some((entry) => entry.includes('type=gha'))))
    return report('The Actions cache is configured but this runner offers none: everything is built from scratch.');
  if (config.cache.type !== 'auto' || environment.kind !== 'actions' || !isBuilt) return [];
  return report('This runner offers no Actions cache: layers are built again unless the builder still has them.');
}

function checkUncommitted({ plan, facts: { uncommitted } }: PreflightInput): Problem[] {
  if (uncommitted.length === 0) return [];
  const shown = uncommitted.slice(0, 5).join(', ');
  const more = uncommitted.length > 5 ? ` and ${uncommitted.length - 5} more` : '';
  return [
    warning({
      code: 'preflight/uncommitted-changes',
      message: `The tags of the images will name commit ${plan.source.commit.slice(0, 7)}, but the work tree differs from it: ${shown}${more}.`,
    }),
  ];
}

export function checkSigner({
  plan,
  facts: { signing },
  config,
}: Pick<PreflightInput, 'plan' | 'facts' | 'config'>): Problem[] {
  const builds = plan.images.some(({ status }) => status === 'build');
  if (plan.sign === undefined || signing === undefined || plan.publish.mode !== 'push' || !builds) return [];
  const obstacle = OBSTACLES[signing.by === 'github' ? signing.identity : signing.signer];
  if (obstacle === undefined) return [];
  const [reason, fix] = obstacle;
  return [
    problem({
      code: 'preflight/cannot-sign',
      place: config.place('attest.sign'),
      message: `The images can't be signed: ${reason}.`,
      fix,
    }),
  ];
}

const OBSTACLES: Partial<Record<string, [reason: string, fix: string]>> = {
  'not-granted': [
    "this job has no right to the OpenID token that proves the signer's identity",
    'Add `id-token: write` and `attestations: write` to the `permissions` of the job.',
  ],
  'no-job': [
    'GitHub signs for jobs of GitHub Actions only',
    'Release from a workflow, or sign yourself: `attest: { sign: cosign }`.',
  ],
  'no-identity': [
    'cosign has no key here, and this job has no right to an OpenID token',
    'Add `id-token: write` to the `permissions` of the job, or set the variable COSIGN_PRIVATE_KEY (and COSIGN_PASSWORD) for the step.',
  ],
  'no-program': [
    'cosign is not on PATH',
    'Install it in an earlier step: `- uses: sigstore/cosign-installer@v4`, pinned to a commit.',
  ],
};
