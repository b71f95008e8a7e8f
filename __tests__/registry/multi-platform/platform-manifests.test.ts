import { COLD_ANNOTATION, INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../../src/plan/baseline.js';
import { parseImageDocument, type IndexDocument } from '../../../src/registry/manifest.js';
import {
  inputsFor,
  mergedColdBuild,
  mergedFingerprint,
  mergedIndex,
  platformsIn,
} from '../../../src/registry/multi-platform/platform-manifests.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const fingerprint = (digit: string) => `v1:${digit.repeat(64)}`;

const parsed = (bytes: Buffer) => parseImageDocument(bytes) as IndexDocument;
const platformsOf = (bytes: Buffer) => platformsIn(parsed(bytes));
const inputsOf = (bytes: Buffer, platforms: string[]) => inputsFor(parsed(bytes), platforms);

/** An index of one platform and its attestations, as BuildKit writes it. */
function built(architecture: string, digit: string, annotations: Record<string, string> = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        { mediaType: MANIFEST, digest: digest(digit), size: 480, platform: { architecture, os: 'linux' } },
        {
          mediaType: MANIFEST,
          digest: digest(`${digit === '9' ? 0 : Number(digit) + 1}`),
          size: 560,
          annotations: {
            'vnd.docker.reference.digest': digest(digit),
            'vnd.docker.reference.type': 'attestation-manifest',
          },
          platform: { architecture: 'unknown', os: 'unknown' },
        },
      ],
      annotations,
    }),
  );
}
const made = (digit: string) => ({
  [INPUTS_ANNOTATION]: fingerprint(digit),
  [RECORD_ANNOTATION]: `record${digit}`,
});
const amd64 = platformsOf(built('amd64', '1', { ...made('a'), 'org.opencontainers.image.title': 'api' }));
const arm64 = platformsOf(built('arm64', '5', made('b')));

test('merges the same platforms into the same bytes, whatever their order', () => {
  const one = mergedIndex([...amd64, ...arm64], { b: '2', a: '1' });
  expect(mergedIndex([...arm64, ...amd64], { a: '1', b: '2' })).toEqual(one);
  expect(JSON.parse(one.toString())).toEqual({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      {
        ...{ mediaType: MANIFEST, digest: digest('1'), size: 480 },
        platform: { architecture: 'amd64', os: 'linux' },
        annotations: made('a'),
      },
      expect.objectContaining({ digest: digest('5'), annotations: made('b') }),
      expect.objectContaining({ digest: digest('2') }),
      expect.objectContaining({ digest: digest('6') }),
    ],
    annotations: { a: '1', b: '2' },
  });
});

test('reads the same platforms from a merged index as were merged', () => {
  expect(platformsOf(mergedIndex([...amd64, ...arm64], {}))).toEqual([...amd64, ...arm64]);
});

describe('the annotations that a job uses for its platforms', () => {
  const merged = mergedIndex([...amd64, ...arm64], { [INPUTS_ANNOTATION]: fingerprint('c') });

  test('are those of its platform in a merged index, not those of the index itself', () => {
    expect(inputsOf(merged, ['linux/amd64'])).toEqual(made('a'));
    expect(inputsOf(merged, ['linux/arm64'])).toEqual(made('b'));
  });

  test('are empty if its platforms were not built together or one is missing', () => {
    expect(inputsOf(merged, ['linux/amd64', 'linux/arm64'])).toEqual({});
    expect(inputsOf(merged, ['linux/riscv64'])).toEqual({});
  });

  test('are empty if only another platform has annotations', () => {
    const silent = platformsOf(built('amd64', '1'));
    expect(inputsOf(mergedIndex([...silent, ...arm64], {}), ['linux/amd64'])).toEqual({});
  });

  test('are those of the index if a single job built it', () => {
    expect(inputsOf(built('amd64', '1', made('a')), ['linux/amd64'])).toEqual(made('a'));
  });
});

describe('the fingerprint of a merged image', () => {
  test('depends on the platforms and their fingerprints, but not on the order', () => {
    const swapped = [...platformsOf(built('amd64', '1', made('b'))), ...platformsOf(built('arm64', '5', made('a')))];
    const other = [...amd64, ...platformsOf(built('arm64', '5', made('c')))];
    const all = [[...amd64, ...arm64], swapped, other, amd64].map(mergedFingerprint);
    expect(new Set(all).size).toBe(4);
    expect(mergedFingerprint([...arm64, ...amd64])).toBe(all[0]);
  });

  test('differs from the fingerprint of its platform even if it has only one', () => {
    expect(mergedFingerprint(amd64)).not.toBe(fingerprint('a'));
  });

  test('is undefined if a platform has no fingerprint', () => {
    expect(mergedFingerprint([...amd64, ...platformsOf(built('arm64', '5'))])).toBeUndefined();
  });
});

test('a merged image has the oldest cold build date of its platforms, or none if a date is missing', () => {
  const at = (day: number) => ({ [COLD_ANNOTATION]: `2026-01-0${day}T00:00:00Z` });
  expect(mergedColdBuild([at(3), at(1)])).toBe('2026-01-01T00:00:00Z');
  expect(mergedColdBuild([at(3), {}])).toBeUndefined();
});
