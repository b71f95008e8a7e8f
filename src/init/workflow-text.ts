import { isLoopback } from '../lib/loopback.js';
import type { Draft } from './draft.js';

/** As in this repository's own workflows. */
export const CHECKOUT = 'actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0';
export const EMULATION = 'docker/setup-qemu-action@29109295f81e9208d7d86ff1c6c12d2833863392 # v3.6.0';
const ACTION = 'ardenone/image-release@v1';

/** The workflow that releases. */
export function workflowText(draft: Draft): string {
  return [
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

/** Lines that are there if something holds. */
const when = <Line>(holds: boolean, ...lines: Line[]): Line[] => (holds ? lines : []);

function dispatchInputs({ images, deploys }: Draft): string[] {
  const keys = images.slice(0, 6).map(({ key }) => key);
  const choice =
    "{ description: 'Update the Kustomizations', type: choice, options: [auto, 'true', 'false'] }";
  return [
    '  workflow_dispatch:',
    '    inputs:',
    `      images: { description: ${quoted(`Images, separated by commas (${keys.join(', ')})`)}, default: all }`,
    "      platforms: { description: 'Platforms in place of the configured ones' }",
    "      no-cache: { description: 'Build every step anew', type: boolean }",
    "      force: { description: 'Build also what did not change', type: boolean }",
    ...when(deploys.length > 0, `      deploy: ${choice}`),
    "      dry-run: { description: 'Plan and check only', type: boolean }",
  ];
}

type Entry = [name: string, value: string, why?: string];

function permissions({ deploys, registry, images, attest, keptLogins }: Draft): Entry[] {
  const here = deploys.filter(({ repository }) => repository === undefined);
  const names = [registry, ...images.map(({ image = '' }) => image)];
  const isSigned = attest.sign !== undefined;
  return [
    here.length > 0
      ? ['contents', 'write', 'the deploy commit, and the ledger that keeps releases in order']
      : ['contents', 'read', 'the checkout'],
    ...when<Entry>(
      names.some((name) => name.startsWith('ghcr.io/')),
      ['packages', 'write', 'the images on ghcr.io'],
    ),
    ...when<Entry>(
      here.some(({ mode }) => mode === 'pull-request'),
      ['pull-requests', 'write', 'the pull request of the deploy'],
    ),
    ...when<Entry>(!isSigned && keptLogins.length > 0, ['id-token', 'write', 'the login to the cloud']),
    ...when<Entry>(isSigned, ['id-token', 'write', 'the identity that signs']),
    ...when<Entry>(attest.sign === 'github', ['attestations', 'write', 'the attestation on GitHub']),
  ];
}

function withLines(draft: Draft): Entry[] {
  const { deploys, login, registry, furtherTags, deployToken, keptLogins } = draft;
  const host = registry.split('/')[0]!;
  const isNeeded = login === undefined && host !== 'ghcr.io' && !isLoopback(host) && keptLogins.length === 0;
  const isElsewhere = deploys.some(({ repository }) => repository !== undefined);
  const token =
    deployToken ?? '${{ secrets.DEPLOY_TOKEN }} # of an App that may write to the other repository';
  const username = `\${{ vars.REGISTRY_USERNAME }} # of ${host}: set both in the repository's settings`;
  return [
    ...when<Entry>(login?.username !== undefined, ['registry-username', scalar(login?.username ?? '')]),
    ...when<Entry>(login?.password !== undefined, ['registry-password', scalar(login?.password ?? '')]),
    ...when<Entry>(
      isNeeded,
      ['registry-username', username],
      ['registry-password', '${{ secrets.REGISTRY_PASSWORD }}'],
    ),
    ...when<Entry>(isElsewhere || (deploys.length > 0 && deployToken !== undefined), ['deploy-token', token]),
    ...when<Entry>(furtherTags.length > 0, ['tags', scalar(furtherTags.join(','))]),
    ...['images', 'platforms', 'no-cache', 'force'].map((name): Entry => [name, `\${{ inputs.${name} }}`]),
    ...when<Entry>(deploys.length > 0, ['deploy', deployInput(draft)]),
    ['dry-run', '${{ inputs.dry-run }}'],
  ];
}

/** Decided by the event as before, unless somebody who starts a run decides. */
function deployInput({ deployOn }: Draft): string {
  if (deployOn === undefined) return '${{ inputs.deploy }}';
  const what = { tag: 'version tags', branch: 'branches' }[deployOn];
  return `\${{ inputs.deploy || (github.ref_type == '${deployOn}' && 'auto' || 'false') }} # ${what} alone, as before`;
}

function checkoutLines({ checkout }: Draft): string[] {
  const entries = Object.entries(checkout).map(
    ([name, value]) =>
      `          ${name}: ${value}${name === 'submodules' ? ' # private ones need `token:`, too' : ''}`,
  );
  return when(entries.length > 0, '        with:', ...entries);
}

function environment({ environment: variables }: Draft): string[] {
  const entries = Object.entries(variables).map(([name, value]) => `          ${name}: ${scalar(value)}`);
  return when(entries.length > 0, '        env:', ...entries);
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
