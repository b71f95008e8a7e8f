import { warning, type Place, type Problem } from '../../lib/errors.js';
import type { PreflightInput } from '../check.js';
import { buildsImages, isOwnStep, type Job, type Step, type Workflow } from '../workflows.js';

/** Workflows of the checkout that use this action. */
export function checkWorkflows(input: PreflightInput): Problem[] {
  const own = input.workflows.filter(({ jobs }) => jobs.some(({ steps }) => steps.some(isOwnStep)));
  return own.flatMap((workflow) => [
    ...checkTimeout(workflow),
    ...checkConcurrency(workflow),
    ...checkMovingActions(workflow, input),
    ...checkIdToken(workflow, input),
    ...checkPermissions(workflow, input),
  ]);
}

function advice(place: Place, message: string, fix: string): Problem {
  return warning({ code: 'preflight/workflow', place, message, fix });
}

const building = ({ jobs }: Workflow): Job[] => jobs.filter(({ steps }) => steps.some(buildsImages));

function checkTimeout(workflow: Workflow): Problem[] {
  const jobs = building(workflow).filter(({ timeout }) => !timeout);
  if (jobs.length === 0) return [];
  const message = `${subject(jobs)} no \`timeout-minutes\`: a step that hangs runs for six hours.`;
  const fix = 'Add `timeout-minutes: 30`, or the time of your slowest release.';
  return [advice(jobs[0]!.place, message, fix)];
}

function checkConcurrency(workflow: Workflow): Problem[] {
  const jobs = building(workflow).filter(({ concurrency }) => !concurrency);
  if (workflow.concurrency || jobs.length === 0) return [];
  const message = `${subject(jobs)} no \`concurrency\` group: two pushes in short order build at the same time.`;
  const fix = "Add `concurrency: { group: 'release-${{ github.ref }}', cancel-in-progress: false }` to the workflow.";
  return [advice(jobs[0]!.place, message, fix)];
}

function subject(jobs: readonly Job[]): string {
  const names = jobs.map(({ name }) => name).join(', ');
  return jobs.length === 1 ? `Job ${names} has` : `Jobs ${names} have`;
}

function checkMovingActions({ jobs }: Workflow, { facts }: PreflightInput): Problem[] {
  const owner = facts.source.repository?.split('/')[0]?.toLowerCase();
  const steps = jobs.flatMap((job) => job.steps);
  const moving = steps.filter((step) => !isOwnStep(step)).flatMap(({ uses }) => uses ?? []);
  const [first, ...others] = moving.filter(({ text }) => canMove(text, owner));
  if (first === undefined) return [];
  const names = [...new Set([first, ...others].map(({ text }) => text))];
  const [action, version] = first.text.split('@');
  const message = `The owner of an action can move a tag or branch to other code, which then runs here: ${names.join(', ')}.`;
  const fix = `Pin the commit, with the version as a comment: \`uses: ${action}@<40 hex digits> # ${version}\`.`;
  return [advice(first.place, message, fix)];
}

/**
 * Whether a reference may become other code without a change here: a branch, or a tag of somebody else. Tags of
 * GitHub's own actions are accepted.
 */
function canMove(uses: string, owner: string | undefined): boolean {
  if (uses.startsWith('docker://')) return !/@sha256:[0-9a-f]{64}$/.test(uses);
  const [, by = '', ref = ''] = /^([\w-]+)\/[^@]*@(.*)$/.exec(uses) ?? [];
  if (by === '' || by.toLowerCase() === owner || /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)) return false;
  const isBranch = /^(?:main|master|latest|develop|trunk|head)$/i.test(ref);
  return isBranch || !/^(?:actions|github)$/i.test(by);
}

/** Actions that are known to use no OpenID token. */
const WITHOUT_ID_TOKEN =
  /^(?:actions\/(?:checkout|cache|upload-artifact|download-artifact|github-script|setup-[\w-]+)|docker\/[\w-]+|pnpm\/action-setup|oven-sh\/setup-bun|dorny\/paths-filter)(?:[/@]|$)/i;
/** Commands that may request one. */
const WITH_ID_TOKEN =
  /ACTIONS_ID_TOKEN|id[-_]token|oidc|cosign|sigstore|gh\s+attestation|--provenance|npm\s+publish|twine|workload[-_]identity|slsa/i;

function checkIdToken({ permissions, jobs }: Workflow, { config }: PreflightInput): Problem[] {
  const usesNone = (step: Step) => {
    if (isOwnStep(step)) return config.attest.sign === 'off';
    return step.uses ? WITHOUT_ID_TOKEN.test(step.uses.text) : !WITH_ID_TOKEN.test(step.run ?? '');
  };
  const heirs = jobs.filter((job) => job.permissions === permissions);
  const others = jobs.filter((job) => job.permissions !== permissions);
  const owners = [
    { granted: permissions, by: 'The workflow', heirs },
    ...others.map((job) => ({ granted: job.permissions, by: `Job ${job.name}`, heirs: [job] })),
  ];
  return owners.flatMap(({ granted, by, heirs }) => {
    const right = granted?.levels['id-token'];
    // An unknown reusable workflow may use it.
    const isUnused = heirs.every(({ calls, steps }) => (steps.length > 0 || !calls) && steps.every(usesNone));
    if (right?.level !== 'write' || !isUnused) return [];
    return advice(right.place, `${by} has \`id-token: write\` and doesn't use it.`, 'Remove `id-token: write`.');
  });
}

function checkPermissions({ jobs }: Workflow, input: PreflightInput): Problem[] {
  return jobs.flatMap(({ name, permissions, steps }) => {
    if (permissions === undefined) return [];
    const needed = new Set(steps.filter(isOwnStep).flatMap((step) => neededRights(step, input)));
    const level = (right: string) => permissions.all ?? permissions.levels[right]?.level;
    const lacking = [...needed].filter((right) => level(right) !== 'write');
    if (lacking.length === 0) return [];
    const lines = lacking.map((right) => `\`${right}: write\``).join(' and ');
    return warning({
      code: 'preflight/workflow-permissions',
      place: permissions.place,
      message: `Job ${name} releases without ${lines}.`,
      fix: `Add ${lines} to its \`permissions\`.`,
    });
  });
}

/** The uses of the job's token. An input that is an expression may have any value. */
function neededRights({ inputs }: Step, { plan, config }: PreflightInput): string[] {
  const given = (name: string) => inputs[name]?.text ?? '';
  const isOwnToken = (name: string) =>
    /^(?:\$\{\{\s*(?:github\.token|secrets\.GITHUB_TOKEN)\s*\}\})?$/i.test(given(name));
  const isOn = (name: string) => !/^(?:false|\$\{\{.*)$/.test(given(name));
  if (!isOwnToken('token') || given('dry-run') === 'true') return [];
  // The job that merges the platforms deploys and signs.
  const isPart = given('push') === 'digest';
  const publishes = given('published') === '' && isOn('push');
  const pushes = plan.images.some(({ image }) => image.startsWith('ghcr.io/')) && isOwnToken('registry-password');
  const deploys =
    config.deploy.some(({ repository }) => repository === undefined) &&
    given('app-client-id') === '' &&
    isOwnToken('deploy-token') &&
    isOn('deploy');
  return [
    ...(publishes && pushes ? ['packages'] : []),
    ...(deploys && !isPart ? ['contents'] : []),
    ...(publishes && !isPart && config.attest.sign === 'github' ? ['id-token', 'attestations'] : []),
  ];
}

const SECRET = String.raw`\$\{\{\s*secrets\.(\w+)`;
const USER_NAME = new RegExp(String.raw`^${SECRET}\s*\}\}$`);
const IN_NAME = new RegExp(String.raw`\b(?:image|registry)"?\s*:.*${SECRET}`, 'g');

/** The runner empties job outputs that contain the value of a secret, as in `docker.io/${{ secrets.USER }}/app`. */
export function checkMaskedNames({ plan, facts, workflows }: PreflightInput): Problem[] {
  if (facts.environment.kind !== 'actions') return [];
  const users = facts.usernames.map((user) => user.reveal().toLowerCase()).filter(Boolean);
  const named = plan.images.filter(({ image }) =>
    image
      .toLowerCase()
      .split('/')
      .some((part) => users.includes(part)),
  );
  const steps = workflows.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps.filter(isOwnStep)));
  return steps.flatMap(({ inputs: { config, 'registry-username': login } }) => {
    const secret = USER_NAME.exec(login?.text ?? '')?.[1];
    const names = [...(config?.text ?? '').matchAll(IN_NAME)].map(([, name]) => name!);
    return [
      ...(secret === undefined ? [] : named.map(({ key }) => maskedName(secret, login!.place, key))),
      ...[...new Set(names)].map((name) => maskedName(name, config!.place)),
    ];
  });
}

function maskedName(secret: string, place: Place, image?: string): Problem {
  return warning({
    code: 'preflight/masked-name',
    place,
    ...(image !== undefined && { image }),
    message: `The name of ${image === undefined ? 'an image' : `image ${image}`} contains the secret ${secret}: the runner empties every job output that does.`,
    fix: `A user name is no secret: store it as a variable, \`\${{ vars.${secret} }}\`, and delete the secret.`,
  });
}
