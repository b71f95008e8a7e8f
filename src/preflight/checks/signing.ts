import type { Problem } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import type { Check, ReleaseScene } from '../check.js';

/** Whether what `attest.sign` asks for can be done here. */
export const SIGNING_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/no-id-token', 'preflight/sign-outside-actions', 'preflight/no-cosign'],
    finds:
      '`attest.sign` asks for signatures, and this run can make none: the job has no `id-token: write`, it is no job of GitHub Actions, or cosign is not installed.',
    run: checkSigner,
  },
];

type Obstacle = { code: ProblemCode; message: string; fix: string };

export function checkSigner({
  plan,
  facts: { signing },
  config,
}: Pick<ReleaseScene, 'plan' | 'facts' | 'config'>): Problem[] {
  const builds = plan.images.some(({ status }) => status === 'build');
  if (plan.sign === undefined || signing === undefined || plan.publish.mode !== 'push' || !builds) return [];
  const found = signing.by === 'github' ? IDENTITY[signing.identity] : COSIGN[signing.signer];
  return found ? [{ ...found, severity: 'error', place: config.place('attest.sign') }] : [];
}

const IDENTITY: Record<'granted' | 'not-granted' | 'no-job', Obstacle | undefined> = {
  granted: undefined,
  'not-granted': {
    code: 'preflight/no-id-token',
    message:
      'The images are to be signed, and this job may not ask for the OpenID token that says who signs.',
    fix: 'Add `id-token: write` and `attestations: write` to the `permissions` of the job.',
  },
  'no-job': {
    code: 'preflight/sign-outside-actions',
    message: 'The images are to be signed by GitHub, which signs for jobs of GitHub Actions only.',
    fix: 'Release from a workflow, or sign with your own means: `attest: { sign: cosign }`.',
  },
};

const COSIGN: Record<'ready' | 'no-program' | 'no-identity', Obstacle | undefined> = {
  ready: undefined,
  'no-identity': {
    code: 'preflight/no-id-token',
    message:
      'The images are to be signed by cosign, which has no key here, and this job may not ask for an OpenID token.',
    fix: 'Add `id-token: write` to the `permissions` of the job, or give the step the variable COSIGN_PRIVATE_KEY (and COSIGN_PASSWORD).',
  },
  'no-program': {
    code: 'preflight/no-cosign',
    message: 'The images are to be signed by cosign, and there is no such program on PATH.',
    fix: 'Install it in an earlier step: `- uses: sigstore/cosign-installer@v4`, better with the commit in place of the tag.',
  },
};
