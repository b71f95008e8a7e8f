import { failure, type ReleaseError } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { formatReference, type FetchedManifest, type RegistryClient } from './client.js';
import { readOrigin } from './moving-tags/origin.js';
import type { VerifiedImage } from './published-image.js';
import { expectedOf, verifyImage } from './verify.js';

/** Why an image must not replace ours, a sentence; undefined: it may. */
export type AdoptionObjection = (
  image: PlannedImage,
  digest: string,
  client: RegistryClient,
) => Promise<string | undefined>;

/**
 * Adopts the image that a release tag names instead of ours: another run has released the same commit from the same
 * inputs, and something other than the registry vouches for it. Then both runs end with that image, and with one tag.
 * @throws ReleaseError `registry/release-tag-taken`, or why it can't be read
 */
export async function adoptRelease(
  { client, objection }: { client: RegistryClient; objection?: AdoptionObjection },
  planned: PlannedImage,
  commit: string,
  { digest, ...found }: FetchedManifest,
): Promise<VerifiedImage> {
  const { key, image, releaseTag, fingerprint } = planned;
  const origin = await readOrigin(client, image, found);
  // A build that is used again names an earlier commit; then the tag itself has to name ours.
  const ofThisCommit = origin.commit === commit || releaseTag.includes(commit.slice(0, 7));
  if (!ofThisCommit || fingerprint === undefined || origin.fingerprint !== fingerprint)
    throw releaseTagTaken(planned, digest, origin.commit);
  const distrust = await objection?.(planned, digest, client);
  if (distrust !== undefined) throw releaseTagTaken(planned, digest, origin.commit, distrust);
  const verification = await verifyImage({ client, key, image, digest, expected: expectedOf(planned) });
  if (verification.status === 'unsound') {
    const detail = verification.problems.map(({ message }) => message).join('\n');
    throw releaseTagTaken(planned, digest, origin.commit, detail);
  }
  const { document, platforms } = verification;
  return { image: planned, status: 'adopted', document, platforms };
}

export function releaseTagTaken(
  { key, image, releaseTag }: PlannedImage,
  digest: string,
  commit?: string,
  detail?: string,
): ReleaseError {
  const of = commit === undefined ? '' : `, built from commit ${commit.slice(0, 12)}`;
  return failure({
    code: 'registry/release-tag-taken',
    image: key,
    message: `${formatReference(image, releaseTag)} already names another image: ${digest}${of}.`,
    ...(detail !== undefined && { detail }),
  });
}
