/** @programs kubectl kustomize */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { pushKanikoExecutor } from '../../lab/kaniko-executor.js';
import { openTerminal, type TerminalOrder } from '../../testing/terminal.js';
import { dockerfile, lab, openShop, REPOSITORY, TOKEN, type Shop } from './shop.js';

jest.setTimeout(60_000);

const BUNDLE = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
const SPINNER = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;
const WORKFLOW = `name: Release
on:
  workflow_dispatch:
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: acme/image-release@v1
`;

let shop: Shop;
afterEach(() => shop.close());

function onTerminal(over: Partial<TerminalOrder> = {}) {
  return openTerminal({
    command: [process.execPath, BUNDLE, 'release', '--yes'],
    cwd: shop.dir,
    columns: 80,
    rows: 24,
    ...over,
    env: {
      PATH: process.env['PATH'],
      HOME: shop.dir,
      GITHUB_TOKEN: TOKEN,
      GITHUB_SERVER_URL: shop.github.url,
      GITHUB_API_URL: shop.github.apiUrl,
      GITHUB_GRAPHQL_URL: shop.github.graphqlUrl,
      ...over.env,
    },
  });
}

describe('Kaniko in a cluster', () => {
  let cluster: FakeCluster;
  let executor: string;
  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cluster-'));
    const to = { registry: lab.registry, proxyPort: Number(new URL(lab.buildkit).port) };
    [cluster, { executor }] = await Promise.all([
      startFakeCluster({ dir, dockerHost: lab.dockerHost, network: 'host' }),
      pushKanikoExecutor(to),
    ]);
  });
  afterAll(() => cluster.stop());

  test('each image says what it waits for and how far it is; Ctrl-C says that the pods are gone', async () => {
    shop = await openShop({
      settings: { builder: { type: 'kaniko', image: executor } },
      files: { 'api/Dockerfile': dockerfile('COPY greeting /greeting', 'RUN sleep 1') },
    });
    cluster.faults.pod({ pod: /-web$/, fault: { type: 'unschedulable' } });
    const terminal = onTerminal({ env: { KUBECONFIG: cluster.kubeconfig, NO_COLOR: '1' } });
    const building = await terminal.until((screen) => /api {2}1\/2 {2}RUN sleep 1 {2}\d/.test(screen));
    expect(building).toContainEqual(
      expect.stringMatching(/^ {2}. web {2}No node takes the pod: 0\/3 nodes are available: .* {2}\d/),
    );
    await terminal.until((screen) => /✓ api {2}2 steps, 0 cached {2}\d/.test(screen));
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
    expect(cluster.pods()).toEqual([]);
    const told = terminal.everything().join('\n');
    expect(told).toMatch(/^Removed from the cluster: pod image-release-\w+-\d+-web\.$/m);
    expect(told).toMatch(/– build .*\n {2}✓ api {2}2 steps, 0 cached .*\n {2}– web {2}cancelled {2}\d/);
    expect(told).not.toMatch(SPINNER);
    expect(terminal.cursor()).toBe('shown');
  });
});

describe('a workflow on GitHub', () => {
  test('its jobs are shown in place of the images; Ctrl-C says what became of the run', async () => {
    shop = await openShop({
      settings: { builder: { type: 'dispatch' } },
      files: { '.github/workflows/release.yml': WORKFLOW },
    });
    let letGo = () => {};
    const runnerCame = new Promise<void>((resolve) => (letGo = resolve));
    shop.github.repository(REPOSITORY).actions = {
      script: async ({ begin, job, signal }) => {
        begin();
        const release = job('release');
        await runnerCame;
        release.begin();
        await release.step('Lint', async () => {
          await delay(60_000, undefined, { signal }).catch(() => {});
          return 'cancelled';
        });
      },
    };
    const terminal = onTerminal({ columns: 60 });
    const waiting = await terminal.until((screen) => /release {2}waits for a runner/.test(screen));
    expect(waiting.join('')).toContain('/acme/app/actions/runs/7000000001');
    expect(waiting.filter((line) => /(?:release|api|web) {2}/.test(line))).toEqual([
      expect.stringMatching(/^ {2}· release {2}waits for a runner \(ubuntu-latest\) {2}\d/),
    ]);
    letGo();
    await terminal.until((screen) => /^ {2}[^·] release {2}Lint {2}\d/m.test(screen));
    terminal.type('\u0003');
    await terminal.until((screen) => screen.includes('Cancel the run on GitHub too?'));
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
    expect(shop.github.repository(REPOSITORY).runs?.map(({ cancel }) => cancel.signal.aborted)).toEqual([true]);
    const told = terminal.everything().join('\n');
    expect(told).toMatch(/– build .*\n {2}– release {2}no longer followed {2}\d/);
    expect(told).toMatch(/✗ Cancelled while following a run, which is being\s+cancelled:/);
    expect(told).not.toContain('did not change');
    expect(told).not.toMatch(SPINNER);
    expect(terminal.cursor()).toBe('shown');
  });
});
