import { problem, type Problem } from '../lib/errors.js';
import type { ExistingTag } from './baseline.js';
import type { BuildChoice } from './build-choice.js';
import type { PlannedImage } from './plan.js';

const SHORTEST_COMMIT = 7;

/** Tag of another build of the same release: `main-1a2b3c4-r2`. */
export function numberedTag(releaseTag: string, number: number): string {
  return `${releaseTag}-r${number}`;
}

/**
 * Keeps release tags immutable: if the tag exists for another build of the commit, this one gets a numbered tag; if it
 * exists for another commit, the release is refused.
 * @param existing the image under the release tag; undefined: the tag is free
 * @param commit that is released
 */
export function keepReleaseTag(
  image: PlannedImage,
  choice: BuildChoice,
  existing: ExistingTag | undefined,
  commit: string,
): { image: PlannedImage; problem?: Problem } {
  if (existing === undefined) return { image };
  if (choice.do === 'reuse') {
    const { digest, tag } = choice.candidate;
    if (digest === existing.digest) return { image };
    if (isNumbered(tag, image.releaseTag)) return { image: renamed(image, tag) };
  }
  if (existing.nextTag === undefined || !isOwn(image, existing, commit)) {
    return { image, problem: taken(image, existing) };
  }
  return { image: renamed(image, existing.nextTag) };
}

/** It is of this commit, or under a tag that names it, or an earlier build of the same inputs that was reused. */
function isOwn({ releaseTag, fingerprint }: PlannedImage, existing: ExistingTag, commit: string): boolean {
  const named = existing.commit !== undefined && existing.commit.length >= SHORTEST_COMMIT;
  if (named && commit.startsWith(existing.commit as string)) return true;
  if (fingerprint !== undefined && existing.fingerprint === fingerprint) return true;
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
  const from = commit === undefined ? 'of an unknown commit' : `of commit ${commit.slice(0, 12)}`;
  return problem({
    code: 'registry/release-tag-taken',
    message: `${image}:${releaseTag} is an image ${from} already (${digest.slice(0, 19)}…); release tags never move.`,
    fix: 'Release under a tag that is unique to the commit or version (`tags`), or delete that tag if nobody uses it.',
    image: key,
  });
}
