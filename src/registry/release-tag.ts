import { failure, type ReleaseError } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { type FetchedManifest, formatReference, type RegistryClient } from './client.js';
import { readOrigin } from './moving-tags/origin.js';
import { expectedOf, verifyImage } from './verify.js';
import type { VerifiedDocument } from './published-image.js';

/** Why an image must not take the place of ours, a sentence; undefined: nothing speaks against it. */
export type AdoptionObjection = (
  image: PlannedImage,
  digest: string,
  client: RegistryClient,
) => Promise<string | undefined>;

/**
 * Decides on what stands under a release tag in our place. It is taken for ours when another run has released the
 * same commit from the same inputs, and somebody else than the registry vouches for it: then both runs end with that image, and with one tag.
 * @throws ReleaseError `registry/release-tag-taken`, or why it can't be read
 */
export async function adoptRelease(
  { client, objection }: { client: RegistryClient; objection?: AdoptionObjection },
  planned: PlannedImage,
  commit: string,
  found: FetchedManifest,
): Promise<VerifiedDocument> {
  const { key, image, releaseTag, fingerprint } = planned;
  const origin = await readOrigin(client, image, found);
  // A build that is used again names an earlier commit; then the tag itself has to name ours.
  const ofThisCommit = origin.commit === commit || releaseTag.includes(commit.slice(0, 7));
  if (!ofThisCommit || fingerprint === undefined || origin.fingerprint !== fingerprint) {
    throw releaseTagTaken(planned, found.digest, origin.commit);
  }
  const distrust = await objection?.(planned, found.digest, client);
  if (distrust !== undefined) throw releaseTagTaken(planned, found.digest, origin.commit, distrust);
  const verification = await verifyImage({
    client,
    key,
    image,
    digest: found.digest,
    expected: expectedOf(planned),
  });
  if (verification.status === 'sound') return { image, ...verification };
  const detail = verification.problems.map(({ message }) => message).join('\n');
  throw releaseTagTaken(planned, found.digest, origin.commit, detail);
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
    message: `${formatReference(image, releaseTag)} names another image already: ${digest}${of}.`,
    fix: 'Run again: another build of this commit gets a tag of its own. A tag of another commit stays as it is: release a new version.',
    ...(detail !== undefined && { detail }),
  });
}
