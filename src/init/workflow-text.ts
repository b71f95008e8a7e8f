import { isLoopback } from '../lib/loopback.js';
import type { Draft, FoundLogin } from './found.js';

/** As in this repository's own workflows. */
export const CHECKOUT = 'actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0';
export const EMULATION = 'docker/setup-qemu-action@29109295f81e9208d7d86ff1c6c12d2833863392 # v3.6.0';
const ACTION = 'ardenone/image-release@v1';

export function workflowText(draft: Draft): string {
  const { keptLogins, emulation } = draft;
  const environment = Object.entries(draft.environment).map(([name, value]): Entry => [name, scalar(value)]);
  return `name: Release images

on:
${triggers(draft)}  workflow_dispatch:
    inputs:
      images:
        description: Images, separated by commas
        default: all
      dry-run:
        description: Plan and check only
        type: boolean

concurrency:
  group: release-\${{ github.ref }}

permissions:
${pairs(2, permissions(draft))}
jobs:
  release:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: ${CHECKOUT}
${block(8, 'with', pairs(10, Object.entries(draft.checkout)))}${keptLogins.map((step) => `      # Insert ${step} here: it logs in.\n`).join('')}${emulation === undefined ? '' : `      - uses: ${emulation}\n`}      - uses: ${ACTION}
        with:
${pairs(10, inputs(draft))}${block(8, 'env', pairs(10, environment))}`;
}

type Entry = [name: string, value: string];

const pairs = (indent: number, entries: readonly Entry[]) =>
  entries.map(([name, value]) => `${' '.repeat(indent)}${name}: ${value}\n`).join('');

const block = (indent: number, name: string, content: string) =>
  content === '' ? '' : `${' '.repeat(indent)}${name}:\n${content}`;

function triggers({ triggers: found }: Draft): string {
  const { branches, tags, pullRequest, schedule } = found;
  const list = (name: string, words: readonly string[]) =>
    words.length === 0
      ? ''
      : `    ${name}: [${words.map((word) => (/^[\w./-]+$/.test(word) ? word : quoted(word))).join(', ')}]\n`;
  return [
    block(2, 'push', list('branches', branches) + list('tags', tags)),
    pullRequest ? '  pull_request:\n' : '',
    block(2, 'schedule', schedule.map((cron) => `    - cron: ${quoted(cron)}\n`).join('')),
  ].join('');
}

function permissions({ deploys, registry, images, attest, keptLogins }: Draft): Entry[] {
  const here = deploys.filter(({ repository }) => repository === undefined);
  const names = [registry, ...images.map(({ image = '' }) => image)];
  const isSigned = attest.sign !== undefined;
  const all: (Entry | false)[] = [
    ['contents', here.length > 0 ? 'write # the deploy commit' : 'read'],
    names.some((name) => name.startsWith('ghcr.io/')) && ['packages', 'write'],
    here.some(({ mode }) => mode === 'pull-request') && ['pull-requests', 'write'],
    (isSigned || keptLogins.length > 0) && [
      'id-token',
      `write # ${isSigned ? 'the identity that signs' : 'the login to the cloud'}`,
    ],
    attest.sign === 'github' && ['attestations', 'write'],
  ];
  return all.filter((entry) => entry !== false);
}

const NEW_LOGIN = { username: '${{ vars.REGISTRY_USERNAME }}', password: '${{ secrets.REGISTRY_PASSWORD }}' };

function inputs({ deploys, login, registry, furtherTags, deployToken, deployOn, keptLogins }: Draft): Entry[] {
  const host = registry.split('/')[0]!;
  const isLoginNeeded = login === undefined && host !== 'ghcr.io' && !isLoopback(host) && keptLogins.length === 0;
  const { username, password }: Partial<FoundLogin> = isLoginNeeded ? NEW_LOGIN : (login ?? {});
  const isElsewhere = deploys.some(({ repository }) => repository !== undefined);
  const token = deployToken ?? (isElsewhere ? '${{ secrets.DEPLOY_TOKEN }}' : undefined);
  const all: (Entry | false)[] = [
    username !== undefined && ['registry-username', scalar(username)],
    password !== undefined && ['registry-password', scalar(password)],
    token !== undefined && deploys.length > 0 && ['deploy-token', token],
    furtherTags.length > 0 && ['extra-tags', scalar(furtherTags.join(','))],
    ['images', '${{ inputs.images }}'],
    deployOn !== undefined && ['deploy', `\${{ github.ref_type == '${deployOn}' && 'auto' || 'false' }}`],
    ['dry-run', '${{ inputs.dry-run }}'],
  ];
  return all.filter((entry) => entry !== false);
}

/** Expressions stay as they are; text that YAML would read otherwise is quoted. */
function scalar(text: string): string {
  const isWord = /^[A-Za-z_/][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isWord || /^\$\{\{[^{}]*\}\}$/.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  // Single quotes fold lines into one.
  return text.includes('\n') ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
}
