import type { ImageFingerprint, FingerprintRecord } from '../../fingerprint/fingerprint.js';
import {
  COLD_ANNOTATION,
  INPUTS_ANNOTATION,
  RECORD_ANNOTATION,
  type Candidate,
  type KnownRelease,
} from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { TAG } from '../../plan/references.js';
import type { RegistryClient } from '../client.js';
import { parseImageDocument } from '../index-manifest.js';
import { inputsFor } from '../multi-platform/index-parts.js';
import { normalizePlatform } from '../platform.js';
import { formatReference } from '../reference.js';

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
  inputs: Record<string, ImageFingerprint>;
  /** `platforms`: what the index says of the platforms of the image counts, not what it says of itself. */
  scope?: 'whole' | 'platforms';
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
