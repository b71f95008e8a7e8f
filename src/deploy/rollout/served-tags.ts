import { ReleaseError } from '../../lib/errors.js';
import { findImageMatches, type ReadKustomization } from '../deploy-edits.js';
import type { LedgerReading } from '../ledger/ledger.js';
import { readLedger } from '../ledger/text.js';
import type { RegistryCheck } from '../pullable.js';
import type { BranchOrder, BranchReading } from './branch.js';
import { keyOfTag, tagsToKeep } from './kept-tags.js';

/**
 * Asks the registry what the tags name that images which were not built may keep. A tag that can't be asked for
 * is in the answer as one that names nothing.
 * @returns undefined where the registry is not asked
 * @throws Cancelled
 */
export async function readServedTags(
  { order, registry, signal }: { order: BranchOrder; registry: RegistryCheck; signal?: AbortSignal },
  ledgers: readonly LedgerReading[],
  kustomizations: readonly ReadKustomization[],
): Promise<BranchReading['served']> {
  if (registry.check === 'none') return undefined;
  const reused = order.rollouts.filter(({ unchanged }) => unchanged);
  if (reused.length === 0) return new Map();
  const known = ledgers.flatMap(readEntries);
  const { imageMatches } = findImageMatches(kustomizations, ({ images }) =>
    reused.filter(({ key }) => images.includes(key)),
  );
  const asked = reused.flatMap((image) => {
    const seen = imageMatches.filter((match) => match.image === image);
    const entries = [undefined, ...known.filter((entry) => entry.image === image.image)];
    return entries.flatMap((entry) =>
      tagsToKeep(image, entry, seen).map((tag) => ({ image: image.image, tag })),
    );
  });
  const distinct = new Map(asked.map((question) => [keyOfTag(question.image, question.tag), question]));
  const answers = [...distinct].map(async ([key, { image, tag }]) => {
    try {
      return [key, await registry.resolve(image, tag, signal)] as const;
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      return [key, undefined] as const;
    }
  });
  return new Map(await Promise.all(answers));
}

/** What is wrong with a ledger is told where the rollout is planned. */
function readEntries(reading: LedgerReading) {
  try {
    return [...readLedger(reading).images.values()];
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return [];
  }
}
