/** @programs kustomize */
import { execFileSync } from 'node:child_process';
import { git } from '../../testing/acme.js';
import { commandBlocks } from '../repository/command-blocks.js';
import { textOf } from '../repository/repository-files.js';
import { showLedger } from '../../testing/ledger-json.js';
import { soak } from '../../testing/soak.js';
import { configuration, kustomization, KEYS, manifests } from './cli-site.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

const PAGE = 'docs/channels.md';
const HELP = 'docs/cli.md';

let site: StewardSite;
let [v1, v2]: Version[] = [];
beforeAll(async () => {
  site = await openStewardSite();
  const { prefix } = site;
  await site.commit({
    'production/kustomization.yml': kustomization(prefix),
    'production/pods.yaml': manifests(prefix)['k8s/pods.yaml'],
    'image-release.yml': configuration(prefix, {
      deploy: [
        { kustomization: 'k8s', channel: 'staging' },
        { kustomization: 'production', channel: 'production', when: 'promoted' },
      ],
    }),
  });
  v1 = await site.ship();
});
afterAll(() => site.close());

const both = (version: Version | undefined) => ({ api: version?.tag, web: version?.tag });
const promote = (...more: string[]) => site.cli(['promote', '--from', 'staging', '--to', 'production', ...more]);

/** Tags in the Kustomizations of both channels. */
async function running() {
  const text = await git(site.bare, ['show', 'main:production/kustomization.yml']);
  const tags = [...text.matchAll(/newTag: '?([^'\s]+)/g)].map((match) => match[1] ?? '');
  return {
    staging: await site.deployed(),
    production: Object.fromEntries(KEYS.map((key, index) => [key, tags[index]])),
  };
}

async function ledgerOf(channel: string) {
  const { images } = await showLedger((...args) => git(site.bare, args), channel);
  return Object.values(images);
}

test("a release doesn't deploy to a channel with `when: promoted`", async () => {
  expect(await running()).toEqual({
    staging: both(v1),
    production: { api: 'main-0000000', web: 'main-0000000' },
  });
  expect(await git(site.bare, ['for-each-ref', 'refs/image-release/production'])).toBe('');
});

test('--dry-run shows what would change, and changes nothing', async () => {
  const before = await git(site.bare, ['for-each-ref']);
  const { exitCode, stdout } = await promote('--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    [
      'staging → production',
      `  api  main-0000000 → ${v1!.tag}`,
      `  web  main-0000000 → ${v1!.tag}`,
      'deploy  production on main: api, web',
    ].join('\n'),
  );
  expect(stdout).toContain('✓ Dry run: would promote api and web from staging to production. Nothing was changed.');
  expect(await git(site.bare, ['for-each-ref'])).toBe(before);
});

test('a promotion deploys the same digests and source, and leaves the first channel unchanged', async () => {
  const { exitCode, stdout } = await promote();
  expect(exitCode).toBe(0);
  expect(stdout).toContain('✓ Promoted api and web from staging to production.');
  expect(await running()).toEqual({ staging: both(v1), production: both(v1) });
  const [staging, production] = [await ledgerOf('staging'), await ledgerOf('production')];
  const releases = (images: Awaited<ReturnType<typeof ledgerOf>>) =>
    images.map(({ current: { tag, digest, source } }) => [tag, digest, source]);
  expect(releases(production)).toEqual(releases(staging));
  const message = await git(site.bare, ['log', '-1', '--format=%B', 'main']);
  expect(message).toMatch(new RegExp(`^Promote api, web ${v1!.tag}$`, 'm'));
  expect(message).toContain(`Image-Release-Source: ${v1!.commit}`);
});

test('promotes one image alone, and status reports how far the channel is behind', async () => {
  v2 = await site.ship();
  const { stdout } = await site.cli(['status']);
  expect(stdout).toContain(`  1 commit behind staging: api ${v1!.tag} → ${v2.tag}, web ${v1!.tag} → ${v2.tag}\n`);
  expect((await promote('api')).exitCode).toBe(0);
  expect(await running()).toEqual({ staging: both(v2), production: { api: v2.tag, web: v1!.tag } });
  expect((await promote()).exitCode).toBe(0);
  expect((await site.cli(['status'])).stdout).toContain('  same releases as staging\n');
});

test('the deploy commit lists the source commits, and git parses the trailers for Argo CD', async () => {
  const message = await git(site.bare, ['log', '-1', '--format=%B', '--grep=^Promote api', 'main']);
  expect(message).toMatch(
    new RegExp(
      `^Source of api, 1 commit since ${v1!.commit.slice(0, 7)}:\n- ${v2!.commit.slice(0, 7)} Change \\(`,
      'm',
    ),
  );
  const trailers = execFileSync('git', ['interpret-trailers', '--parse'], { input: message, encoding: 'utf8' });
  expect(trailers).toContain(`Argocd-reference-commit-sha: ${v2!.commit}\n`);
  expect(trailers).toContain('Argocd-reference-commit-author: Acme developer <developer@acme.example>\n');
  expect(trailers).toContain('Argocd-reference-commit-subject: Change\n');
});

test('a promotion is superseded if the target channel has a newer release', async () => {
  expect((await site.cli(['rollback', '--channel', 'staging', '--yes'])).exitCode).toBe(0);
  const { exitCode, stdout } = await promote();
  expect(exitCode).toBe(3);
  expect(stdout).toContain('Did not deploy api and web: a newer release is deployed.');
  expect(await running()).toEqual({ staging: both(v1), production: both(v2) });
});

test('concurrent promotions and releases leave both channels and ledgers consistent', async () => {
  const versions = [];
  for (let count = 0; count < soak(2, 5); count += 1) versions.push(await site.publish());
  const codes = await Promise.all(
    versions.flatMap((version) => [
      site.deploy(version).then(({ exitCode }) => exitCode),
      promote().then(({ exitCode }) => exitCode),
    ]),
  );
  expect(codes.filter((code) => ![0, 3].includes(code))).toEqual([]);
  expect((await promote()).exitCode).toBe(0);
  const last = both(versions.at(-1));
  expect(await running()).toEqual({ staging: last, production: last });
  for (const channel of ['staging', 'production']) {
    const entries = await ledgerOf(channel);
    expect(entries.map(({ current }) => current.tag)).toEqual([last.api, last.web]);
    expect(entries.map(({ newest }) => newest.commit)).toEqual([versions.at(-1)!.commit, versions.at(-1)!.commit]);
  }
  expect((await site.cli(['status'])).exitCode).toBe(0);
});

test('the promote commands in docs/cli.md and docs/channels.md succeed in this order', async () => {
  const ofPage = commandBlocks(PAGE, textOf(PAGE)).filter(({ runBy }) => runBy?.includes('cli-promote'));
  const ofHelp = commandBlocks(HELP, textOf(HELP)).filter(({ commands: [first] }) => /^\S+ promote /.test(first ?? ''));
  const commands = [...ofHelp, ...ofPage].flatMap((block) => block.commands);
  expect(commands.length).toBeGreaterThan(6);
  for (const command of commands) {
    const [program, ...args] = command.split(' ');
    expect({ command, program, exitCode: (await site.cli(args)).exitCode }).toEqual({
      ...{ command, program: 'image-release', exitCode: 0 },
    });
  }
});

describe('the command is rejected:', () => {
  test('promote without --to', async () => {
    const { exitCode, stderr } = await site.cli(['promote', '--from', 'staging']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('promote needs two channels.');
  });

  test('promote from a drifted channel', async () => {
    await site.edit((text) => text.replace(/newTag: main-\w+/, 'newTag: hotfix'));
    const { exitCode, stderr } = await promote();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error \[deploy\/drifted\] k8s\/kustomization\.yml/m);
  });

  test('release to a channel with `when: promoted`', async () => {
    const { exitCode, stderr } = await site.cli(['release', '--channel', 'production', '--dry-run']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('No release deploys to the channel production');
    expect(stderr).toContain('image-release promote --from staging --to production');
  });
});
