/** @programs kustomize */
import { jest } from '@jest/globals';
import { PROVENANCE, SBOM } from '../registry/fixtures/images.js';
import { openStewardSite, provenanceOf, type StewardSite, type Version } from './steward-site.js';

jest.setTimeout(120_000);

let site: StewardSite;
beforeAll(async () => {
  site = await openStewardSite();
  await site.configure({ attest: { provenance: 'max', sbom: 'on' } });
});
afterAll(() => site.close());

test('what is not on record can not be verified', async () => {
  const { exitCode, stdout } = await site.cli(['verify']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^error \[deploy\/no-history\]/m);
});

let version: Version;
test('verify tells what it has checked of each image', async () => {
  version = await site.ship();
  const { exitCode, stdout, stderr } = await site.cli(['verify']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const key of ['api', 'web']) {
    expect(stdout).toMatch(
      new RegExp(
        `${key}:${version.tag} .*\\n.*\\n.*in the registry\\n +linux/amd64  sha256:\\w{12} · SBOM of 3 packages · provenance of commit ${version.commit.slice(0, 7)} of https://example.org/acme/app.git`,
      ),
    );
  }
  expect(stdout).toContain('✓ api and web match the ledger, and the attestations are valid.');
});

test('verify --json tells machines the digests of the attestations', async () => {
  const { commit } = version;
  const { exitCode, stdout } = await site.cli(['verify', 'api', '--json']);
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout) as { sound: boolean; channels: { images: Record<string, object> }[] };
  expect(report.sound).toBe(true);
  expect(report.channels[0]?.images['api']).toMatchObject({
    status: 'deployed',
    platforms: [
      {
        platform: 'linux/amd64',
        sbom: { digest: expect.stringMatching(/^sha256:/), packages: 3 },
        provenance: { digest: expect.stringMatching(/^sha256:/), revision: commit },
      },
    ],
  });
});

test.each<[string, () => Promise<unknown>, string, RegExp]>([
  [
    'whose Kustomization names another tag',
    async () => {
      const { tag } = await site.ship();
      await site.edit((text) => text.replace(tag, 'hotfix'));
    },
    'deploy/drifted',
    /api:hotfix, but the ledger records \S+/,
  ],
  [
    'whose tag was moved in the registry',
    async () => site.repoint('api', (await site.ship()).tag),
    'deploy/not-pullable',
    /has the digest sha256:\w+ in the registry/,
  ],
  [
    'that is gone from the registry',
    async () => site.remove('api', (await site.ship()).digests['api']!),
    'deploy/not-pullable',
    /no longer serves/,
  ],
  [
    'without SBOM',
    async () => site.ship({ attestations: () => [PROVENANCE] }),
    'registry/attestation-missing',
    /has no SBOM/,
  ],
  [
    'with an SBOM of another image',
    async () => site.ship({ attestations: () => [{ ...SBOM, subject: '0'.repeat(64) }, PROVENANCE] }),
    'registry/attestation-mismatch',
    /describes sha256:0{64}/,
  ],
  [
    'built from another commit than is on record',
    async () => site.ship({ attestations: () => [SBOM, provenanceOf('b'.repeat(40))] }),
    'deploy/other-source',
    /names commit b{40}, but [0-9a-f]{40} is on record/,
  ],
])('an image %s is not sound', async (_, spoil, code, message) => {
  await spoil();
  const { exitCode, stdout } = await site.cli(['verify', 'api']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`error [${code}]`);
  expect(stdout).toMatch(message);
  expect(stdout).toContain('✗ api failed verification.');
});
