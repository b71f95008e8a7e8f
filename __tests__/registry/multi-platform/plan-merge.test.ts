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
/** What the first attempt at this release has put under `tag`. */
const digestUnder = (tag: string): string => {
  const { image } = decided(MERGED);
  return documentOf({ ...image, annotations: { ...image.annotations, [VERSION]: tag } }, MERGED).digest;
};

test('platforms that nobody has merged become a new index that says what they were made from', () => {
  const { image } = decided(MERGED);
  expect(image).toMatchObject({
    status: 'build',
    reason: 'merged from linux/amd64 and linux/arm64',
    fingerprint: MERGED.fingerprint,
    annotations: { ...annotations, 'dev.image-release.inputs': MERGED.fingerprint },
  });
  expect(documentOf(image, MERGED).bytes?.toString()).toContain(digest('2'));
});

test('what a first attempt has merged already is used again, under the tag that it has', () => {
  const first = digestUnder('main-1234567');
  const existingTag = { digest: first, nextTag: 'main-1234567-r2' };
  expect(decided(MERGED, seen('main-1234567', first, { existingTag })).image).toMatchObject({
    status: 'unchanged',
    digest: first,
    releaseTag: 'main-1234567',
  });
});

test('also where it had to take a numbered tag', () => {
  const second = digestUnder('main-1234567-r2');
  const existingTag = { digest: digest('9'), commit: DRAFT.source.commit, nextTag: 'main-1234567-r3' };
  expect(decided(MERGED, seen('main-1234567-r2', second, { existingTag })).image).toMatchObject({
    status: 'unchanged',
    digest: second,
    releaseTag: 'main-1234567-r2',
  });
});

test('another index of the same commit under the release tag stays, and this one gets the next tag', () => {
  const existingTag = { digest: digest('9'), commit: DRAFT.source.commit, nextTag: 'main-1234567-r2' };
  const { image } = decided(MERGED, seen('main-1234567', digest('9'), { existingTag }));
  expect(image).toMatchObject({
    status: 'build',
    releaseTag: 'main-1234567-r2',
    annotations: { [VERSION]: 'main-1234567-r2' },
  });
});

test('an index of another commit under the release tag is never replaced', () => {
  const existingTag = { digest: digest('9'), commit: '9'.repeat(40) };
  expect(decided(MERGED, seen('main-1234567', digest('9'), { existingTag })).problems).toMatchObject([
    { code: 'registry/release-tag-taken' },
  ]);
});

describe('where all jobs have one document, it is taken as it is', () => {
  const shared = { digest: digest('7'), annotations: { [VERSION]: 'main-0000000' } };

  test('unchanged, when it was there before', () => {
    const merged: MergedImage = { ...MERGED, shared: { ...shared, status: 'unchanged' } };
    expect(decided(merged).image).toMatchObject({
      status: 'unchanged',
      digest: digest('7'),
      since: { tag: 'main-0000000' },
      releaseTag: 'main-1234567',
    });
  });

  test('built, when one of these jobs has made it', () => {
    const merged: MergedImage = { ...MERGED, shared: { ...shared, status: 'built' } };
    const { image } = decided(merged);
    expect(image).toMatchObject({ status: 'build', reason: 'built for linux/amd64 and linux/arm64' });
    expect(documentOf(image, merged)).toEqual({ digest: digest('7') });
  });
});
