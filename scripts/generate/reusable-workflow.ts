import type { ActionManifest } from './action-manifest.js';

/** Inputs of the Action that a caller hands over as secrets, or that are the job's own. */
const SECRET_INPUTS = ['deploy-token', 'registry-password'];
const OWN_INPUTS = ['token'];

/** Inputs of the workflow alone: where the job runs, and whose token deploys. */
const JOB_INPUTS: Record<string, { description: string; type: string; default: string }> = {
  'runs-on': { description: 'Label of the runner.', type: 'string', default: 'ubuntu-latest' },
  environment: {
    description: 'Environment of the job: its reviewers are asked, its secrets and variables count.',
    type: 'string',
    default: "''",
  },
  'timeout-minutes': { description: 'When the job is given up.', type: 'number', default: '30' },
  'app-client-id': {
    description: 'Client id of a GitHub App whose token deploys, together with the secret `app-private-key`.',
    type: 'string',
    default: "''",
  },
  'app-repositories': {
    description: 'Names of the repositories that the token of the App is for, where it is not this one.',
    type: 'string',
    default: "''",
  },
};

const SECRETS: Record<string, string> = {
  'app-private-key': 'Private key of the App that `app-client-id` names.',
};

/** What the workflow is made of besides action.yml. */
export interface ReusableParts {
  version: string;
  /** `uses:` of pinned actions, with the version as a comment. */
  checkout: string;
  appToken: string;
}

/**
 * Text of `.github/workflows/release.yml`. It names the Action by the tag of its own version: `uses` takes no
 * expressions, and `./` would be the checkout of the caller.
 */
export function reusableWorkflow({ inputs, outputs }: ActionManifest, parts: ReusableParts): string {
  const given = Object.entries(inputs).filter(([name]) => !SECRET_INPUTS.includes(name) && !OWN_INPUTS.includes(name));
  const secrets = {
    ...Object.fromEntries(SECRET_INPUTS.map((name) => [name, inputs[name]?.description ?? ''])),
    ...SECRETS,
  };
  const lines = [
    '# The whole release as one job, for repositories that call it:',
    '#',
    '#   jobs:',
    '#     release:',
    '#       uses: ardenone/image-release/.github/workflows/release.yml@v1',
    '#       permissions: { contents: write, packages: write }',
    '#',
    '# Generated from action.yml and package.json by `npm run generate`. docs/recipes.md explains it.',
    'name: Release images',
    '',
    'on:',
    '  workflow_call:',
    '    inputs:',
    ...Object.entries(JOB_INPUTS).flatMap(([name, input]) => declaration(name, input)),
    ...given.flatMap(([name, input]) =>
      declaration(name, {
        description: input.description,
        type: isSwitch(input) ? 'boolean' : 'string',
        default: isSwitch(input) ? input.default! : (input.default ?? "''"),
      }),
    ),
    '    secrets:',
    ...Object.entries(secrets).flatMap(([name, description]) => [
      `      ${name}:`,
      ...described(description),
      '        required: false',
    ]),
    '    outputs:',
    ...Object.entries(outputs).flatMap(([name, { description }]) => [
      `      ${name}:`,
      ...described(description),
      `        value: \${{ jobs.release.outputs.${name} }}`,
    ]),
    '',
    'jobs:',
    '  release:',
    '    # No `permissions` here: they are those of the calling job, which a called workflow can only lessen.',
    '    runs-on: ${{ inputs.runs-on }}',
    '    environment: ${{ inputs.environment }}',
    '    timeout-minutes: ${{ inputs.timeout-minutes }}',
    '    env:',
    '      # `if` of a step may not look at secrets.',
    "      DEPLOYS_AS_APP: ${{ inputs.app-client-id != '' && secrets.app-private-key != '' }}",
    '    outputs:',
    ...Object.keys(outputs).map((name) => `      ${name}: \${{ steps.release.outputs.${name} }}`),
    '    steps:',
    `      - uses: ${parts.checkout}`,
    `      - uses: ${parts.appToken}`,
    '        id: app',
    "        if: env.DEPLOYS_AS_APP == 'true'",
    '        with:',
    '          client-id: ${{ inputs.app-client-id }}',
    '          private-key: ${{ secrets.app-private-key }}',
    '          repositories: ${{ inputs.app-repositories }}',
    `      - uses: ardenone/image-release@v${parts.version}`,
    '        id: release',
    '        with:',
    '          deploy-token: ${{ steps.app.outputs.token || secrets.deploy-token }}',
    '          registry-password: ${{ secrets.registry-password }}',
    ...given.map(([name]) => `          ${name}: \${{ inputs.${name} }}`),
  ];
  return `${lines.join('\n')}\n`;
}

const isSwitch = ({ default: value }: { default?: string }) => value === 'false' || value === 'true';

function declaration(name: string, input: { description: string; type: string; default: string }): string[] {
  return [
    `      ${name}:`,
    ...described(input.description),
    `        type: ${input.type}`,
    `        default: ${input.default}`,
  ];
}

function described(text: string): string[] {
  return [`        description: ${JSON.stringify(text.trim().replaceAll(/\s+/g, ' '))}`];
}

/** What another workflow of this repository uses of an action, with its comment: the pin is written in one place. */
export function pinIn(workflow: string, action: string): string {
  const found = new RegExp(`uses: (${action}@[0-9a-f]{40} # \\S+)`).exec(workflow)?.[1];
  if (found === undefined) throw new Error(`No workflow pins ${action}.`);
  return found;
}
