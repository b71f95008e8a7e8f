import { createHash } from 'node:crypto';
import type { Problem } from '../../lib/errors.js';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, type Baseline, type Candidate } from '../../plan/baseline.js';
import type { Plan, PlannedImage } from '../../plan/plan.js';
import { keepReleaseTag } from '../../plan/release-tag.js';
import { joinedIndex } from './index-parts.js';
import type { JoinedImage, StandingDocument } from './read-parts.js';

const VERSION = 'org.opencontainers.image.version';
const REVISION = 'org.opencontainers.image.revision';

/**
 * Decides what becomes of images whose platforms were built apart: what stands already, by this or an earlier
 * run, is used again; anything else is joined. Pure, and so are the bytes that it is about.
 * @returns the plan with decisions, and `registry/release-tag-taken`
 */
export function planJoined(
  draft: Plan,
  joined: readonly JoinedImage[],
  readings: Readonly<Record<string, Baseline>>,
): { plan: Plan; problems: Problem[] } {
  const problems: Problem[] = [];
  const images = joined.flatMap((own): PlannedImage[] => {
    const image = draft.images.find(({ key }) => key === own.key);
    if (image === undefined) return [];
    const described = describe(image, own);
    const { [own.key]: reading } = readings;
    const standing = standingOf(described, own, reading);
    const decided: PlannedImage = standing
      ? unchanged(described, standing)
      : { ...described, status: 'build', reason: reasonOf(own) };
    const choice = standing
      ? ({ do: 'reuse', candidate: standing } as const)
      : ({ do: 'build', reason: '', cache: 'cached' } as const);
    const kept = keepReleaseTag(decided, choice, reading?.existingTag, draft.source.commit);
    if (kept.problem) problems.push(kept.problem);
    return [kept.image];
  });
  return { plan: { ...draft, images }, problems };
}

/** What the registry is to serve for an image of the joined plan. */
export function documentOf(
  image: PlannedImage,
  { parts, standing }: JoinedImage,
): { digest: string; bytes?: Buffer } {
  if (standing !== undefined) return { digest: standing.digest };
  const bytes = joinedIndex(parts, image.annotations);
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

function describe(image: PlannedImage, { fingerprint, coldAt }: JoinedImage): PlannedImage {
  return {
    ...image,
    ...(fingerprint !== undefined && { fingerprint }),
    annotations: {
      ...image.annotations,
      ...(fingerprint !== undefined && { [INPUTS_ANNOTATION]: fingerprint }),
      ...(coldAt !== undefined && { [COLD_ANNOTATION]: coldAt }),
    },
  };
}

function reasonOf({ parts, standing }: JoinedImage): string {
  const platforms = parts.map(({ platform }) => platform).sort();
  return standing === undefined
    ? `joined from ${platforms.join(' and ')}`
    : `built for ${platforms.join(' and ')}`;
}

/** What was there before: a build that all jobs found unchanged, or what a first attempt at this release has joined. */
function standingOf(
  image: PlannedImage,
  own: JoinedImage,
  reading: Baseline | undefined,
): Candidate | undefined {
  const { standing } = own;
  const before = reading?.candidates ?? [];
  if (standing?.status === 'unchanged')
    return before.find(({ digest }) => digest === standing.digest) ?? candidateOf(standing, image);
  return before.find(({ tag, digest }) => {
    const asTagged = { ...image, annotations: withVersion(image, tag) };
    return documentOf(asTagged, own).digest === digest;
  });
}

function withVersion({ annotations, releaseTag }: PlannedImage, tag: string): Record<string, string> {
  return annotations[VERSION] === releaseTag ? { ...annotations, [VERSION]: tag } : annotations;
}

function candidateOf({ digest, annotations }: StandingDocument, { releaseTag }: PlannedImage): Candidate {
  const { [VERSION]: version, [REVISION]: commit } = annotations;
  return {
    tag: version ?? releaseTag,
    digest,
    ...(commit !== undefined && { commit }),
    verdict: { status: 'whole' },
  };
}

function unchanged(image: PlannedImage, { tag, digest, commit }: Candidate): PlannedImage {
  const since = { tag, ...(commit !== undefined && { commit }) };
  return { ...image, status: 'unchanged', digest, since, reason: `since ${tag}` };
}
