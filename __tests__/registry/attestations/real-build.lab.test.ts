/** @programs docker */
import { INPUTS_ANNOTATION } from '../../../src/plan/baseline.js';
import { findBaselines } from '../../../src/registry/baseline/find-baselines.js';
import { describeBases } from '../../../src/registry/base-images.js';
import { verifyImage } from '../../../src/registry/verify.js';
import { plannedImage } from '../../builders/samples.js';
import { known, NOW, verdicts } from '../baseline/fixtures.js';
import { attest, client, lab, manifestOf, PlainBuilder, SOURCE, statementsOf } from './builder.js';

const plain = new PlainBuilder('app');
const base = `${plain.image}:base`;
const FILES = {
  'node_modules/express/package.json': JSON.stringify({ name: 'express', version: '5.1.0' }),
  'node_modules/send/package.json': JSON.stringify({ name: 'send', version: '1.2.0' }),
};
const DOCKERFILE = `FROM ${base}\nARG MODE\nRUN echo $MODE > /mode\nCOPY node_modules /app/node_modules\n`;
const planned = {
  args: { MODE: 'fast' },
  annotations: {
    [INPUTS_ANNOTATION]: NOW,
    'org.opencontainers.image.revision': SOURCE.commit,
    'manifest-descriptor:of': 'the manifest',
  },
  attest: { provenance: 'max' as const, sbom: { scanner: lab.scanner } },
};
let staged: string;
let digest: string;

beforeAll(async () => {
  plain.write(FILES);
  await plain.build(`FROM ${lab.baseBusybox}\nLABEL of=base\n`, 'base');
  const bases = await describeBases({ client, references: [base], platform: 'linux/amd64' });
  staged = await plain.build(DOCKERFILE);
  const manifests = [{ platform: '', digest: staged }];
  const request = plain.request(manifests, planned, { bases, reads: [base], dockerfile: DOCKERFILE });
  const attested = await attest(request);
  expect(attested.warnings).toEqual([]);
  ({ digest } = attested);
}, 120_000);
afterAll(() => {
  client.close();
  plain.remove();
});

test('the attested image passes verification, with packages, source and commit', async () => {
  const verification = await verifyImage({
    client,
    key: 'api',
    image: plain.image,
    digest,
    expected: { platforms: ['linux/amd64'], provenance: 'max', sbom: 'on' },
  });
  expect(verification).toMatchObject({
    status: 'sound',
    platforms: [
      {
        platform: 'linux/amd64',
        digest: staged,
        sbom: { packages: 2, predicateType: 'https://spdx.dev/Document' },
        provenance: { source: SOURCE.url, revision: SOURCE.commit },
      },
    ],
  });
});

test('index and attestations have the same structure as those that buildx creates for the same image', async () => {
  const attestations = ['--attest=type=provenance,mode=max', `--attest=type=sbom,generator=${lab.scanner}`];
  const annotations = Object.entries(planned.annotations).map(([name, value]) =>
    name.includes(':') ? `--annotation=${name}=${value}` : `--annotation=index:${name}=${value}`,
  );
  const theirs = await plain.build(DOCKERFILE, 'by-buildx', [...attestations, ...annotations]);
  const [ownForm, theirForm] = await Promise.all([formOf(digest), formOf(theirs)]);
  expect(ownForm).toEqual(theirForm);
});

/** Index, attestation manifest, its config and subjects, without the values that differ between builds. */
async function formOf(index: string) {
  const document = await manifestOf(plain.image, index);
  const attestation = await manifestOf(plain.image, document.manifests[1]!.digest);
  const config = JSON.parse((await client.getBlob(plain.image, attestation.config.digest))!.toString());
  const statements = await statementsOf(plain.image, index);
  const runnable = document.manifests[0]!;
  const parts = [document, attestation, config, ...statements.map(({ subject }) => subject)];
  const text = JSON.stringify(parts)
    .replaceAll(runnable.digest, '<image>')
    .replaceAll(runnable.digest.slice(7), '<image>')
    .replaceAll(/(sha256:)?[0-9a-f]{64}/g, '<digest>')
    .replaceAll(/"size":\d+/g, '"size":0')
    .replaceAll(/provenance\/v[\d.]+/g, 'provenance/<version>')
    .replaceAll(/@[\w.-]+\?platform/g, '@<tag>?platform');
  return JSON.parse(text);
}

test('`docker buildx imagetools inspect` shows SBOM and provenance', async () => {
  const show = async (field: string) =>
    JSON.parse(
      await plain.docker(
        'buildx',
        'imagetools',
        'inspect',
        `${plain.image}@${digest}`,
        '--format',
        `{{json .${field}}}`,
      ),
    );
  const { SPDX } = await show('SBOM');
  expect(SPDX.packages.map(({ name }: { name: string }) => name)).toEqual(['express', 'send']);
  const { SLSA } = await show('Provenance');
  expect(SLSA.buildDefinition.buildType).toMatch(/attestations\.md#built-by-kaniko$/);
});

test('the provenance records build parameters, base image, scanner, builder, run and build times', async () => {
  const [, provenance] = await statementsOf(plain.image, digest);
  const name = plain.image.replace(':', '%3A');
  expect(provenance!.predicate).toMatchObject({
    buildDefinition: {
      externalParameters: {
        configSource: { path: 'api/Dockerfile' },
        request: { args: { 'build-arg:MODE': 'fast', 'build-arg:SOURCE_DATE_EPOCH': '1700000000' } },
      },
      internalParameters: { builderPlatform: 'linux/amd64', buildConfig: { dockerfile: DOCKERFILE } },
      resolvedDependencies: [
        { uri: `pkg:docker/${name}@base?platform=linux%2Famd64`, digest: { sha256: expect.any(String) } },
        { uri: expect.stringMatching(/sbom-scanner@1\?platform/), digest: { sha256: expect.any(String) } },
      ],
    },
    runDetails: {
      builder: { id: 'https://github.com/osscontainertools/kaniko' },
      metadata: {
        invocationId: 'https://github.com/acme/shop/actions/runs/7/attempts/2',
        startedOn: '2026-01-02T03:04:05.500Z',
        finishedOn: '2026-01-02T03:04:06.000Z',
      },
    },
  });
});

test('the next release reuses the image until the tag of its base image moves', async () => {
  const fetched = await client.getManifest(plain.image, digest);
  await client.putManifest(plain.image, 'main-1234567', fetched!.bytes, fetched!.mediaType);
  const find = async () => {
    const { readings } = await findBaselines({
      client,
      images: [plannedImage('api', { image: plain.image, ...planned })],
      inputs: { api: known([base]) },
      scope: 'image',
      known: { api: [{ tag: 'main-1234567', commit: SOURCE.commit, standing: 'current' }] },
      decodeRecord: () => undefined,
    });
    return verdicts(readings['api']!);
  };
  expect(await find()).toEqual(['main-1234567 whole']);
  await plain.build(`FROM ${lab.baseBusybox}\nLABEL of=another\n`, 'base');
  expect(await find()).toEqual([`main-1234567 base image ${base} changed`]);
}, 60_000);
