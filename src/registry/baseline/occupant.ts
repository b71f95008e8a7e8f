import type { ExistingTag } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { TAG } from '../../plan/references.js';
import { numberedTag } from '../../plan/release-tag.js';
import type { Found, Lead } from './candidate.js';

/** Builds of one commit beyond which somebody has to look. */
const MOST_NUMBERS = 20;

/** What stands under the planned release tag. @param nextTag undefined: none is free */
export function occupantOf({ candidate }: Found, nextTag: string | undefined): ExistingTag {
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
