/** @programs docker */
import type { AttestRequest } from '../../../src/builders/kaniko/build.js';
import { INPUTS_ANNOTATION } from '../../../src/plan/baseline.js';
import { findBaselines } from '../../../src/registry/baseline/find-baselines.js';
import { verifyImage } from '../../../src/registry/verify.js';
import { plannedImage } from '../../builders/samples.js';
import { known, NOW, verdicts } from '../baseline/fixtures.js';
import { pushSingle, sha256 } from '../fixtures/images.js';
import { attest, client, lab, manifestOf, PlainBuilder, statementsOf } from './builder.js';

const plain = new PlainBuilder('cheap');
beforeAll(() => {
  plain.write({
    'sbom.spdx.json': JSON.stringify({ spdxVersion: 'SPDX-2.3', packages: [{ name: 'express' }] }),
  });
});
afterAll(() => {
  client.close();
  plain.remove();
});

test('merges several platforms into one index with attestations per platform and the planned annotations', async () => {
  const manifests = [await plain.pushed('linux/amd64'), await plain.pushed('linux/arm64/v8')];
  const asked: string[] = [];
  const scan = await plain.build(`FROM scratch\nCOPY sbom.spdx.json /\n`);
  const request = plain.request(
    manifests,
    {
      platforms: ['linux/amd64', 'linux/arm64'],
      attest: { provenance: 'max', sbom: { scanner: lab.scanner } },
      annotations: {
        plain: 'a',
        'index:only': 'b',
        'manifest:not': 'c',
        'manifest-descriptor[linux/arm64]:arm': 'd',
        'index,manifest-descriptor:both': 'e=f',
      },
    },
    {
      buildFile: async ({ platform, dockerfile }) => {
        asked.push(`${platform} ${manifests.find(({ digest }) => dockerfile.includes(digest))?.platform}`);
        return { digest: scan };
      },
    },
  );
  const { digest } = await attest(request);
  expect(asked.sort()).toEqual(['linux/amd64 linux/amd64', 'linux/arm64/v8 linux/arm64/v8']);
  const index = await manifestOf(plain.image, digest);
  expect(index.annotations).toEqual({ plain: 'a', only: 'b', both: 'e=f' });
  expect(index.manifests.slice(0, 2)).toMatchObject([
    { platform: { os: 'linux', architecture: 'amd64' }, annotations: { both: 'e=f' } },
    { platform: { os: 'linux', architecture: 'arm64' }, annotations: { arm: 'd', both: 'e=f' } },
  ]);
  const verification = await verifyImage({
    ...{ client, key: 'api', image: plain.image, digest },
    expected: { platforms: request.image.platforms, provenance: 'max', sbom: 'on' },
  });
  expect(verification).toMatchObject({
    status: 'sound',
    platforms: [{ sbom: { packages: 1 } }, { sbom: { packages: 1 }, provenance: {} }],
  });
});

test('without attestations, one platform stays a plain manifest and several platforms become an index', async () => {
  const off = { attest: { provenance: 'off' as const, sbom: 'off' as const } };
  const one = await plain.pushed('linux/amd64');
  expect(await attest(plain.request([one], off))).toEqual({ digest: one.digest, warnings: [] });
  const { digest } = await attest(plain.request([one, await plain.pushed()], off));
  const { manifests } = await manifestOf(plain.image, digest);
  expect(manifests.map(({ platform }) => platform.os)).toEqual(['linux', 'linux']);
});

test('only mode max records arguments, labels, secret IDs and the Dockerfile; both modes record target and uncommitted changes', async () => {
  const image = {
    args: { TOKEN: 'argument' },
    labels: { some: 'label' },
    secrets: [{ id: 'npm', env: 'NPM_TOKEN' }],
    target: 'run',
  };
  const build = async (provenance: 'min' | 'max') => {
    const request = plain.request(
      [await plain.pushed()],
      { ...image, attest: { provenance, sbom: 'off' } },
      { dockerfile: 'FROM scratch AS run' },
    );
    const { digest } = await attest(request, { tree: 'uncommitted' });
    const [only] = await statementsOf(plain.image, digest);
    return JSON.stringify(only!.predicate);
  };
  const [min, max] = [await build('min'), await build('max')];
  for (const text of ['argument', 'label', '"npm"', 'FROM scratch']) {
    expect(min).not.toContain(text);
    expect(max).toContain(text);
  }
  expect(max).not.toContain('NPM_TOKEN');
  for (const text of ['"target":"run"', `${'1234567890'.repeat(4)}-dirty`]) {
    expect(min).toContain(text);
    expect(max).toContain(text);
  }
});

describe('base images', () => {
  const base = `${plain.image}:base`;
  const before = async (digest: string): Promise<Partial<AttestRequest>> => ({
    bases: { [base]: { digest, onBuild: [], env: {} } },
    reads: [base],
  });
  const image = {
    attest: { provenance: 'min' as const, sbom: 'off' as const },
    annotations: { [INPUTS_ANNOTATION]: NOW },
  };
  async function release(over: Partial<AttestRequest>) {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const { digest } = await attest(plain.request([await plain.pushed()], image, { ...over, say }));
    const { bytes, mediaType } = (await client.getManifest(plain.image, digest))!;
    await client.putManifest(plain.image, 'main-1234567', bytes, mediaType);
    const { readings } = await findBaselines({
      client,
      images: [plannedImage('api', { image: plain.image, ...image })],
      inputs: { api: known([base]) },
      scope: 'image',
      known: {},
      decodeRecord: () => undefined,
    });
    const [statement] = await statementsOf(plain.image, digest);
    return { said, verdicts: verdicts(readings['api']!), provenance: JSON.stringify(statement) };
  }

  test('provenance names a base image that kept its digest during the build, and the next release reuses the image', async () => {
    const { digest } = await pushSingle({ host: lab.registry }, plain.path, 'base', undefined, 'base');
    const { said, verdicts, provenance } = await release(await before(digest));
    expect({ said, verdicts }).toEqual({ said: [], verdicts: ['main-1234567 whole'] });
    expect(provenance).toContain(digest.slice('sha256:'.length));
  });

  test.each([
    ['changed during the build', () => before(sha256('what it was'))],
    [
      'could not be read before the build',
      async () => ({ reads: [base], bases: { [base]: { unresolved: 'No answer.' } } }),
    ],
    ['was not read before the build', async () => ({ reads: [base], bases: {} })],
  ])(
    'reports a base image whose digest %s, records it as unresolved, and the next release does not reuse the image',
    async (_, over) => {
      await pushSingle({ host: lab.registry }, plain.path, 'base', undefined, 'base');
      const { said, verdicts, provenance } = await release(await over());
      expect(said).toEqual([`The digests of ${base} in api are not known: it is rebuilt next time.`]);
      expect(verdicts).toEqual([`main-1234567 its provenance does not name ${base}`]);
      expect(provenance).toContain(`"unresolvedImages":["${base}"]`);
    },
  );

  test('provenance names base images that are pinned by digest, without reading them from the registry', async () => {
    const digest = sha256('of this release');
    const reads = [`${plain.image}@${digest}`, `registry.invalid/acme/base:1@${digest}`];
    const { digest: index } = await attest(plain.request([await plain.pushed()], image, { reads }));
    const text = JSON.stringify(await statementsOf(plain.image, index));
    expect(text).toContain(`pkg:docker/${plain.image.replace(':', '%3A')}?digest=${encodeURIComponent(digest)}`);
    expect(text).toContain('pkg:docker/registry.invalid/acme/base@1?digest=');
  });
});

test('fails and names the manifest if it is no longer in the registry', async () => {
  const digest = sha256('lost');
  const request = plain.request([{ platform: 'linux/amd64', digest }], {});
  await expect(attest(request)).rejects.toThrow(`${plain.image}@${digest} is not in the registry.`);
});
