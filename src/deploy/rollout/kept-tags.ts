import { findImageMatches, type ReadKustomization, type ImageMatch } from '../deploy-edits.js';
import type { Rollout } from '../deployment.js';
import type { LedgerEntry, LedgerReading } from '../ledger/ledger.js';
import { readLedger } from '../ledger/text.js';
import type { RegistryCheck } from '../pullable.js';
import type { BranchRequest, ServedTags } from './branch.js';
import { splitTag } from '../kustomization/entry.js';
import { collect, problemsOf } from '../problems-of.js';

function keyOfTag(image: string, tag: string): string {
  return `${image}:${tag}`;
}

/**
 * Tags under which an image that was not built may be deployed already: that of the ledger, then those in the
 * files. None for an image that was built: its files get its own tag.
 */
function tagsToKeep(
  image: Rollout,
  entry: LedgerEntry | undefined,
  sights: readonly Pick<ImageMatch, 'entries'>[],
): string[] {
  if (image.unchanged === undefined || image.digest === undefined) return [];
  const recorded = entry?.current.digest === image.digest ? [entry.current.tag] : [];
  const written = sights.flatMap(({ entries }) => entries.flatMap((seen) => splitTag(seen).tag ?? []));
  return [...new Set([...recorded, ...written])].filter((tag) => tag !== image.releaseTag);
}

/**
 * The rollout under the tag by which its digest is deployed already, so that nothing restarts and the ledger goes
 * on naming the tag that the image really has. If that tag is gone or names another digest now, the rollout keeps
 * its own tag.
 * @param served undefined: the registry is not asked, and the ledger is trusted
 */
export function keepTag(
  image: Rollout,
  entry: LedgerEntry | undefined,
  sights: readonly Pick<ImageMatch, 'entries'>[],
  served: ServedTags | undefined,
): Rollout {
  const names = (tag: string) =>
    served === undefined
      ? entry?.current.tag === tag && entry.current.digest === image.digest
      : served.get(keyOfTag(image.image, tag)) === image.digest;
  const tag = tagsToKeep(image, entry, sights).find(names);
  return tag === undefined ? image : { ...image, releaseTag: tag };
}

export async function readServedTags(
  { request, registry, signal }: { request: BranchRequest; registry: RegistryCheck; signal?: AbortSignal },
  ledgers: readonly LedgerReading[],
  kustomizations: readonly ReadKustomization[],
): Promise<ServedTags | undefined> {
  if (registry.check === 'none') return undefined;
  const reused = request.rollouts.filter(({ unchanged }) => unchanged);
  if (reused.length === 0) return new Map();
  // The plan reports what is wrong with a ledger.
  const known = ledgers.flatMap((reading) => [...(collect([], () => readLedger(reading))?.images.values() ?? [])]);
  const { imageMatches } = findImageMatches(kustomizations, ({ images }) =>
    reused.filter(({ key }) => images.includes(key)),
  );
  const asked = reused.flatMap((image) => {
    const seen = imageMatches.filter((match) => match.image === image);
    const entries = [undefined, ...known.filter((entry) => entry.image === image.image)];
    return entries.flatMap((entry) => tagsToKeep(image, entry, seen).map((tag) => ({ image: image.image, tag })));
  });
  const distinct = new Map(asked.map((each) => [keyOfTag(each.image, each.tag), each]));
  const answers = [...distinct].map(async ([key, { image, tag }]) => {
    // A registry that doesn't answer serves nothing.
    const digest = await registry.resolve(image, tag, signal).catch((error: unknown) => void problemsOf(error));
    return [key, digest || undefined] as const;
  });
  return new Map(await Promise.all(answers));
}
