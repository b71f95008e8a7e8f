import type { ImageInputs, InputRecord } from '../../dockerfile/description.js';
import {
  type Candidate,
  COLD_ANNOTATION,
  INPUTS_ANNOTATION,
  type KnownRelease,
  type Occupant,
  RECORD_ANNOTATION,
} from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { TAG } from '../../plan/references.js';
import { numberedTag } from '../../plan/release-tag.js';
import { formatReference, type RegistryClient } from '../client.js';
import { normalizePlatform, parseImageDocument } from '../manifest.js';
import { inputsFor } from '../multi-platform/platform-manifests.js';

/** Where a candidate may be found. */
export type Lead = { type: 'tag'; tag: string } | { type: 'release'; release: KnownRelease };

/** A candidate that is there. */
export interface Found {
  candidate: Candidate;
  /** `pending`: it has the inputs that the image has now, and is to be proved. */
  proof: 'pending' | 'needless';
  /** What of its annotations can't be read, a sentence. */
  corrupt?: string;
}

export interface Reading {
  client: RegistryClient;
  inputs: Record<string, ImageInputs>;
  /** `platforms`: what the index says of the platforms of the image counts, not what it says of itself. */
  scope?: 'whole' | 'platforms';
  objection?: ReuseObjection;
  commitsSince?(commit: string): Promise<number | undefined>;
  decodeRecord(text: string): InputRecord | undefined;
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
 * Reads what an image says of itself in its annotations.
 * @returns undefined: there is no such image
 * @throws ReleaseError `registry/*`; MalformedDocument; Cancelled
 */
export async function readCandidate(
  { client, inputs, scope, commitsSince, decodeRecord }: Reading,
  { key, image, releaseTag, platforms }: PlannedImage,
  lead: Lead,
): Promise<Found | undefined> {
  const reference = lead.type === 'tag' ? lead.tag : (lead.release.digest ?? lead.release.tag);
  const fetched = await client.getManifest(image, reference);
  if (fetched === undefined) return undefined;
  const document = parseImageDocument(fetched.bytes);
  const { annotations } = document;
  const said =
    scope === 'platforms' && document.type === 'index'
      ? inputsFor(fetched.bytes, platforms.map(normalizePlatform))
      : annotations;
  const { [INPUTS_ANNOTATION]: fingerprint, [RECORD_ANNOTATION]: encoded } = said;
  const { [REVISION]: revision } = annotations;
  const commit = revision ?? (lead.type === 'release' ? lead.release.commit : undefined);
  const record = encoded === undefined ? undefined : decodeRecord(encoded);
  const coldAt = Date.parse(annotations[COLD_ANNOTATION] ?? '') / 1000;
  const { [key]: own } = inputs;
  const same = own?.status === 'known' && fingerprint === own.fingerprint;
  const corrupt = same
    ? encoded !== undefined && record === undefined && RECORD_ANNOTATION
    : fingerprint !== undefined && !FINGERPRINT.test(fingerprint) && INPUTS_ANNOTATION;
  const commitsAgo = same && commit !== undefined ? await commitsSince?.(commit) : undefined;
  const candidate: Candidate = {
    tag: nameOf(lead, releaseTag, annotations[VERSION]),
    digest: fetched.digest,
    ...(commit !== undefined && { commit }),
    ...(commitsAgo !== undefined && { commitsSince: commitsAgo }),
    ...(fingerprint !== undefined && FINGERPRINT.test(fingerprint) && { fingerprint }),
    ...(record && { record }),
    ...(!Number.isNaN(coldAt) && { coldAt }),
    verdict: { status: 'other-inputs' },
  };
  if (corrupt) {
    const verdict = { status: 'unfit', reason: `its annotation ${corrupt} can't be read` } as const;
    const told = `The annotation ${corrupt} of ${formatReference(image, fetched.digest)} can't be read.`;
    return { candidate: { ...candidate, verdict }, proof: 'needless', corrupt: told };
  }
  return { candidate, proof: same ? 'pending' : 'needless' };
}

/** What stands under a moving tag is better named by the release tag that it was built for. */
function nameOf(lead: Lead, releaseTag: string, version: string | undefined): string {
  if (lead.type === 'release') return lead.release.tag;
  const moving = lead.tag !== releaseTag && !lead.tag.startsWith(`${releaseTag}-r`);
  return moving && version !== undefined && TAG.test(version) ? version : lead.tag;
}

/** Builds of one commit beyond which somebody has to look. */
const MOST_NUMBERS = 20;

/** What stands under the planned release tag. @param nextTag undefined: none is free */
export function occupantOf({ candidate }: Found, nextTag: string | undefined): Occupant {
  const { digest, fingerprint, commit } = candidate;
  return {
    digest,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(commit !== undefined && { commit }),
    ...(nextTag !== undefined && { nextTag }),
  };
}

/**
 * Reads the further builds of the same release (`main-1a2b3c4-r2`, …) up to the first number that is free.
 * @param read resolves to undefined for a tag that is not there; one that could not be read looks the same, and
 * publishing finds out
 */
export async function readNumberedTags(
  { releaseTag }: PlannedImage,
  read: (lead: Lead) => Promise<Found | undefined>,
): Promise<{ found: Found[]; free?: string }> {
  const found: Found[] = [];
  for (let number = 2; number <= MOST_NUMBERS; number++) {
    const tag = numberedTag(releaseTag, number);
    if (!TAG.test(tag)) break;
    const next = await read({ type: 'tag', tag });
    if (next === undefined) return { found, free: tag };
    found.push(next);
  }
  return { found };
}
