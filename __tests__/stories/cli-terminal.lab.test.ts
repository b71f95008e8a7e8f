/** @programs docker kustomize */
import { setTimeout as delay } from 'node:timers/promises';
import { image, openCliSite, type CliSite } from './cli-site.js';
import { dockerfile, openShop, REPOSITORY, TOKEN } from './shop.js';

let site: CliSite;
beforeAll(async () => {
  site = await openCliSite();
  await site.configure({
    images: { api: image(), web: image(), cron: image() },
    deploy: { kustomization: 'k8s', images: ['api', 'web'] },
  });
});
afterAll(() => site.close());

/** Changes all images, so that they are rebuilt; `web` sleeps for the given number of seconds. */
async function change(naps: { web: string }): Promise<void> {
  const words = `${Math.random()}\n`;
  await site.commit({
    'api/words': words,
    'web/words': words,
    'web/Dockerfile': dockerfile('COPY words /words', 'RUN echo begun', `RUN sleep ${naps.web}`),
    'cron/words': words,
    'cron/Dockerfile': dockerfile('COPY words /words'),
  });
}

/** Any frame of the spinner. */
const SPINNER = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;

test('shows the progress of each image in place while it builds, and its result in the end', async () => {
  await change({ web: '3' });
  const terminal = site.terminal(['release', '--yes']);
  const middle = await terminal.until((screen) => /web.*RUN sleep 3/.test(screen) && /✓ cron/.test(screen));
  expect(terminal.cursor()).toBe('hidden');
  expect(middle.filter((line) => /(?:api|web|cron) {2}/.test(line))).toEqual([
    expect.stringMatching(/^ {2}. api {3}\S/),
    expect.stringMatching(/^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] web {3}\d\/4 {2}RUN sleep 3 {2}\d/),
    expect.stringMatching(/^ {2}✓ cron {2}\d steps?, 0 cached {2}\d/),
  ]);

  expect(await terminal.ended).toBe(0);
  const lines = terminal.everything();
  const at = lines.findIndex((line) =>
    /^✓ plan .* {2}✓ check .* {2}✓ build .* {2}✓ publish .* {2}✓ deploy /.test(line),
  );
  expect(lines.slice(at + 1, at + 4)).toEqual(
    ['api ', 'web ', 'cron'].map((key) => expect.stringMatching(new RegExp(`^  ✓ ${key}  \\d steps?, \\d cached  `))),
  );
  expect(lines.join('\n').trimEnd()).toMatch(
    /\n✓ Published and deployed api, web and cron\. \(.*\)\n.*image-release status$/,
  );
  expect(lines.filter((line) => SPINNER.test(line))).toEqual([]);
  expect(terminal.cursor()).toBe('shown');
});

test('Ctrl-C leaves a clean screen on a narrow, resized terminal without colors', async () => {
  await change({ web: '600' });
  const terminal = site.terminal(['release', '--yes'], { columns: 40, rows: 10, env: { NO_COLOR: '1' } });
  await terminal.until((screen) => /web.*RUN sleep/.test(screen));
  await terminal.resize(30, 10);
  await terminal.until((screen) => /web.*RUN sl/.test(screen));
  terminal.type('\u0003');
  expect(await terminal.ended).toBe(130);
  const told = terminal.everything().join('\n');
  expect(told).toMatch(/^ {2}– web.*\n/m);
  // Lines drawn during the resize may remain, as with every program.
  expect(told.slice(told.lastIndexOf('– build'))).not.toMatch(SPINNER);
  expect(told).not.toContain('^C');
  expect(told.match(/build/g)?.length).toBeLessThan(7);
  expect(terminal.cursor()).toBe('shown');
  expect(terminal.bytes()).not.toMatch(/\u001b\[[\d;]*m/);
});

const WORKFLOW = `name: Release
on:
  workflow_dispatch:
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: acme/image-release@v1
`;

test('shows the jobs of a GitHub workflow instead of images; a second Ctrl-C cancels its run, too', async () => {
  const shop = await openShop({
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
  const { url, apiUrl, graphqlUrl } = shop.github;
  const terminal = site.terminal(['-C', shop.dir, 'release', '--yes'], {
    columns: 60,
    env: { GITHUB_TOKEN: TOKEN, GITHUB_SERVER_URL: url, GITHUB_API_URL: apiUrl, GITHUB_GRAPHQL_URL: graphqlUrl },
  });
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
  await shop.close();
});
