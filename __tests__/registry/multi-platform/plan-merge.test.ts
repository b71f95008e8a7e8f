import type { Baseline } from '../../../src/plan/baseline.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { PlatformManifest } from '../../../src/registry/multi-platform/platform-manifests.js';
import { documentOf, planMerge } from '../../../src/registry/multi-platform/plan-merge.js';
import type { MergedImage } from '../../../src/registry/multi-platform/read-platforms.js';
import { plannedImage, planOf } from '../../builders/samples.js';

const VERSION = 'org.opencontainers.image.version';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const part = (platform: string, digit: string): PlatformManifest => ({
  platform,
  manifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest(digit), size: 1 },
  attestations: [],
});
const MERGED: MergedImage = {
  key: 'api',
  platforms: [part('linux/amd64', '1'), part('linux/arm64', '2')],
  fingerprint: `v1:${'f'.repeat(64)}`,
};
const annotations = { [VERSION]: 'main-1234567', 'org.opencontainers.image.title': 'api' };
const DRAFT: Plan = planOf([plannedImage('api', { annotations })]);

const seen = (tag: string, found: string, more: Partial<Baseline> = {}): Record<string, Baseline> => ({
  api: { candidates: [{ tag, digest: found, verdict: { status: 'other-inputs' } }], problems: [], ...more },
});
const decided = (merged: MergedImage, readings: Record<string, Baseline> = {}) => {
  const { plan, problems } = planMerge(DRAFT, [merged], readings);
  return { image: plan.images[0]!, problems };
};
/** Digest of the index that the first attempt at this release pushed under `tag`. */
const digestUnder = (tag: string): string => {
  const { image } = decided(MERGED);
  return documentOf({ ...image, annotations: { ...image.annotations, [VERSION]: tag } }, MERGED).digest;
};

test('merges platforms into a new index that is annotated with their fingerprint', () => {
  const { image } = decided(MERGED);
  expect(image).toMatchObject({
    status: 'build',
    reason: 'merged from linux/amd64 and linux/arm64',
    fingerprint: MERGED.fingerprint,
    annotations: { ...annotations, 'dev.image-release.inputs': MERGED.fingerprint },
  });
  expect(documentOf(image, MERGED).bytes?.toString()).toContain(digest('2'));
});

test('reuses the index and the release tag of a first attempt', () => {
  const first = digestUnder('main-1234567');
  const existingTag = { digest: first, nextTag: 'main-1234567-r2' };
  expect(decided(MERGED, seen('main-1234567', first, { existingTag })).image).toMatchObject({
    status: 'unchanged',
    digest: first,
    releaseTag: 'main-1234567',
  });
});

test('reuses the index and the numbered release tag of a first attempt', () => {
  const second = digestUnder('main-1234567-r2');
  const existingTag = { digest: digest('9'), commit: DRAFT.source.commit, nextTag: 'main-1234567-r3' };
  expect(decided(MERGED, seen('main-1234567-r2', second, { existingTag })).image).toMatchObject({
    status: 'unchanged',
    digest: second,
    releaseTag: 'main-1234567-r2',
  });
});

test('uses the next numbered tag if another index of the same commit has the release tag', () => {
  const existingTag = { digest: digest('9'), commit: DRAFT.source.commit, nextTag: 'main-1234567-r2' };
  const { image } = decided(MERGED, seen('main-1234567', digest('9'), { existingTag }));
  expect(image).toMatchObject({
    status: 'build',
    releaseTag: 'main-1234567-r2',
    annotations: { [VERSION]: 'main-1234567-r2' },
  });
});

test('fails if an index of another commit has the release tag', () => {
  const existingTag = { digest: digest('9'), commit: '9'.repeat(40) };
  expect(decided(MERGED, seen('main-1234567', digest('9'), { existingTag })).problems).toMatchObject([
    { code: 'registry/release-tag-taken' },
  ]);
});

describe('if all jobs have the same document, uses it', () => {
  const shared = { digest: digest('7'), annotations: { [VERSION]: 'main-0000000' } };

  test('as unchanged if it existed before', () => {
    const merged: MergedImage = { ...MERGED, shared: { ...shared, status: 'unchanged' } };
    expect(decided(merged).image).toMatchObject({
      status: 'unchanged',
      digest: digest('7'),
      since: { tag: 'main-0000000' },
      releaseTag: 'main-1234567',
    });
  });

  test('as built if one of these jobs built it', () => {
    const merged: MergedImage = { ...MERGED, shared: { ...shared, status: 'built' } };
    const { image } = decided(merged);
    expect(image).toMatchObject({ status: 'build', reason: 'built for linux/amd64 and linux/arm64' });
    expect(documentOf(image, merged)).toEqual({ digest: digest('7') });
  });
});
