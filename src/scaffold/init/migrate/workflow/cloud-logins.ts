import { hasHoles } from '../holes.js';
import { inputOf, leaveStep, type ActionStep } from './step.js';

/** Logins of clouds: they are no user and password, so their steps stay. */
export function readCloudLogin(step: ActionStep): void {
  const { variables } = step.session;
  const [name = ''] = step.uses.split('@');
  if (name === 'aws-actions/configure-aws-credentials') {
    const [, account] = /^arn:aws[\w-]*:iam::(\d+):/.exec(inputOf(step, 'role-to-assume') ?? '') ?? [];
    const region = inputOf(step, 'aws-region');
    if (account !== undefined) variables.set(ACCOUNT, account);
    if (region !== undefined && !hasHoles(region)) variables.set(REGION, region);
  }
  if (name === 'aws-actions/amazon-ecr-login') {
    const account = inputOf(step, 'registries') ?? variables.get(ACCOUNT);
    const region = variables.get(REGION);
    if (typeof account === 'string' && /^\d+$/.test(account) && typeof region === 'string')
      step.outputs.set('registry', `${account}.dkr.ecr.${region}.amazonaws.com`);
  }
  const { place, session } = step;
  session.findings.keptLogins.push(`${step.uses} (${place.file}:${place.line ?? 1})`);
  leaveStep(
    step,
    step.uses,
    'Keep this step before the release, in the same job: what it logs docker in to is used.',
  );
}

/** No names that a script could have. */
const ACCOUNT = 'aws account';
const REGION = 'aws region';
