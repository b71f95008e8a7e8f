import type { Problem } from '../lib/errors.js';
import type { ExistingTag } from './baseline.js';
import type { Choice } from './build-choice.js';
import type { PlannedImage } from './plan.js';

const SHORTEST_COMMIT = 7;

/** Tag of another build of the same release: `main-1a2b3c4-r2`. */
export function numberedTag(releaseTag: string, number: number): string {
  return `${releaseTag}-r${number}`;
}

/**
 * Sees to it that no release tag moves: where it stands for another image already, this one gets a tag of its own,
 * or, where that image is of another commit, the release is refused.
 * @param existingTag what stands under the release tag; undefined: it is free
 * @param commit that is released
 */
export function keepReleaseTag(
  image: PlannedImage,
  choice: Choice,
  existingTag: ExistingTag | undefined,
  commit: string,
): { image: PlannedImage; problem?: Problem } {
  if (existingTag === undefined) return { image };
  if (choice.do === 'reuse') {
    const { digest, tag } = choice.candidate;
    if (digest === existingTag.digest) return { image };
    if (isNumbered(tag, image.releaseTag)) return { image: renamed(image, tag) };
  }
  if (existingTag.nextTag === undefined || !isOwn(image, existingTag, commit)) {
    return { image, problem: taken(image, existingTag) };
  }
  return { image: renamed(image, existingTag.nextTag) };
}

/** Of this commit, or put under a tag that names it; or an earlier build of the same inputs that was used again. */
function isOwn({ releaseTag, fingerprint }: PlannedImage, existingTag: ExistingTag, commit: string): boolean {
  const named = existingTag.commit !== undefined && existingTag.commit.length >= SHORTEST_COMMIT;
  if (named && commit.startsWith(existingTag.commit as string)) return true;
  if (fingerprint !== undefined && existingTag.fingerprint === fingerprint) return true;
  return releaseTag.includes(commit.slice(0, SHORTEST_COMMIT));
}

function isNumbered(tag: string, releaseTag: string): boolean {
  return tag.startsWith(`${releaseTag}-r`) && /^\d+$/.test(tag.slice(releaseTag.length + 2));
}

function renamed(image: PlannedImage, tag: string): PlannedImage {
  const { releaseTag } = image;
  const version = (values: Record<string, string>) =>
    values[VERSION] === releaseTag ? { ...values, [VERSION]: tag } : values;
  return {
    ...image,
    releaseTag: tag,
    tags: image.tags.map((each) => (each === releaseTag ? tag : each)),
    labels: version(image.labels),
    annotations: version(image.annotations),
  };
}

const VERSION = 'org.opencontainers.image.version';

function taken({ key, image, releaseTag }: PlannedImage, { digest, commit }: ExistingTag): Problem {
  const from = commit === undefined ? 'that does not say its commit' : `of commit ${commit.slice(0, 12)}`;
  return {
    code: 'registry/release-tag-taken',
    severity: 'error',
    message: `${image}:${releaseTag} is an image ${from} already (${digest.slice(0, 19)}…); release tags never move.`,
    fix: 'Release under a tag that is unique to the commit or version (`tags`), or delete that tag if nobody uses it.',
    image: key,
  };
}
