/** @programs kustomize */
import { readdir } from 'node:fs/promises';
import { git } from '../../testing/acme.js';
import { SBOM } from '../registry/fixtures/images.js';
import { openStewardSite, provenanceOf, type StewardSite, type Version } from './steward-site.js';

let site: StewardSite;
let version: Version;
beforeAll(async () => {
  site = await openStewardSite();
  await site.configure({ attest: { provenance: 'max', sbom: 'on' } });
});
afterAll(() => site.close());

const line = (text: string) => text.split('\n').filter((row) => /newTag/.test(row));

test('status prints what is deployed, since when, from which commit and run, and by which deploy commit', async () => {
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

test('status --json prints the same facts and changes nothing', async () => {
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

const checkedImage = (tag: string) =>
  new RegExp(
    `:${tag} .*\\n.*\\n.*in the registry\\n +linux/amd64  sha256:\\w{12} · SBOM of 3 packages · provenance of commit ${tag.slice(5)} of https://example.org/acme/app.git`,
    'g',
  );

test('verify prints SBOM and provenance of each image, and with --json their digests', async () => {
  const { exitCode, stdout, stderr } = await site.cli(['verify']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.match(checkedImage(version.tag))).toHaveLength(2);
  expect(stdout).toContain('✓ api and web match the ledger, and the attestations are valid.');

  const json = await site.cli(['verify', 'api', '--json']);
  expect(json.exitCode).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({
    sound: true,
    channels: [
      {
        images: {
          api: {
            status: 'deployed',
            platforms: [
              {
                platform: 'linux/amd64',
                sbom: { digest: expect.stringMatching(/^sha256:/), packages: 3 },
                provenance: { digest: expect.stringMatching(/^sha256:/), revision: version.commit },
              },
            ],
          },
        },
      },
    ],
  });
});

test('status reports a hand-edited Kustomization as drifted, with both values; rollback repairs it', async () => {
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

test.each(['status', 'verify'])('%s reports both digests if a tag was moved in the registry', async (command) => {
  const other = await site.repoint('api', version.tag);
  const { exitCode, stdout } = await site.cli([command, 'api']);
  expect(exitCode).toBe(1);
  if (command === 'status') expect(stdout).toContain('its tag was moved in the registry');
  expect(stdout).toContain(
    `error [deploy/not-pullable]\n  ${site.prefix}/api:${version.tag} has the digest ${other} in the registry, but ${version.digests['api']} was deployed.`,
  );
});

test('verify fails for an image whose SBOM describes another digest', async () => {
  const mismatch = { ...SBOM, subject: '0'.repeat(64) };
  await site.ship({ attestations: () => [mismatch, provenanceOf('b'.repeat(40))] });
  const { exitCode, stdout } = await site.cli(['verify', 'api']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('error [registry/attestation-mismatch]');
  expect(stdout).toMatch(/describes sha256:0{64}/);
  expect(stdout).toContain('✗ api failed verification.');
});

test('status reports an image that is missing from the registry, except with --no-registry-check', async () => {
  version = await site.ship();
  await site.remove('web', version.digests['web']!);
  const { exitCode, stdout } = await site.cli(['status']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('missing from the registry');
  expect(stdout).toMatch(/^error \[deploy\/not-pullable\]/m);
  const unasked = await site.cli(['status', '--no-registry-check']);
  expect(unasked.exitCode).toBe(0);
  expect(unasked.stdout).toContain('registry not checked');
});
