import type { ImageMatch } from '../deploy-edits.js';
import type { Rollout } from '../deployment.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { BranchReading } from './branch.js';
import { split } from './judgement.js';

/** Key of an image's tag in `BranchReading.served`. */
export function keyOfTag(image: string, tag: string): string {
  return `${image}:${tag}`;
}

/**
 * Tags under which an image that was not built may be deployed already: that of the ledger, then those in the
 * files. None for an image that was built: its files get its own tag.
 */
export function tagsToKeep(
  image: Rollout,
  entry: LedgerEntry | undefined,
  sights: readonly Pick<ImageMatch, 'entries'>[],
): string[] {
  if (image.unchanged === undefined || image.digest === undefined) return [];
  const recorded = entry?.current.digest === image.digest ? [entry.current.tag] : [];
  const written = sights.flatMap(({ entries }) => entries.flatMap((seen) => split(seen).tag ?? []));
  return [...new Set([...recorded, ...written])].filter((tag) => tag !== image.releaseTag);
}

/**
 * The rollout under the tag that its digest is deployed by already, so that nothing restarts and the record goes
 * on naming the tag that the image really has. Where the tag names something else by now, or is gone, the
 * rollout is as it was: its own tag was put a moment ago.
 */
export function keepTag(
  image: Rollout,
  entry: LedgerEntry | undefined,
  sights: readonly Pick<ImageMatch, 'entries'>[],
  served: BranchReading['served'],
): Rollout {
  const names = (tag: string) =>
    served === undefined
      ? entry?.current.tag === tag && entry.current.digest === image.digest
      : served.get(keyOfTag(image.image, tag)) === image.digest;
  const tag = tagsToKeep(image, entry, sights).find(names);
  return tag === undefined ? image : { ...image, releaseTag: tag };
}
