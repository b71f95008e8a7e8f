import type { Place, Problem } from '../../lib/errors.js';
import type { Check, ReleaseScene } from '../check.js';
import { buildsImages, concernsImages, isMoving, isOwnStep, needsNoIdToken } from '../workflows/uses.js';
import {
  effectivePermissions,
  type Job,
  type Permissions,
  type Step,
  type Workflow,
} from '../workflows/workflow.js';

/** The workflows of the checkout that build images, with this action or another way. */
export const WORKFLOW_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/workflow-no-timeout'],
    finds: 'A job that builds images has no `timeout-minutes`.',
    run: forEachWorkflow(checkTimeout),
  },
  {
    codes: ['preflight/workflow-no-concurrency'],
    finds: 'Neither the workflow nor the job that builds images has a `concurrency` group.',
    run: forEachWorkflow(checkConcurrency),
  },
  {
    codes: ['preflight/workflow-moving-action'],
    finds: 'An action of others is used by a branch or a tag, which can be moved to other code.',
    run: forEachWorkflow(checkMovingActions),
  },
  {
    codes: ['preflight/workflow-unused-id-token'],
    finds: 'A job has `id-token: write`, and no step that could use it.',
    run: forEachWorkflow(checkIdToken),
  },
  {
    codes: ['preflight/workflow-permissions'],
    finds: 'The `permissions` of a job with this action leave out what its release needs.',
    run: forEachWorkflow(checkPermissions),
  },
];

function forEachWorkflow(
  check: (workflow: Workflow, release: ReleaseScene) => Omit<Problem, 'severity'>[],
): Check['run'] {
  return (release) => {
    return release.workflows
      .filter(concernsImages)
      .flatMap((workflow) => check(workflow, release))
      .map((problem) => ({ severity: 'warning' as const, ...problem }));
  };
}

const building = ({ jobs }: Workflow): Job[] => jobs.filter(({ steps }) => steps.some(buildsImages));

function checkTimeout(workflow: Workflow): Omit<Problem, 'severity'>[] {
  const endless = building(workflow).filter(({ timeout }) => timeout === 'none');
  if (endless.length === 0) return [];
  return [
    {
      code: 'preflight/workflow-no-timeout',
      place: endless[0]!.place,
      message: `${jobNames(endless)} no \`timeout-minutes\`: if a step hangs, it goes on for six hours.`,
      fix: 'Add `timeout-minutes: 30`, or what your slowest release takes.',
    },
  ];
}

function checkConcurrency(workflow: Workflow): Omit<Problem, 'severity'>[] {
  const loose = building(workflow).filter(({ concurrency }) => concurrency === 'none');
  if (workflow.concurrency === 'set' || loose.length === 0) return [];
  return [
    {
      code: 'preflight/workflow-no-concurrency',
      place: loose[0]!.place,
      message: `${jobNames(loose)} no \`concurrency\` group: pushes shortly after one another build side by side.`,
      fix: "Add `concurrency: { group: 'release-${{ github.ref }}', cancel-in-progress: false }` to the workflow.",
    },
  ];
}

function jobNames(jobs: readonly Job[]): string {
  const names = jobs.map(({ name }) => name).join(', ');
  return jobs.length === 1 ? `Job ${names} has` : `Jobs ${names} have`;
}

function checkMovingActions({ jobs }: Workflow, { facts }: ReleaseScene): Omit<Problem, 'severity'>[] {
  const owner = facts.source.repository?.split('/')[0];
  const moving = jobs
    .flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []))
    .filter(({ text }) => isMoving(text, owner));
  const names = [...new Set(moving.map(({ text }) => text))];
  const [first] = names;
  if (first === undefined) return [];
  const [action, version] = first.split('@');
  return [
    {
      code: 'preflight/workflow-moving-action',
      place: moving[0]!.place,
      message: `A tag or branch of others can be moved to other code, and then runs here: ${names.join(', ')}.`,
      fix: `Name the commit, with the version as a comment: \`uses: ${action}@<40 hex digits> # ${version}\`.`,
    },
  ];
}

function checkIdToken(workflow: Workflow, { config }: ReleaseScene): Omit<Problem, 'severity'>[] {
  const granted = (permissions: Permissions | undefined): Place | undefined =>
    permissions?.type === 'some' && permissions.levels['id-token']?.level === 'write'
      ? permissions.levels['id-token'].place
      : undefined;
  const needless = (jobs: readonly Job[]) => jobs.every((job) => needsNoIdToken(job, config.attest.sign));
  const problem = (place: Place, of: string) => ({
    code: 'preflight/workflow-unused-id-token' as const,
    place,
    message: `${of} may ask for OpenID tokens, and nothing in it does.`,
    fix: 'Remove `id-token: write`.',
  });
  const shared = granted(workflow.permissions);
  const heirs = workflow.jobs.filter(({ permissions }) => permissions === undefined);
  return [
    ...(shared && needless(heirs) ? [problem(shared, 'The workflow')] : []),
    ...workflow.jobs.flatMap((job) => {
      const own = granted(job.permissions);
      return own && needless([job]) ? [problem(own, `Job ${job.name}`)] : [];
    }),
  ];
}

function checkPermissions(workflow: Workflow, release: ReleaseScene): Omit<Problem, 'severity'>[] {
  return workflow.jobs.flatMap((job) => {
    const permissions = effectivePermissions(workflow, job);
    if (permissions === undefined) return [];
    const needed = [...new Set(job.steps.filter(isOwnStep).flatMap((step) => neededRights(step, release)))];
    const lacking = needed.filter((right) => levelOf(permissions, right) !== 'write');
    if (lacking.length === 0) return [];
    const lines = lacking.map((right) => `\`${right}: write\``).join(' and ');
    return [
      {
        code: 'preflight/workflow-permissions' as const,
        place: permissions.place,
        message: `Job ${job.name} releases without ${lines}.`,
        fix: `Add ${lines} to its \`permissions\`.`,
      },
    ];
  });
}

/** What the job's own token is used for. An input that is an expression may be anything. */
function neededRights({ inputs }: Step, { plan, config }: ReleaseScene): string[] {
  const given = (name: string) => inputs[name]?.text ?? '';
  const own = (text: string) => /^(?:\$\{\{\s*(?:github\.token|secrets\.GITHUB_TOKEN)\s*\}\})?$/i.test(text);
  if (!own(given('token')) || given('dry-run') === 'true') return [];
  const here = config.deploy.some(({ repository }) => repository === undefined);
  const asApp = given('app-client-id') !== '';
  // The job that joins the platforms deploys, and signs.
  const part = given('push') === 'digest';
  const deploys =
    here && !asApp && !part && own(given('deploy-token')) && !/^(?:false|\$\{\{.*)$/.test(given('deploy'));
  const onGhcr = plan.images.some(({ image }) => image.startsWith('ghcr.io/'));
  const pushes =
    onGhcr &&
    own(given('registry-password')) &&
    given('published') === '' &&
    !/^(?:false|\$\{\{.*)$/.test(given('push'));
  const signs =
    config.attest.sign === 'github' &&
    !part &&
    given('published') === '' &&
    !/^(?:false|\$\{\{.*)$/.test(given('push'));
  return [
    ...(pushes ? ['packages'] : []),
    ...(deploys ? ['contents'] : []),
    ...(signs ? ['id-token', 'attestations'] : []),
  ];
}

function levelOf(permissions: Permissions, right: string): string {
  return permissions.type === 'all' ? permissions.level : (permissions.levels[right]?.level ?? 'none');
}
