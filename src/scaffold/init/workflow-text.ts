import { isLoopback } from '../../lib/loopback.js';
import type { Draft } from './draft.js';

/** As in this repository's own workflows. */
export const CHECKOUT = 'actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0';
export const EMULATION = 'docker/setup-qemu-action@29109295f81e9208d7d86ff1c6c12d2833863392 # v3.6.0';
const ACTION = 'ardenone/image-release@v1';

/** The workflow that releases. @param remarks comments at its top */
export function workflowText(draft: Draft, remarks: readonly string[]): string {
  return [
    ...remarks.map((remark) => `# ${remark}`),
    'name: Build and push',
    'on:',
    ...triggers(draft),
    ...dispatchInputs(draft),
    '# One release of a branch at a time; a newer push waits, and none is cancelled half way.',
    "concurrency: { group: 'release-${{ github.ref }}', cancel-in-progress: false }",
    'permissions:',
    ...permissions(draft).map(([name, level, why]) => `  ${name}: ${level} # ${why}`),
    'jobs:',
    '  release:',
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 30',
    '    steps:',
    `      - uses: ${CHECKOUT}`,
    ...checkoutLines(draft),
    ...(draft.keptLogins.length === 0
      ? []
      : ['      # Put here what logs in today:', ...draft.keptLogins.map((step) => `      #   ${step}`)]),
    ...(draft.emulation === undefined
      ? []
      : [`      - uses: ${withRemark(draft.emulation, "to run what is not of the runner's platform")}`]),
    `      - uses: ${ACTION}`,
    '        with:',
    ...withLines(draft).map(([name, value]) => `          ${name}: ${value}`),
    ...environment(draft),
    '',
  ].join('\n');
}

/** @param uses may end with the version that its commit is */
function withRemark(uses: string, remark: string): string {
  return `${uses}${uses.includes(' # ') ? ', ' : ' # '}${remark}`;
}

function triggers({ triggers: found }: Draft): string[] {
  const { branches, tags, pullRequest, pullRequestBranches, schedule } = found;
  const against = pullRequestBranches ? ` { branches: ${list(pullRequestBranches)} }` : '';
  const push = [
    ...(branches.length > 0 ? [`branches: ${list(branches)}`] : []),
    ...(tags.length > 0 ? [`tags: ${list(tags)}`] : []),
  ];
  return [
    ...(push.length > 0 ? [`  push: { ${push.join(', ')} }`] : []),
    ...(pullRequest ? [`  pull_request:${against} # built, neither pushed nor deployed`] : []),
    ...(schedule.length > 0 ? ['  schedule:', ...schedule.map((cron) => `    - cron: ${quoted(cron)}`)] : []),
  ];
}

function dispatchInputs({ images, deploys }: Draft): string[] {
  const keys = images
    .map(({ key }) => key)
    .slice(0, 6)
    .join(', ');
  return [
    '  workflow_dispatch:',
    '    inputs:',
    `      images: { description: ${quoted(`Images, separated by commas (${keys})`)}, default: all }`,
    "      platforms: { description: 'Platforms in place of the configured ones' }",
    "      no-cache: { description: 'Build every step anew', type: boolean }",
    "      force: { description: 'Build also what did not change', type: boolean }",
    ...(deploys.length > 0
      ? [
          "      deploy: { description: 'Update the Kustomizations', type: choice, options: [auto, 'true', 'false'] }",
        ]
      : []),
    "      dry-run: { description: 'Plan and check only', type: boolean }",
  ];
}

function permissions({ deploys, registry, images, attest, keptLogins }: Draft): [string, string, string][] {
  const here = deploys.filter(({ repository }) => repository === undefined);
  const proposes = here.some(({ mode }) => mode === 'pull-request');
  return [
    here.length > 0
      ? ['contents', 'write', 'the deploy commit, and the ledger that keeps releases in order']
      : ['contents', 'read', 'the checkout'],
    ...([registry, ...images.map(({ image = '' }) => image)].some((name) => name.startsWith('ghcr.io/'))
      ? ([['packages', 'write', 'the images on ghcr.io']] as [string, string, string][])
      : []),
    ...(proposes
      ? ([['pull-requests', 'write', 'the pull request of the deploy']] as [string, string, string][])
      : []),
    ...(attest.sign === undefined && keptLogins.length > 0
      ? ([['id-token', 'write', 'the login to the cloud']] as [string, string, string][])
      : []),
    ...(attest.sign === undefined
      ? []
      : ([
          ['id-token', 'write', 'the identity that signs'],
          ...(attest.sign === 'github' ? [['attestations', 'write', 'the attestation on GitHub']] : []),
        ] as [string, string, string][])),
  ];
}

function withLines(draft: Draft): [string, string][] {
  const { deploys, login, registry, furtherTags } = draft;
  const elsewhere = deploys.some(({ repository }) => repository !== undefined);
  const host = registry.split('/')[0]!;
  const credentials: [string, string][] =
    login !== undefined
      ? [
          ...(login.username === undefined
            ? []
            : [['registry-username', scalar(login.username)] as [string, string]]),
          ...(login.password === undefined
            ? []
            : [['registry-password', scalar(login.password)] as [string, string]]),
        ]
      : host === 'ghcr.io' || isLoopback(host) || draft.keptLogins.length > 0
        ? []
        : [
            [
              'registry-username',
              `\${{ vars.REGISTRY_USERNAME }} # of ${host}: set both in the repository's settings`,
            ],
            ['registry-password', '${{ secrets.REGISTRY_PASSWORD }}'],
          ];
  return [
    ...credentials,
    ...(elsewhere || (deploys.length > 0 && draft.deployToken !== undefined)
      ? ([
          [
            'deploy-token',
            draft.deployToken ??
              '${{ secrets.DEPLOY_TOKEN }} # of an App that may write to the other repository',
          ],
        ] as [string, string][])
      : []),
    ...(furtherTags.length > 0 ? ([['tags', scalar(furtherTags.join(','))]] as [string, string][]) : []),
    ...['images', 'platforms', 'no-cache', 'force', ...(deploys.length > 0 ? ['deploy'] : []), 'dry-run'].map(
      (name): [string, string] => [name, name === 'deploy' ? deployInput(draft) : `\${{ inputs.${name} }}`],
    ),
  ];
}

/** Decided by the event as before, unless somebody who starts a run decides. */
function deployInput({ deployOn }: Draft): string {
  if (deployOn === undefined) return '${{ inputs.deploy }}';
  const what = { tag: 'version tags', branch: 'branches' }[deployOn];
  return `\${{ inputs.deploy || (github.ref_type == '${deployOn}' && 'auto' || 'false') }} # ${what} alone, as before`;
}

/** Nothing of it is asked for where a workflow builds today: what it checks out is told beside its step. */
function checkoutLines({ checkout }: Draft): string[] {
  const entries = Object.entries(checkout);
  const remarks: Record<string, string> = { submodules: ' # private ones need `token:`, too' };
  return entries.length === 0
    ? []
    : [
        '        with:',
        ...entries.map(([name, value]) => `          ${name}: ${value}${remarks[name] ?? ''}`),
      ];
}

function environment({ environment: variables }: Draft): string[] {
  const entries = Object.entries(variables);
  return entries.length === 0
    ? []
    : ['        env:', ...entries.map(([name, value]) => `          ${name}: ${scalar(value)}`)];
}

function list(words: readonly string[]): string {
  return `[${words.map((word) => (/^[\w./-]+$/.test(word) ? word : quoted(word))).join(', ')}]`;
}

/** Expressions stand as they are; what YAML would read otherwise is quoted. */
function scalar(text: string): string {
  const isWord = /^[A-Za-z_/][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isWord || /^\$\{\{[^{}]*\}\}$/.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  // Lines in single quotes would have to be indented, and would be folded into one.
  if (text.includes('\n')) return JSON.stringify(text);
  return `'${text.replaceAll("'", "''")}'`;
}
