/** @programs kustomize */
import { readdir } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { git } from '../../testing/acme.js';
import { configuration } from './cli-site.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

jest.setTimeout(120_000);

let site: StewardSite;
let version: Version;
beforeAll(async () => {
  site = await openStewardSite();
});
afterAll(() => site.close());

const line = (text: string) => text.split('\n').filter((row) => /newTag/.test(row));

test('before the first deploy, status says what the Kustomization says, and that nothing is on record', async () => {
  const { exitCode, stdout } = await site.cli(['status', '--no-registry-check']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('not recorded; the Kustomization names it');
  expect(stdout).toMatch(/^warning \[deploy\/no-history\]/m);
  expect(stdout).toContain('✓ api and web: not recorded yet.');
});

test('status says what is deployed, since when, from which commit and run, by which deploy commit', async () => {
  version = await site.ship();
  const { exitCode, stdout, stderr } = await site.cli(['status']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const commit = (await git(site.bare, ['rev-parse', 'main'])).slice(0, 7);
  expect(stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME')).toBe(
    [
      'main  on branch main',
      ...['api', 'web'].flatMap((key, index) => [
        `  ${key}  ${site.prefix}/${key}:${version.tag}  ${version.digests[key]!.slice(0, 19)}`,
        `    deployed just now (TIME) from ${version.commit.slice(0, 7)}, run ${version.run}, by commit ${commit}`,
        `    k8s/kustomization.yml:${[6, 8][index]} · in the registry`,
      ]),
      '✓ api and web match the ledger.',
      '',
    ].join('\n'),
  );
});

test('status --json tells machines the same, and status changes nothing', async () => {
  const refs = await git(site.bare, ['for-each-ref']);
  const { exitCode, stdout } = await site.cli(['status', 'web', '--json']);
  expect(exitCode).toBe(0);
  expect(await git(site.bare, ['for-each-ref'])).toBe(refs);
  expect(await readdir(site.temp)).toEqual([]);
  expect(await site.git('status', '--porcelain')).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    sound: true,
    channels: [
      {
        channel: 'main',
        branch: 'main',
        ledger: 'recorded',
        problems: [],
        images: {
          web: {
            image: `${site.prefix}/web`,
            status: 'deployed',
            tag: version.tag,
            digest: version.digests['web'],
            since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
            source: { commit: version.commit, run: version.run },
            commit: await git(site.bare, ['rev-parse', 'main']),
            registry: { status: 'served', digest: version.digests['web'] },
            files: [{ file: 'k8s/kustomization.yml', line: 8, image: `${site.prefix}/web`, tag: version.tag }],
            problems: [],
          },
        },
      },
    ],
  });
});

test('a Kustomization that was edited by hand has drifted: both values, file and line, and the ways out', async () => {
  await site.edit((text) => text.replace(version.tag, 'hotfix'));
  const { exitCode, stdout } = await site.cli(['status']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('✗ api does not match the ledger.');
  expect(stdout).toMatch(
    /^  api  \S+:hotfix\n    drifted \(recorded: main-\w{7}@sha256:\w{64}, in the registry\)\n    k8s\/kustomization.yml:6$/m,
  );
  expect(stdout).toMatch(/^error \[deploy\/drifted\] k8s\/kustomization\.yml:6:\d+$/m);
  expect(stdout).toContain(
    `deploys ${site.prefix}/api:hotfix, but the ledger records ${site.prefix}/api:${version.tag}@${version.digests['api']}.`,
  );

  const back = await site.cli(['rollback', 'api', '--to', version.tag]);
  expect(back.exitCode).toBe(0);
  expect(line(await git(site.bare, ['show', 'main:k8s/kustomization.yml']))[0]).toContain(version.tag);
  expect((await site.cli(['status'])).exitCode).toBe(0);
});

test('an entry that was removed by hand is missed', async () => {
  let entry = '';
  await site.edit((text) =>
    text.replace(/ {2}- name: page[^]*$/, (found) => {
      entry = found;
      return '';
    }),
  );
  const { exitCode, stdout } = await site.cli(['status']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^error \[deploy\/entry-missing\] k8s\/kustomization\.yml/m);
  expect(stdout).toContain('✗ web does not match the ledger.');
  await site.edit((text) => `${text}${entry}`);
});

test('a tag that was moved in the registry is told, with both digests', async () => {
  const other = await site.repoint('api', version.tag);
  const { exitCode, stdout } = await site.cli(['status', 'api']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('its tag was moved in the registry');
  expect(stdout).toContain(
    `error [deploy/not-pullable]\n  ${site.prefix}/api:${version.tag} has the digest ${other} in the registry, but ${version.digests['api']} was deployed.`,
  );
});

test('an image that the registry no longer serves is told', async () => {
  await site.remove('web', version.digests['web']!);
  const { exitCode, stdout } = await site.cli(['status']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('missing from the registry');
  expect(stdout).toMatch(/^error \[deploy\/not-pullable\]/m);
  const unasked = await site.cli(['status', '--no-registry-check']);
  expect(unasked.exitCode).toBe(0);
  expect(unasked.stdout).toContain('registry not checked');
});

test('a configuration that deploys nowhere has no status', async () => {
  await site.commit({ 'image-release.yml': configuration(site.prefix, { deploy: undefined }) });
  const { exitCode, stderr } = await site.cli(['status']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('error [deploy/not-configured]');
});
