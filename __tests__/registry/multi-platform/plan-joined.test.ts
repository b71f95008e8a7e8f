import type { Baseline } from '../../../src/plan/baseline.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { PlatformPart } from '../../../src/registry/multi-platform/index-parts.js';
import { documentOf, planJoined } from '../../../src/registry/multi-platform/plan-joined.js';
import type { JoinedImage } from '../../../src/registry/multi-platform/read-parts.js';
import { plannedImage, planOf } from '../../builders/samples.js';

const VERSION = 'org.opencontainers.image.version';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const part = (platform: string, digit: string): PlatformPart => ({
  platform,
  manifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest(digit), size: 1 },
  attestations: [],
});
const JOINED: JoinedImage = {
  key: 'api',
  parts: [part('linux/amd64', '1'), part('linux/arm64', '2')],
  fingerprint: `v1:${'f'.repeat(64)}`,
};
const annotations = { [VERSION]: 'main-1234567', 'org.opencontainers.image.title': 'api' };
const DRAFT: Plan = planOf([plannedImage('api', { annotations })]);

const seen = (tag: string, found: string, more: Partial<Baseline> = {}): Record<string, Baseline> => ({
  api: { candidates: [{ tag, digest: found, verdict: { status: 'other-inputs' } }], problems: [], ...more },
});
const decided = (joined: JoinedImage, readings: Record<string, Baseline> = {}) => {
  const { plan, problems } = planJoined(DRAFT, [joined], readings);
  return { image: plan.images[0]!, problems };
};
/** What the first attempt at this release has put under `tag`. */
const digestUnder = (tag: string): string => {
  const { image } = decided(JOINED);
  return documentOf({ ...image, annotations: { ...image.annotations, [VERSION]: tag } }, JOINED).digest;
};

test('parts that nobody has joined become a new index that says what they were made from', () => {
  const { image } = decided(JOINED);
  expect(image).toMatchObject({
    status: 'build',
    reason: 'joined from linux/amd64 and linux/arm64',
    fingerprint: JOINED.fingerprint,
    annotations: { ...annotations, 'dev.image-release.inputs': JOINED.fingerprint },
  });
  expect(documentOf(image, JOINED).bytes?.toString()).toContain(digest('2'));
});

test('what a first attempt has joined already is used again, under the tag that it has', () => {
  const first = digestUnder('main-1234567');
  const existingTag = { digest: first, nextTag: 'main-1234567-r2' };
  expect(decided(JOINED, seen('main-1234567', first, { existingTag })).image).toMatchObject({
    status: 'unchanged',
    digest: first,
    releaseTag: 'main-1234567',
  });
});

test('also where it had to take a numbered tag', () => {
  const second = digestUnder('main-1234567-r2');
  const existingTag = { digest: digest('9'), commit: DRAFT.source.commit, nextTag: 'main-1234567-r3' };
  expect(decided(JOINED, seen('main-1234567-r2', second, { existingTag })).image).toMatchObject({
    status: 'unchanged',
    digest: second,
    releaseTag: 'main-1234567-r2',
  });
});

test('another index of the same commit under the release tag stays, and this one gets the next tag', () => {
  const existingTag = { digest: digest('9'), commit: DRAFT.source.commit, nextTag: 'main-1234567-r2' };
  const { image } = decided(JOINED, seen('main-1234567', digest('9'), { existingTag }));
  expect(image).toMatchObject({
    status: 'build',
    releaseTag: 'main-1234567-r2',
    annotations: { [VERSION]: 'main-1234567-r2' },
  });
});

test('an index of another commit under the release tag is never replaced', () => {
  const existingTag = { digest: digest('9'), commit: '9'.repeat(40) };
  expect(decided(JOINED, seen('main-1234567', digest('9'), { existingTag })).problems).toMatchObject([
    { code: 'registry/release-tag-taken' },
  ]);
});

describe('where all jobs have one document, it is taken as it is', () => {
  const standing = { digest: digest('7'), annotations: { [VERSION]: 'main-0000000' } };

  test('unchanged, when it was there before', () => {
    const joined: JoinedImage = { ...JOINED, standing: { ...standing, status: 'unchanged' } };
    expect(decided(joined).image).toMatchObject({
      status: 'unchanged',
      digest: digest('7'),
      since: { tag: 'main-0000000' },
      releaseTag: 'main-1234567',
    });
  });

  test('built, when one of these jobs has made it', () => {
    const joined: JoinedImage = { ...JOINED, standing: { ...standing, status: 'built' } };
    const { image } = decided(joined);
    expect(image).toMatchObject({ status: 'build', reason: 'built for linux/amd64 and linux/arm64' });
    expect(documentOf(image, joined)).toEqual({ digest: digest('7') });
  });
});
