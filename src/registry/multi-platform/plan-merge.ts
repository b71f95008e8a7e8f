import type { BuildResult } from '../../builders/built.js';
import type { Problem } from '../../lib/errors.js';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, type Baseline, type Candidate } from '../../plan/baseline.js';
import type { Plan, PlannedImage } from '../../plan/plan.js';
import { keepReleaseTag } from '../../plan/release-tag.js';
import { digestOf, type RegistryClient } from '../client.js';
import { INDEX_TYPE } from '../manifest.js';
import { allSettledOrThrow } from '../tagging.js';
import { mergedIndex } from './platform-manifests.js';
import type { MergedImage, SharedDocument } from './read-platforms.js';

const VERSION = 'org.opencontainers.image.version';
const REVISION = 'org.opencontainers.image.revision';

/**
 * Decides about images whose platforms were built by separate jobs: an index that exists already, from this or an
 * earlier run, is used again; anything else is merged.
 * @returns the plan with decisions, and `registry/release-tag-taken`
 */
export function planMerge(draft: Plan, merged: readonly MergedImage[], readings: Readonly<Record<string, Baseline>>) {
  const problems: Problem[] = [];
  const images = merged.map((own) => {
    const described = describe(
      draft.images.find(({ key }) => key === own.key)!,
      own,
    );
    const { [own.key]: reading } = readings;
    const existing = existingOf(described, own, reading);
    const kept = keepReleaseTag(
      existing ? unchanged(described, existing) : { ...described, status: 'build', reason: reasonOf(own) },
      existing ? { do: 'reuse', candidate: existing } : { do: 'build', reason: '', cache: 'cached' },
      reading?.existingTag,
      draft.source.commit,
    );
    if (kept.problem) problems.push(kept.problem);
    return kept.image;
  });
  return { plan: { ...draft, images }, problems };
}

/** The document that the registry has to serve for a merged image; without `bytes` it does already. */
export function documentOf(image: PlannedImage, { platforms, shared }: MergedImage) {
  if (shared !== undefined) return { digest: shared.digest };
  const bytes = mergedIndex(platforms, image.annotations);
  return { digest: digestOf(bytes), bytes };
}

function describe(image: PlannedImage, { fingerprint, coldAt }: MergedImage): PlannedImage {
  return {
    ...image,
    fingerprint: fingerprint ?? image.fingerprint,
    annotations: {
      ...image.annotations,
      ...(fingerprint !== undefined && { [INPUTS_ANNOTATION]: fingerprint }),
      ...(coldAt !== undefined && { [COLD_ANNOTATION]: coldAt }),
    },
  };
}

function reasonOf({ platforms, shared }: MergedImage): string {
  const names = platforms.map(({ platform }) => platform).sort();
  return `${shared === undefined ? 'merged from' : 'built for'} ${names.join(' and ')}`;
}

/** A build that all jobs found unchanged, or the index that a first attempt at this release has merged. */
function existingOf(image: PlannedImage, own: MergedImage, reading: Baseline | undefined): Candidate | undefined {
  const { shared } = own;
  const candidates = reading?.candidates ?? [];
  if (shared?.status === 'unchanged')
    return candidates.find(({ digest }) => digest === shared.digest) ?? candidateOf(shared, image);
  return candidates.find(({ tag, digest }) => {
    const { annotations, releaseTag } = image;
    const version = annotations[VERSION] === releaseTag && { [VERSION]: tag };
    return documentOf({ ...image, annotations: { ...annotations, ...version } }, own).digest === digest;
  });
}

function candidateOf({ digest, annotations }: SharedDocument, { releaseTag }: PlannedImage): Candidate {
  const { [VERSION]: tag = releaseTag, [REVISION]: commit } = annotations;
  return { tag, digest, commit, verdict: { status: 'whole' } };
}

function unchanged(image: PlannedImage, { tag, digest, commit }: Candidate): PlannedImage {
  return { ...image, status: 'unchanged', digest, since: { tag, commit }, reason: `since ${tag}` };
}

/**
 * Pushes the merged indexes by digest. Their platforms are in the registry already, so nothing else is sent.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function pushMerged(request: {
  client: RegistryClient;
  images: readonly PlannedImage[];
  merged: readonly MergedImage[];
}): Promise<BuildResult> {
  const { client, images, merged } = request;
  const pushed = images
    .filter(({ status }) => status === 'build')
    .map(async (planned) => {
      const own = merged.find(({ key }) => key === planned.key)!;
      const { key, image } = planned;
      const { digest, bytes } = documentOf(planned, own);
      if (bytes !== undefined) await client.putManifest(image, digest, bytes, INDEX_TYPE);
      return { key, image, digest, pushed: 'by-digest' as const, seconds: 0, steps: { total: 0, cached: 0 } };
    });
  return { images: await allSettledOrThrow(pushed), steps: [] };
}
