import type { BaseImages } from '../../dockerfile/description.js';
import type { ImageFingerprint, FingerprintRecord } from '../../fingerprint/fingerprint.js';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../plan/baseline.js';
import type { Candidate, KnownRelease } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { TAG } from '../../plan/references.js';
import { numberedTag } from '../../plan/release-tag.js';
import type { RegistryClient } from '../client.js';
import { normalizePlatform, parseImageDocument } from '../manifest.js';
import { inputsFor } from '../multi-platform/platform-manifests.js';

/** What may name a candidate. */
export type CandidateSource = { type: 'tag'; tag: string } | { type: 'release'; release: KnownRelease };

/** A published image with what its annotations say. */
export interface FoundCandidate {
  candidate: Candidate;
  /** `same`: as the image has them now, so it is verified next. */
  inputs: 'same' | 'other';
}

export interface CandidateContext {
  client: RegistryClient;
  inputs: Record<string, ImageFingerprint>;
  /** Base images as they were read for the inputs: their tags aren't read again. */
  bases: BaseImages;
  /** `platforms`: of a multi-platform index only the inputs of the image's platforms count, not its own. */
  scope: 'image' | 'platforms';
  objection?: ReuseObjection;
  commitsSince?(commit: string): Promise<number | undefined>;
  decodeRecord(text: string): FingerprintRecord | undefined;
}

/**
 * Why a published image can't be trusted, a clause; undefined: it can. Annotations alone never prove an image:
 * whoever may push can copy them.
 * @throws Cancelled when the signal is aborted
 */
export type ReuseObjection = (
  image: PlannedImage,
  candidate: Pick<Candidate, 'tag' | 'digest'>,
  access: { client: RegistryClient; signal: AbortSignal },
) => Promise<string | undefined>;

const VERSION = 'org.opencontainers.image.version';
const REVISION = 'org.opencontainers.image.revision';
const FINGERPRINT = /^v\d+:[0-9a-f]{64}$/;

/**
 * Reads the annotations of a published image. Unreadable ones count as missing.
 * @returns undefined: there is no such image
 * @throws ReleaseError `registry/*`; MalformedDocument; Cancelled
 */
export async function readCandidate(
  { client, inputs, scope, commitsSince, decodeRecord }: CandidateContext,
  { key, image, releaseTag, platforms }: PlannedImage,
  source: CandidateSource,
): Promise<FoundCandidate | undefined> {
  const reference = source.type === 'tag' ? source.tag : (source.release.digest ?? source.release.tag);
  const fetched = await client.getManifest(image, reference);
  if (fetched === undefined) return undefined;
  const document = parseImageDocument(fetched.bytes);
  const { annotations } = document;
  const described =
    scope === 'platforms' && document.type === 'index'
      ? inputsFor(document, platforms.map(normalizePlatform))
      : annotations;
  const { [INPUTS_ANNOTATION]: fingerprint = '', [RECORD_ANNOTATION]: encoded } = described;
  const commit = annotations[REVISION] ?? (source.type === 'release' ? source.release.commit : undefined);
  const record = encoded === undefined ? undefined : decodeRecord(encoded);
  const coldAt = Date.parse(annotations[COLD_ANNOTATION] ?? '') / 1000;
  const { [key]: own } = inputs;
  const same = own?.status === 'known' && fingerprint === own.fingerprint;
  const commitsAgo = same && commit !== undefined ? await commitsSince?.(commit) : undefined;
  return {
    candidate: {
      tag: nameOf(source, releaseTag, annotations[VERSION]),
      digest: fetched.digest,
      ...(commit !== undefined && { commit }),
      ...(commitsAgo !== undefined && { commitsSince: commitsAgo }),
      ...(FINGERPRINT.test(fingerprint) && { fingerprint }),
      ...(record && { record }),
      ...(!Number.isNaN(coldAt) && { coldAt }),
      verdict: { status: 'other-inputs' },
    },
    inputs: same ? 'same' : 'other',
  };
}

/** An image that a moving tag names is better named by the release tag that it was built for. */
function nameOf(source: CandidateSource, releaseTag: string, version: string | undefined): string {
  if (source.type === 'release') return source.release.tag;
  const moving = source.tag !== releaseTag && !source.tag.startsWith(`${releaseTag}-r`);
  return moving && version !== undefined && TAG.test(version) ? version : source.tag;
}

/** Builds of one commit beyond which somebody has to look. */
const MOST_NUMBERS = 20;

/**
 * Reads the further builds of the same release (`main-1a2b3c4-r2`, …) up to the first number that is free.
 * @param read resolves to undefined for a tag that doesn't exist; one that could not be read looks the same, and
 * publishing finds out
 */
export async function readNumberedTags(
  { releaseTag }: PlannedImage,
  read: (source: CandidateSource) => Promise<FoundCandidate | undefined>,
): Promise<{ found: FoundCandidate[]; free?: string }> {
  const found: FoundCandidate[] = [];
  for (let number = 2; number <= MOST_NUMBERS; number++) {
    const tag = numberedTag(releaseTag, number);
    if (!TAG.test(tag)) break;
    const next = await read({ type: 'tag', tag });
    if (next === undefined) return { found, free: tag };
    found.push(next);
  }
  return { found };
}
