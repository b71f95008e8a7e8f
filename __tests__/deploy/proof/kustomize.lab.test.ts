/** @programs kustomize */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findKustomize, type Kustomize } from '../../../src/deploy/proof/kustomize.js';
import { prove } from '../../../src/deploy/proof/prove.js';
import { Cancelled } from '../../../src/lib/errors.js';
import type { TargetFile } from '../../../src/deploy/target.js';
import { deployment, kustomization, NEW, planEdits, scratchFolder, snapshotOf, type Tree } from './fixtures.js';

const KUSTOMIZE = spawnSync('sh', ['-c', 'command -v kustomize'], { encoding: 'utf8' }).stdout.trim();
const SYSTEM = '/usr/bin:/bin';
/** Like `kubectl kustomize`: the same library behind another command. */
const KUBECTL = `[ "$1" = kustomize ] || exit 1\nshift\n[ "$1" = --help ] && exit 0\nexec ${KUSTOMIZE} build "$@"`;

let scratch: { path: string; remove(): void };
let bin: string;
let temp: string;

beforeEach(() => {
  scratch = scratchFolder();
  [bin, temp] = ['bin', 'temp'].map((name) => join(scratch.path, name)) as [string, string];
  mkdirSync(bin);
  mkdirSync(temp);
});

afterEach(() => scratch.remove());

function install(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

function find(more: Partial<Parameters<typeof findKustomize>[0]> = {}): Promise<Kustomize> {
  return findKustomize({ env: { PATH: bin, HOME: scratch.path }, temp, ...more });
}

async function found(more?: Parameters<typeof find>[0]) {
  const kustomize = await find(more);
  if (kustomize.status !== 'found') throw new Error('no program found');
  return kustomize;
}

function treeFrom(tree: Tree): Map<string, TargetFile> {
  return new Map(
    Object.entries(tree).map(([path, content]) => [
      path,
      typeof content === 'string'
        ? { bytes: Buffer.from(content), mode: '100644' }
        : { bytes: Buffer.from(content.link), mode: '120000' },
    ]),
  );
}

const TREE: Tree = {
  'k8s/kustomization.yaml': kustomization('resources: [app.yaml]\n'),
  'k8s/app.yaml': deployment(),
};

test("prefers kustomize, and uses kubectl if kustomize isn't installed", async () => {
  install('kubectl', KUBECTL);
  expect((await found()).command).toBe('kubectl kustomize');
  install('kustomize', `exec ${KUSTOMIZE} "$@"`);
  expect((await found()).command).toBe('kustomize build');
});

test("ignores a program that doesn't start, and returns status missing if no program works", async () => {
  expect(await find()).toEqual({ status: 'missing' });
  writeFileSync(join(bin, 'kustomize'), 'not executable');
  install('kubectl', 'echo "unknown command kustomize" >&2; exit 1');
  expect(await find()).toEqual({ status: 'missing' });
});

describe.each([
  ['kustomize', `exec ${KUSTOMIZE} "$@"`],
  ['kubectl', KUBECTL],
])('with %s', (name, script) => {
  beforeEach(() => install(name, script));

  test('builds a tree and removes the temporary folder', async () => {
    const result = await (await found()).build(treeFrom(TREE), 'k8s');
    expect(result).toMatchObject({ status: 'built', unrestricted: false });
    expect(result).toHaveProperty('output', expect.stringContaining('image: ghcr.io/acme/api:main-0000000'));
    expect(readdirSync(temp)).toEqual([]);
  });

  test('reports a failure with paths of the repository only, and removes the temporary folder', async () => {
    const tree = { ...TREE, 'k8s/app.yaml': 'kind: [\n' };
    const result = await (await found()).build(treeFrom(tree), 'k8s');
    expect(result).toMatchObject({ status: 'failed', output: expect.stringContaining('app.yaml') });
    expect(JSON.stringify(result)).not.toContain(scratch.path);
    expect(readdirSync(temp)).toEqual([]);
  });

  test('builds without load restrictions if a file is outside of the folder', async () => {
    const tree = { ...TREE, 'k8s/app.yaml': { link: '../app.yaml' }, 'app.yaml': deployment() };
    const result = await (await found()).build(treeFrom(tree), 'k8s');
    expect(result).toMatchObject({ status: 'built', unrestricted: true });
  });

  test('proves an edit that takes effect, and reports an unmatched image', async () => {
    const kustomize = await found();
    const request = { snapshot: snapshotOf(TREE), kustomize };
    const good = planEdits(TREE, { 'k8s/kustomization.yaml': [NEW] });
    expect(await prove({ ...request, ...good })).toEqual([]);
    const other = { ...TREE, 'k8s/app.yaml': deployment('other') };
    const problems = await prove({ ...request, snapshot: snapshotOf(other), ...good });
    expect(problems.map(({ code }) => code)).toEqual(['deploy/image-unmatched']);
  });
});

test('passes HOME and proxy settings to the program, but no tokens or secrets', async () => {
  install('kustomize', `[ "$1" = version ] || /usr/bin/env`);
  const env = {
    ...{ PATH: `${bin}${delimiter}${SYSTEM}`, HOME: '/home/x', HTTPS_PROXY: 'http://proxy:1', no_proxy: 'a' },
    ...{ GITHUB_TOKEN: 'ghs_secret', INPUT_TOKEN: 'ghs_secret', GIT_CONFIG_COUNT: '1', GIT_DIR: '/x' },
    ...{ AWS_SECRET_ACCESS_KEY: 'secret', KUBECONFIG: '/k' },
  };
  const result = await (await found({ env })).build(treeFrom(TREE), 'k8s');
  if (result.status !== 'built') throw new Error(result.output);
  const seen = Object.fromEntries(result.output.split('\n').map((line) => line.split(/=(.*)/, 2)));
  expect(seen).toMatchObject({
    HOME: '/home/x',
    HTTPS_PROXY: 'http://proxy:1',
    no_proxy: 'a',
    GIT_TERMINAL_PROMPT: '0',
  });
  expect(Object.keys(seen).filter((name) => /TOKEN|SECRET|KUBE|GIT_(?:CONFIG|DIR)/.test(name))).toEqual([]);
  expect(result.output).not.toContain('secret');
});

test('cancellation ends the program and its children, and removes the temporary folder', async () => {
  const started = join(scratch.path, 'started');
  const later = join(scratch.path, 'later');
  install('kustomize', `[ "$1" = version ] && exit 0\ntouch ${started}\nsh -c 'sleep 2; touch ${later}'`);
  const controller = new AbortController();
  const kustomize = await found({ env: { PATH: `${bin}${delimiter}${SYSTEM}` } });
  const request = {
    ...planEdits(TREE, { 'k8s/kustomization.yaml': [NEW] }),
    snapshot: snapshotOf(TREE),
    kustomize,
  };
  const proof = prove({ ...request, signal: controller.signal });
  const ended = expect(proof).rejects.toBeInstanceOf(Cancelled);
  while (!existsSync(started)) await delay(5);
  // A shell that is interrupted between two commands still starts the next one.
  await delay(200);
  controller.abort();
  await ended;
  expect(readdirSync(temp)).toEqual([]);
  await delay(2200);
  expect(existsSync(later)).toBe(false);
}, 20_000);

test('ends a program that exceeds the deadline, and reports the timeout', async () => {
  install('kustomize', `[ "$1" = version ] && exit 0\necho cloning >&2\nexec sleep 60`);
  const kustomize = await found({ env: { PATH: `${bin}${delimiter}${SYSTEM}` }, deadlineMs: 300 });
  const result = await kustomize.build(treeFrom(TREE), 'k8s');
  expect(result).toMatchObject({
    status: 'failed',
    output: expect.stringContaining('longer than 0.3 seconds'),
  });
  expect(readdirSync(temp)).toEqual([]);
}, 20_000);

test('runs several builds in parallel, at most four', async () => {
  const log = join(scratch.path, 'log');
  install('kustomize', `[ "$1" = version ] && exit 0\necho + >> ${log}\nsleep 0.2\necho - >> ${log}`);
  const tree: Tree = {};
  const edits: Parameters<typeof planEdits>[1] = {};
  for (const name of 'abcdefghi') {
    tree[`${name}/kustomization.yaml`] = kustomization('resources: [app.yaml]\n');
    tree[`${name}/app.yaml`] = deployment();
    edits[`${name}/kustomization.yaml`] = [NEW];
  }
  const kustomize = await found({ env: { PATH: `${bin}${delimiter}${SYSTEM}` } });
  await prove({ snapshot: snapshotOf(tree), ...planEdits(tree, edits), kustomize });
  let running = 0;
  const counts = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (running += line === '+' ? 1 : -1));
  expect(counts).toHaveLength(18);
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  expect(Math.max(...counts)).toBeGreaterThan(1);
}, 20_000);
